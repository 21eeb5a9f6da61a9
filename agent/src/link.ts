import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  AgentEvent,
  Greeting,
  KeysProof,
  KeysReply,
  Purpose,
  Said,
  SealedKeys,
  SealedReply,
  SealedRequest,
} from '@latchkey/protocol'
import { CompactSign, calculateJwkThumbprint, compactDecrypt, decodeProtectedHeader } from 'jose'
import { WebSocket } from 'ws'
import { StateError } from './files.ts'
import type { Keys, Signer } from './keys.ts'
import { agentFor } from './server.ts'
import type { Identity } from './state.ts'

export const VERSION = '0.1.0'

const SECOND = 1_000
export const BEAT = 30 * SECOND
const FIRST_WAIT = 0.5 * SECOND
const LONGEST_WAIT = 30 * SECOND
/** An answer to a leave that takes longer is not waited for. */
const LEAVES_WITHIN = 0.5 * SECOND
/** No frame of the server is longer. */
const FRAME_AT_MOST = 4 * 1024 * 1024

/** A connection that the server has welcomed. */
export interface Link {
  say(said: Said): Promise<void>
  /** Tells the server to send nothing more. Resolves once everything that it has sent before is heard. */
  leave(): Promise<void>
  /**
   * Offers keys to the server, unless they are those that this link signs by, and then signs by them. Throws `StateError`
   * where the server does not take them.
   */
  prove(next: Signer): Promise<void>
  /** Milliseconds by which the server's clock was ahead of this machine's. */
  skew: number
  /** Resolves once it has ended, with the reason. */
  ended: Promise<string>
  end(): void
}

/** The server does not know the key. */
class UnknownKey extends Error {}

type Opened<Heard> = [purpose: Purpose, hear: (heard: Heard) => unknown, tell: (event: AgentEvent) => void]

/**
 * Opens one link and proves this agent's key on it: the next one where the server took it long ago, and this program
 * ended before it knew. `hear`: what the server sealed, opened. Throws where the server cannot be reached, or knows
 * neither.
 */
export async function openLink<Heard extends SealedRequest | SealedReply = SealedRequest>(
  { identity, keys }: { identity: Identity; keys: Keys },
  ...opened: Opened<Heard>
): Promise<Link> {
  const [own, next] = await keys.signers()
  try {
    return await openBy(own!, { identity, keys }, ...opened)
  } catch (error) {
    if (!(error instanceof UnknownKey && next)) throw error
    const link = await openBy(next, { identity, keys }, ...opened)
    await keys.settle()
    return link
  }
}

