import { SECOND } from '../clock.ts'

export type Channel = 'email' | 'sms' | 'voice'

/** A message to send, in its reader's language. */
export interface Message {
  channel: Channel
  kind: 'code' | 'notice' | 'request' | 'link'
  /** The journey that caused it, for the demonstration's outbox. */
  journeyId?: string | undefined
  /** A mail address, or a number in E.164. Exactly one: a list would let one request reach a second reader. */
  to: string
  /** The sender's name. */
  from: string
  subject?: string
  text: string
  language: string
}

/** Hands a message over, and returns once the other side has taken it. Otherwise throws `SendError`, `final` where another try is pointless. */
export interface Sender {
  send(message: Message): Promise<void>
}

/** How long the other side may take over one message, from the first look-up of its name: well below a code's life. */
export const SEND_DEADLINE = 10 * SECOND

/** Why a message could not be handed over. Holds neither its text nor its address: it goes into logs and events. */
export class SendError extends Error {
  override name = 'SendError'
  /** A status, the code of a network or TLS error, `timeout`, or `not set`. */
  code: string
  final: boolean

  constructor(place: string, code: string, final: boolean) {
    super(`${place}: ${code}`)
    this.code = code
    this.final = final
  }
}

/** The senders of a deployment by channel; a channel without one cannot be used. */
export type Senders = Partial<Record<Channel, Sender>>

/** Text messages or calls through a gateway that takes `{ to, text, language }` as JSON over HTTP and answers 2xx. Credentials of the URL become a Basic authorization. */
export function gatewaySender(url: string): Sender {
  const target = new URL(url)
  const headers: { 'content-type': string; authorization?: string } = { 'content-type': 'application/json' }
  if (target.username)
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`).toString('base64')}`
  target.username = ''
  target.password = ''
  return {
    async send({ to, text, language }) {
      const response = await fetch(target, {
        method: 'POST',
        headers,
        body: JSON.stringify({ to, text, language }),
        redirect: 'error', // a redirect would carry number and code to another host
        signal: AbortSignal.timeout(SEND_DEADLINE),
      }).catch((error: unknown) => {
        throw new SendError('gateway', networkCode(error), false)
      })
      await response.body?.cancel()
      const final = response.status >= 400 && response.status < 500 && response.status !== 429
      if (!response.ok) throw new SendError('gateway', String(response.status), final)
    },
  }
}

/** The reason that `fetch` failed, as a code: its messages quote addresses. */
export function networkCode(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return 'timeout'
  return cause?.code ?? (cause?.message === 'unexpected redirect' ? 'redirect' : 'unreachable')
}
