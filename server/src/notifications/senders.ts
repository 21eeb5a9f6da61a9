import { SECOND } from '../clock.ts'

export type Channel = 'email' | 'sms' | 'voice'

/** A message to send, in its reader's language. */
export interface Message {
  channel: Channel
  kind: 'code' | 'notice' | 'request' | 'link'
  /** The same in each try: the challenge's. Absent where a second message does no harm. */
  id?: string
  /** What comes back of it names it by this (`messageReference`). */
  reference?: string
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
  /** Of a call: the same words, with the offer to say them again at the press of 1. */
  again?: string
  /** The code of a mail, which stands in its text as a paragraph of its own. */
  code?: string
  /** The address that stops such mails (RFC 2369, §3.2). */
  unsubscribe?: string
  /** One request to that address stops them, and no page has to be read (RFC 8058). */
  unsubscribesAtOnce?: boolean
  /** The same words as an HTML document, and the pictures that it shows by `cid:`. */
  html?: string
  pictures?: { cid: string; type: string; content: Buffer }[]
}

/** What a message cost, where its gateway tells: an amount such as `0.0450`, and its currency (ISO 4217). */
export interface Cost {
  cost: string
  currency: string
}

/** A gateway that failed, and the code of its failure. */
export interface Failed {
  gateway: string
  code: string
}

/** What a gateway tells as it takes a message. */
export interface Handed {
  cost?: Cost | undefined
  /** Its own id of the message, where its receipts name it by that alone. */
  messageId?: string | undefined
  /** It asks what to say at the press of a key. */
  asksForKeys?: boolean | undefined
}

/** What is told of a message that was taken. */
export interface Taken extends Handed {
  /** The named gateway that took it, where the channel has several. */
  gateway?: string | undefined
  /** Those that were asked before it. */
  before?: readonly Failed[] | undefined
}

/** A way out. `gateway`: the host that takes its messages, or the first of several, as events name it. */
export interface Sender {
  gateway: string
  /** Hands a message over, and returns once the other side has taken it. Otherwise throws `SendError`, `final` where another try is pointless. */
  send(message: Message): Promise<Taken>
}

/** How long the other side may take over one message, from the first look-up of its name: well below a code's life. */
export const SEND_DEADLINE = 10 * SECOND

/** Why a message could not be handed over. Holds neither its text nor its address: it goes into logs and events. */
export class SendError extends Error {
  override name = 'SendError'
  /** A status, the code of a network or TLS error, `timeout`, or `not set`. */
  code: string
  final: boolean
  /** The named gateways that were asked, in their order. */
  failed: readonly Failed[] | undefined

  constructor(place: string, code: string, final: boolean, failed?: readonly Failed[]) {
    super(`${place}: ${code}`)
    this.code = code
    this.final = final
    this.failed = failed
  }
}

/** The number itself is refused: it is none, takes no text message, or its owner has stopped them. No other gateway is asked. */
export class NumberRefused extends SendError {
  constructor(code: string, failed?: readonly Failed[]) {
    super('gateway', code, true, failed)
  }
}

/** The senders of a deployment by channel; a channel without one cannot be used. */
export type Senders = Partial<Record<Channel, Sender>>
