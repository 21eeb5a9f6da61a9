import { countryOf } from '../../typing/index.ts'
import {
  type Channel,
  type Cost,
  type Failed,
  type Handed,
  type Message,
  NumberRefused,
  SEND_DEADLINE,
  SendError,
  type Sender,
} from '../senders.ts'
import { countParts, multiply } from './cost.ts'
import type { Press, Receipt, ReceiptCall } from './receipt.ts'

/** How a message leaves: its sender, and the milliseconds that it has. */
export interface Handing {
  from: string
  patience: number
  /** Where it may be told what became of the message. */
  receipts?: string | undefined
  /** Where a call asks what to say at the press of a key. */
  calls?: string | undefined
}

/** One of the gateways that a file names. */
export interface Gateway {
  name: string
  /** What it carries. */
  channels: readonly Channel[]
  /** Sender names and numbers by country; `*`: anywhere else. */
  from: Readonly<Record<string, string>>
  /** What one message costs by country, such as `0.0450 EUR`; `*`: anywhere else. */
  prices: Readonly<Record<string, string>>
  /**
   * Hands a message over. Throws `SendError`.
   */
  send(message: Message, way: Handing): Promise<Handed>
  /** Reads a call to that address; undefined where it tells of no end. Throws `ForgedReceipt`. Absent where it tells otherwise. */
  readReceipt?(call: ReceiptCall): Promise<Receipt | undefined> | Receipt | undefined
  /** Has it tell what became of a message by its own id of it. `take` answers whether that is known. */
  listen?(take: (messageId: string, receipt: Receipt) => Promise<boolean>): void
  /** Reads which key was pressed in a call. Throws `ForgedReceipt`. Absent where it does not ask. */
  readKey?(call: ReceiptCall): Promise<Press> | Press
  /** What it is answered then: to say these words, and to ask at `url` again where they offer it; undefined: to hang up. An empty body is a 204. */
  answerKey?(
    said: Pick<Message, 'text' | 'language' | 'again'> | undefined,
    url: string,
  ): { type: string; body: string }
  /** The address of keys pressed in its calls, before the name of the message. */
  callsAt?: string | undefined
  /** The address of its receipts, before the name of the message. */
  receiptsAt?: string | undefined
  /** Where it is reached. */
  url: URL
  /** Signs on as for a message, and sends none; absent where each message does that. Throws `SendError`. */
  signOn?(patience: number): Promise<void>
}

/** What a kind of gateway makes of its settings. */
export type Way = Pick<Gateway, 'send' | 'signOn' | 'readReceipt' | 'listen' | 'readKey' | 'answerKey'>

/** The gateways of a channel in their order. `countries`: another order for numbers of a country; an empty one sends nothing there. */
export interface Route {
  order: readonly Gateway[]
  countries: ReadonlyMap<string, readonly Gateway[]>
}

/** Sends through the first gateway that takes a message. All of them together have `within` milliseconds. */
export const routedSender = ({ order, countries }: Route, within = SEND_DEADLINE): Sender => ({
  gateway: order[0]?.name ?? '',
  async send(message) {
    const country = countryOf(message.to)
    const among = countries.get(country ?? '') ?? order
    const failed: Failed[] = []
    const ends = performance.now() + within
    let last = new SendError('gateway', 'not set', true)
    let passes = false
    for (const [place, gateway] of among.entries())
      try {
        const patience = Math.max(1, Math.round((ends - performance.now()) / (among.length - place)))
        return { gateway: gateway.name, before: failed, ...(await handOver(gateway, message, patience)) }
      } catch (error) {
        if (!(error instanceof SendError)) throw error
        failed.push({ gateway: gateway.name, code: error.code })
        last = error
        passes ||= !error.final
        // Its owner may have stopped messages; another gateway would not know.
        if (error instanceof NumberRefused) break
      }
    // Where one of them may take it later, another try is of use.
    if (last instanceof NumberRefused) throw new NumberRefused(last.code, failed)
    throw new SendError('gateway', last.code, !passes, failed)
  },
})

/** Hands a message to one gateway. Tells the price that it tells, or the one of its file. Throws `SendError`. */
export async function handOver(gateway: Gateway, message: Message, patience: number): Promise<Handed> {
  const country = countryOf(message.to)
  const { receiptsAt, callsAt } = gateway
  const { reference } = message
  const handed = await gateway.send(message, {
    ...{ from: named(gateway.from, country) ?? '', patience },
    ...(reference !== undefined && receiptsAt !== undefined && { receipts: receiptsAt + reference }),
    ...(reference !== undefined && callsAt !== undefined && { calls: callsAt + reference }),
  })
  return { ...handed, cost: handed.cost ?? priceOf(gateway, message, country) }
}

const named = (by: Readonly<Record<string, string>>, country: string | undefined) => by[country ?? '*'] ?? by['*']

function priceOf({ prices }: Gateway, { channel, text }: Message, country: string | undefined): Cost | undefined {
  const price = named(prices, country)
  return price === undefined ? undefined : multiply(price, channel === 'sms' ? countParts(text) : 1)
}
