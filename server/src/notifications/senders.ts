import { SECOND } from '../clock.ts'

export type Channel = 'email' | 'sms' | 'voice'

/** A message to send, in its reader's language. */
export interface Message {
  channel: Channel
  kind: 'code' | 'notice' | 'request' | 'link'
  /** Whose message it is; absent where an operator tries a sender. */
  tenantId?: string
  /** The journey that caused it, for the demonstration's outbox. */
  journeyId?: string | undefined
  /** A mail address, or a number in E.164. Exactly one: a list would let one request reach a second reader. */
  to: string
  /** The sender's name. */
  from: string
  subject?: string
  text: string
  language: string
  /** The code of a mail, which stands in its text as a paragraph of its own. */
  code?: string
  /** The address that stops such mails (RFC 2369, §3.2). */
  unsubscribe?: string
  /** The same words as an HTML document, and the pictures that it shows by `cid:`. */
  html?: string
  pictures?: { cid: string; type: string; content: Buffer }[]
}

/** What a message cost, where its gateway tells: an amount such as `0.0450`, and its currency (ISO 4217). */
export interface Cost {
  cost: string
  currency: string
}

/** A way out. `gateway`: the host that takes its messages, as events name it. */
export interface Sender {
  gateway: string
  /** Hands a message over, and returns once the other side has taken it. Otherwise throws `SendError`, `final` where another try is pointless. */
  send(message: Message): Promise<Cost | undefined>
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

/**
 * Text messages or calls through a gateway that takes `{ to, text, language }` as JSON over HTTP and answers 2xx, with
 * `{ cost, currency }` where it tells the price. Credentials of the URL become a Basic authorization.
 */
export function gatewaySender(url: string): Sender {
  const target = new URL(url)
  const headers: { 'content-type': string; authorization?: string } = { 'content-type': 'application/json' }
  if (target.username)
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`).toString('base64')}`
  target.username = ''
  target.password = ''
  return {
    gateway: target.host,
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
      const told = await readBeginning(response)
      const final = response.status >= 400 && response.status < 500 && response.status !== 429
      if (!response.ok) throw new SendError('gateway', String(response.status), final)
      return costIn(told)
    },
  }
}

/** More than an answer with a price needs. */
const LONGEST_ANSWER = 16 * 1024

/** The text of an answer, to its end or to where it is too long. Never throws: what was taken must not be sent again. */
async function readBeginning(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      // Leaving the loop gives the rest back unread.
      if (text.length > LONGEST_ANSWER) return ''
    }
    return text
  } catch {
    return ''
  }
}

/** The price in a gateway's answer. What is none, or not exactly one, is not guessed at. */
function costIn(text: string): Cost | undefined {
  try {
    const { cost, currency } = JSON.parse(text) as { cost?: unknown; currency?: unknown }
    const amount = typeof cost === 'number' ? String(cost) : cost
    if (typeof amount !== 'string' || !/^\d{1,6}(\.\d{1,6})?$/.test(amount)) return undefined
    return typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? { cost: amount, currency } : undefined
  } catch {
    return undefined
  }
}

/** The reason that `fetch` failed, as a code: its messages quote addresses. */
export function networkCode(error: unknown): string {
  const { name, cause } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return 'timeout'
  return cause?.code ?? (cause?.message === 'unexpected redirect' ? 'redirect' : 'unreachable')
}
