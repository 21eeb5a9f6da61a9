import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIP } from 'node:net'
import { SECOND } from '../clock.ts'
import { type AskedType, type DnsMessage, type DnsRecord, readMessage, writeQuestion } from './dnsMessage.ts'

/** One question to one server, and what came of it. */
export interface Asked {
  /** The server, as an address with its port. */
  resolver: string
  name: string
  type: AskedType
  transport: 'udp' | 'tcp'
  /** Null where no answer came. */
  rcode: string | null
  ms: number
  answers: DnsRecord[]
  /** Seconds that a "no" still counts, where the server says so. */
  noLasts?: number
  /** The zone that says no, by its name. */
  zone?: string
  authoritative: boolean
  /** Extended DNS errors. */
  errors: number[]
  failure?: 'timeout' | 'tcp_failed'
}

/** How long one try may take, and how often is tried by UDP. */
const TRY = 2 * SECOND
const TRIES = 2

/** Asks a server by UDP, twice where it is silent, and by TCP where its answer is cut. Never throws: a failure is a finding. */
export async function askServer(
  server: string,
  { recurse = true, signal, ...question }: { name: string; type: AskedType; recurse?: boolean; signal: AbortSignal },
): Promise<Asked> {
  const begun = performance.now()
  const { name, type } = question
  const asked = (transport: 'udp' | 'tcp', message?: DnsMessage): Asked => ({
    ...{ resolver: server, name, type, transport, ms: Math.round(performance.now() - begun) },
    ...{ rcode: message?.rcode ?? null, answers: message?.answers ?? [], errors: message?.errors ?? [] },
    authoritative: message?.authoritative ?? false,
    ...noOf(message),
  })
  let extended = true
  for (let tries = 0; tries < TRIES && !signal.aborted; tries++) {
    const message = await exchange('udp', server, { ...question, recurse, extended }, signal)
    // An old server does not know the extension.
    if (message?.rcode === 'FORMERR' && extended) extended = false
    else if (message?.truncated) {
      const whole = await exchange('tcp', server, { ...question, recurse, extended }, signal)
      return whole ? asked('tcp', whole) : { ...asked('tcp'), failure: 'tcp_failed' }
    } else if (message) return asked('udp', message)
  }
  return { ...asked('udp'), failure: 'timeout' }
}

/** What an answer without the record says of how long that counts. */
function noOf(message: DnsMessage | undefined): Pick<Asked, 'noLasts' | 'zone'> {
  const start = message?.authority.find(({ type }) => type === 'SOA')
  if (!start) return {}
  return { noLasts: Math.min(start.ttl, Number(start.data.split(' ')[1])), zone: start.name }
}

type Question = Parameters<typeof writeQuestion>[1]

/** One question and its answer; undefined where none comes in time. What does not answer this question is not read. */
async function exchange(
  transport: 'udp' | 'tcp',
  server: string,
  question: Question,
  signal: AbortSignal,
): Promise<DnsMessage | undefined> {
  const id = randomInt(0x1_0000)
  const bytes = writeQuestion(id, question)
  const read = (answer: Buffer) => {
    try {
      const message = readMessage(answer)
      const isMeant = message.id === id && message.question === `${question.name} ${question.type}`
      return isMeant ? message : undefined
    } catch {
      // Nonsense may come from anybody; the right answer may still come.
      return undefined
    }
  }
  const within = AbortSignal.any([signal, AbortSignal.timeout(TRY)])
  return (transport === 'udp' ? byUdp : byTcp)(addressOf(server), bytes, read, within)
}

/** The address and port of a server as `LATCHKEY_DNS` names it. */
function addressOf(server: string): { host: string; port: number } {
  const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? []
  return { host: bracketed ?? plain ?? server, port: Number(port) }
}

type Server = ReturnType<typeof addressOf>
type Read = (answer: Buffer) => DnsMessage | undefined

function byUdp({ host, port }: Server, bytes: Buffer, read: Read, signal: AbortSignal) {
  const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
  const { promise, resolve } = Promise.withResolvers<DnsMessage | undefined>()
  socket.on('error', () => resolve(undefined))
  socket.on('message', answer => {
    const message = read(answer)
    if (message) resolve(message)
  })
  // Connected, so that it hears no other address.
  socket.on('connect', () => socket.send(bytes, error => error && resolve(undefined)))
  socket.connect(port, host)
  return unlessLate(promise, signal).finally(() => socket.close())
}

function byTcp({ host, port }: Server, bytes: Buffer, read: Read, signal: AbortSignal) {
  const socket = connect({ host, port })
  const { promise, resolve } = Promise.withResolvers<DnsMessage | undefined>()
  let received: Buffer = Buffer.alloc(0)
  socket.on('error', () => resolve(undefined))
  socket.on('close', () => resolve(undefined))
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    // Two bytes say how long the answer is; there is one, since one question was asked.
    const length = received.length < 2 ? Number.POSITIVE_INFINITY : received.readUInt16BE(0)
    if (received.length >= length + 2) resolve(read(received.subarray(2, length + 2)))
  })
  socket.write(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]))
  return unlessLate(promise, signal).finally(() => socket.destroy())
}

/** The same, but nothing once the signal has come. */
function unlessLate<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const end = () => resolve(undefined)
  if (signal.aborted) end()
  signal.addEventListener('abort', end)
  return Promise.race([promise, late]).finally(() => signal.removeEventListener('abort', end))
}
