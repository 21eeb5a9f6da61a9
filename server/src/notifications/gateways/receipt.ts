import { timingSafeEqual } from 'node:crypto'

/**
 * What became of a message that was taken. `isFinal`: nothing will ever arrive there, as far as the other side can tell.
 * `gateway`: which of several tells. `messageId`: its own id, where its proof names the message by that alone.
 */
export type Receipt = { gateway?: string; messageId?: string } & (
  | { result: 'delivered' }
  | { result: 'undelivered'; reason: string; isFinal: boolean }
)

/** A call by which a gateway tells of a message. `url`: as the gateway was given it, with this `reference` at its end. */
export interface ReceiptCall {
  url: string
  reference: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: string
}

/**
 * A call that does not prove that it is the gateway's, and about this message. Its age proves nothing more: told again, a
 * receipt changes nothing, and gateways repeat one with the time of its first signing.
 */
export class ForgedReceipt extends Error {
  override name = 'ForgedReceipt'
}

/** A key that was pressed in a call. `messageId`: as with a receipt. */
export interface Press {
  key: string
  messageId?: string
}

/** Throws `ForgedReceipt` where a signature, or what is signed, is another, in constant time. */
export function demandSame(given: string, expected: string): void {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  if (one.length !== other.length || !timingSafeEqual(one, other)) throw new ForgedReceipt()
}

/** A code of theirs, where it is one: it goes into the log. */
export const reasonIn = (text: unknown, otherwise: string) =>
  /^[\w.-]{1,32}$/.test(String(text ?? '')) ? String(text) : otherwise
