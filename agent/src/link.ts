import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent, Greeting, Purpose, Said, SealedReply, SealedRequest } from '@latchkey/protocol'
import { CompactSign, compactDecrypt } from 'jose'
import { WebSocket } from 'ws'
import { agentFor } from './server.ts'
import type { Identity, Keys } from './state.ts'

export const VERSION = '0.1.0'

const SECOND = 1_000
const BEAT = 30 * SECOND
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
  /** Milliseconds by which the server's clock was ahead of this machine's. */
  skew: number
  /** Resolves once it has ended, with the reason. */
  ended: Promise<string>
  end(): void
}

/**
 * Opens one link and proves this agent's key on it. `hear`: what the server sealed, opened. Throws where the server
 * cannot be reached, or does not know the key.
 */
export async function openLink<Heard extends SealedRequest | SealedReply = SealedRequest>(
  { identity, keys }: { identity: Identity; keys: Keys },
  purpose: Purpose,
  hear: (heard: Heard) => unknown,
  tell: (event: AgentEvent) => void,
): Promise<Link> {
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
      const frame = await new CompactSign(signed).setProtectedHeader({ alg: 'EdDSA' }).sign(keys.signing)
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
      const heard = open(frame).finally(() => opening.delete(heard))
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
    refuse(new Error(why))
    end(why)
  })

  async function open(frame: string) {
    try {
      const { plaintext } = await compactDecrypt(frame, keys.sealing, {
        keyManagementAlgorithms: ['ECDH-ES', 'ECDH-ES+A256KW'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      hear(JSON.parse(new TextDecoder().decode(plaintext)) as Heard)
    } catch {
      tell({ code: 32_004, detail: 'a request could not be opened: it is sealed to another key' })
    }
  }

  const leave = async () => {
    await say({ kind: 'leave' })
    await Promise.race([leaving, ended, sleep(LEAVES_WITHIN)])
    await Promise.all(opening)
  }

  await welcomed
  clearTimeout(late)
  return { say, leave, skew, ended, end: () => socket.close() }
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/**
 * Keeps a link open until `stop`, and then until what is being carried out is `drained`. After an end it waits at most a second, then twice as long each time up to thirty, less
 * a random part, so that agents of a server that restarts do not come in step.
 */
export async function keepLink(
  open: () => Promise<Link>,
  { stop, drained }: { stop: AbortSignal; drained: Promise<unknown> },
  tell: (event: AgentEvent) => void,
): Promise<void> {
  let wait = FIRST_WAIT
  while (!stop.aborted) {
    try {
      const link = await open()
      wait = FIRST_WAIT
      void drained.then(() => link.end())
      const why = await link.ended
      if (!stop.aborted) tell({ code: 32_014, detail: `the link to the server ended: ${why}` })
    } catch (error) {
      if (!stop.aborted) tell({ code: 32_002, detail: `the server cannot be reached: ${(error as Error).message}` })
    }
    if (stop.aborted) return
    await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: stop }).catch(() => {})
    wait = Math.min(2 * wait, LONGEST_WAIT)
  }
}