async function openBy<Heard extends SealedRequest | SealedReply>(
  own: Signer,
  { identity, keys }: { identity: Identity; keys: Keys },
  ...[purpose, hear, tell]: Opened<Heard>
): Promise<Link> {
  let signer = own
  let thumbprint = await calculateJwkThumbprint(own.sealingKey)
  const url = new URL('/agents/link', identity.server)
  const socket = new WebSocket(url.href.replace(/^http/, 'ws'), {
    agent: agentFor(url, identity.ca),
    perMessageDeflate: false,
    maxPayload: FRAME_AT_MOST,
    handshakeTimeout: 10 * SECOND,
  })
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  const { promise: welcomed, resolve: welcome, reject: refuse } = Promise.withResolvers<void>()
  const { promise: leaving, resolve: left } = Promise.withResolvers<void>()
  const opening = new Set<Promise<void>>()
  let link: string | undefined
  const proving = new Map<string, (reply: KeysReply) => void>()
  let skew = 0
  let number = 0
  let heard = performance.now()
  // Signed and sent one after the other, in the order of their numbers.
  let last: Promise<unknown> = Promise.resolve()
  const say = (said: Said): Promise<void> => {
    const saying = last.then(async () => {
      if (link === undefined || socket.readyState !== WebSocket.OPEN) throw new Error('the link is closed')
      const signed = new TextEncoder().encode(JSON.stringify({ link, number, said }))
      number += 1
      const frame = await new CompactSign(signed).setProtectedHeader({ alg: 'EdDSA' }).sign(signer.key)
      await new Promise<void>((done, fail) => socket.send(frame, error => (error ? fail(error) : done())))
    })
    last = saying.catch(() => {})
    return saying
  }
  const late = setTimeout(() => socket.terminate(), 15 * SECOND)
  const beats = setInterval(() => {
    if (performance.now() - heard > 2 * BEAT + 5 * SECOND) return socket.terminate()
    socket.ping()
    void say({ kind: 'beat' }).catch(() => socket.terminate())
  }, BEAT)
  socket.on('message', data => {
    heard = performance.now()
    const frame = data.toString()
    if (link === undefined) {
      const greeting = JSON.parse(frame) as Greeting
      link = greeting.link
      skew = greeting.now - Date.now()
      const { tenantId, agentId } = identity
      void say({ kind: 'hello', tenantId, agentId, purpose, version: VERSION }).catch(() => socket.terminate())
    } else if (frame.startsWith('{')) {
      const control = parsed(frame)
      if ('welcome' in control && control.welcome === link) welcome()
      else if ('left' in control && control.left === link) left()
    } else {
      const heard = open(frame)
        .catch(() => {})
        .finally(() => opening.delete(heard))
      opening.add(heard)
    }
  })
  for (const sign of ['ping', 'pong'] as const) socket.on(sign, () => (heard = performance.now()))
  let fault = ''
  socket.on('error', error => {
    fault = (error as NodeJS.ErrnoException).code ?? error.message
  })
  socket.on('close', (code, reason) => {
    clearTimeout(late)
    clearInterval(beats)
    const why =
      code === 4401 ? 'the server does not know this agent’s key' : fault || reason.toString() || `closed ${code}`
    refuse(code === 4401 ? new UnknownKey(why) : new Error(why))
    end(why)
  })

  async function open(frame: string): Promise<void> {
    const heard = await opened(frame)
    if (!heard) return tell({ code: 32_004, detail: 'a request could not be opened: it is sealed to another key' })
    if (!('keys' in heard)) return void hear(heard)
    const { tenantId, agentId, to, keys: reply } = heard
    if (tenantId === identity.tenantId && agentId === identity.agentId) proving.get(to)?.(reply)
  }

  async function opened(frame: string): Promise<Heard | SealedKeys | undefined> {
    try {
      const { kid } = decodeProtectedHeader(frame)
      if (kid !== thumbprint && proving.size === 0) void catchUp()
      for (const key of await keys.opening(kid)) {
        const { plaintext } = await compactDecrypt(frame, key, {
          keyManagementAlgorithms: ['ECDH-ES', 'ECDH-ES+A256KW'],
          contentEncryptionAlgorithms: ['A256GCM'],
        })
        return JSON.parse(new TextDecoder().decode(plaintext)) as Heard | SealedKeys
      }
    } catch {
      // Another's, or damaged.
    }
    return undefined
  }

  /** Another command has rolled the keys: frames are signed by them as soon as one is sealed to them. */
  async function catchUp() {
    try {
      const [present] = await keys.signers()
      await prove(present!)
    } catch {
      // It is tried again with the next frame, and by whoever looks after the keys.
    }
  }

  async function prove(next: Signer): Promise<void> {
    if (link === undefined) throw new StateError('the link is closed')
    if (next.signingKey.x === signer.signingKey.x) return
    const { signingKey, sealingKey } = next
    const said: KeysProof = { link, agentId: identity.agentId, sealingKey }
    const proof = await new CompactSign(new TextEncoder().encode(JSON.stringify(said)))
      .setProtectedHeader({ alg: 'EdDSA' })
      .sign(next.key)
    const id = randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<KeysReply>()
    const late = setTimeout(() => reject(new StateError('the server did not answer in time')), 15 * SECOND)
    void ended.then(why => reject(new StateError(`the link to the server ended: ${why}`)))
    promise.catch(() => {})
    proving.set(id, resolve)
    try {
      await say({ kind: 'keys', id, signingKey: { ...signingKey }, sealingKey: { ...sealingKey }, proof })
      const reply = await promise
      if (reply.outcome === 'failed') throw new StateError(reply.detail)
      signer = next
      thumbprint = await calculateJwkThumbprint(sealingKey)
    } finally {
      clearTimeout(late)
      proving.delete(id)
    }
  }

  const leave = async () => {
    await say({ kind: 'leave' })
    await Promise.race([leaving, ended, sleep(LEAVES_WITHIN)])
    await Promise.all(opening)
  }

  await welcomed
  clearTimeout(late)
  return { say, leave, prove, skew, ended, end: () => socket.close() }
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Until when a link is kept, and how an agent waits before it opens the next one: so many milliseconds. */
interface Keeping {
  stop: AbortSignal
  /** What is being carried out when `stop` comes: the link ends after it. */
  drained: Promise<unknown>
  wait(milliseconds: number): Promise<unknown>
}

/**
 * Keeps a link open until `stop`. After an end it waits at most half a second, then twice as long each time up to thirty,
 * less a random part, so that agents of a server that restarts do not come in step.
 */
export async function keepLink(
  open: () => Promise<Link>,
  { stop, drained, wait }: Keeping,
  tell: (event: AgentEvent) => void,
): Promise<void> {
  let longest = FIRST_WAIT
  while (!stop.aborted) {
    try {
      const link = await open()
      longest = FIRST_WAIT
      void drained.then(() => link.end())
      const why = await link.ended
      if (!stop.aborted) tell({ code: 32_014, detail: `the link to the server ended: ${why}` })
    } catch (error) {
      if (!stop.aborted) tell({ code: 32_002, detail: `the server cannot be reached: ${(error as Error).message}` })
    }
    if (stop.aborted) return
    await wait(longest * (0.5 + Math.random() / 2))
    longest = Math.min(2 * longest, LONGEST_WAIT)
  }
}
