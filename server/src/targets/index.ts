import { Resolver } from 'node:dns/promises'
import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { SECOND } from '../clock.ts'

export { createTurns } from './turns.ts'

/** Calls to addresses that companies chose. Without a guard these would reach into the operator's own network. */
export interface Targets {
  /** Posts a message. Resolves where the other side takes it with a 2xx status; otherwise throws `TargetError`. */
  post(address: string, message: Message): Promise<Answer>
}

export interface Message {
  /** Of the body. */
  type: string
  body: string
  headers?: Record<string, string>
  /** Milliseconds that the other side may take; five seconds when left out. */
  within?: number
  /** How many bytes of the answer's body are read; none when left out. */
  reads?: number
}

export interface Answer {
  status: number
  type: string
  /** The beginning of the body, as far as it was to be read. */
  text: string
}

/** A form as a message. */
export const formOf = (fields: Record<string, string>): Message => ({
  type: 'application/x-www-form-urlencoded',
  body: new URLSearchParams(fields).toString(),
})

/** Why a call failed. `code`: a status, `private`, `timeout`, or the code of a network or TLS error: no text of the other side. */
export class TargetError extends Error {
  override name = 'TargetError'
  code: string

  constructor(code: string) {
    super(`target: ${code}`)
    this.code = code
  }
}

/** How long the other side may take, from the look-up of its name to the head of its answer. */
const DEADLINE = 5 * SECOND

/** The longest head of an answer that is read. */
const HEAD_AT_MOST = 8 * 1024

/**
 * Opens the way out. `privateTargets`: the addresses and ranges of the operator's own network that may be reached; of
 * others only the public internet is.
 */
export function openTargets(
  privateTargets: readonly string[],
  { resolver = newResolver(), deadline = DEADLINE } = {},
): Targets {
  const allowed = blockList(privateTargets)
  const mayReach = (address: string) => includes(allowed, address) || isPublic(address)

  /** The addresses of a host that may be reached. Throws `TargetError` where there are none. */
  const find = async (host: string): Promise<string[]> => {
    const found = isIP(host) ? [host] : await resolve(resolver, host)
    const reached = found.filter(mayReach)
    if (reached.length === 0) throw new TargetError(found.length > 0 ? 'private' : 'ENOTFOUND')
    return reached
  }

  return {
    async post(address, message) {
      const url = new URL(address)
      const signal = AbortSignal.timeout(message.within ?? deadline)
      const late = new Promise<never>((_, fail) =>
        signal.addEventListener('abort', () => fail(new TargetError('timeout'))),
      )
      const answer = await Promise.race([
        find(url.hostname.replace(/^\[|\]$/g, '')).then(found => send(url, found, message, signal)),
        late,
      ])
      if (answer.status < 200 || answer.status > 299) throw new TargetError(String(answer.status))
      return answer
    },
  }
}

/** Names are looked up apart from the program's own: one of a company's that hangs keeps no mail from being sent. */
const newResolver = () => new Resolver({ timeout: 2 * SECOND, tries: 1 })

/** Every address of a name; none where it has none. */
async function resolve(resolver: Resolver, name: string): Promise<string[]> {
  if (name === 'localhost') return ['127.0.0.1', '::1']
  const asked = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  const found = asked.flatMap(one => (one.status === 'fulfilled' ? one.value : []))
  const failed = asked.find(one => one.status === 'rejected')
  if (found.length === 0 && failed) throw new TargetError(codeOf(failed.reason))
  return found
}

/**
 * Sends the message to one of these addresses and to no other: a second look-up could give another. Resolves with the
 * answer, of which no more is read than was asked for. No redirect is followed.
 */
function send(
  url: URL,
  addresses: readonly string[],
  { type, body, headers: more, reads = 0 }: Message,
  signal: AbortSignal,
): Promise<Answer> {
  const found = addresses.map(address => ({ address, family: isIP(address) }))
  const lookup: LookupFunction = (_name, { all }, done) =>
    all ? done(null, found) : done(null, found[0]!.address, found[0]!.family)
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'user-agent': 'Latchkey',
    ...more,
  }
  return new Promise((done, fail) => {
    const failed = (error: unknown) => fail(new TargetError(codeOf(error)))
    const request = (url.protocol === 'https:' ? overHttps : overHttp)(
      url,
      { method: 'POST', headers, lookup, signal, agent: false, maxHeaderSize: HEAD_AT_MOST },
      response => {
        const chunks: Buffer[] = []
        let left = reads
        const end = () => {
          response.destroy()
          const text = Buffer.concat(chunks).subarray(0, reads).toString()
          done({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text })
        }
        if (reads === 0) return end()
        response.on('error', failed)
        response.on('end', end)
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          left -= chunk.length
          if (left <= 0) end()
        })
      },
    )
    request.on('error', failed)
    request.end(body)
  })
}

const codeOf = (error: unknown) => String((error as { code?: unknown }).code ?? 'unreachable')

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

const includes = (list: BlockList, address: string) => list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')

// What IANA's registries of special addresses keep from the public internet (RFC 6890), and addresses that hold another.
const SPECIAL = blockList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
])

/** All that IPv6 gives to the public internet; ones that map IPv4 lie outside. */
const GLOBAL = blockList(['2000::/3'])

/** Whether an address is one of the public internet. */
export const isPublic = (address: string) =>
  !includes(SPECIAL, address) && (isIP(address) === 4 || includes(GLOBAL, address))
