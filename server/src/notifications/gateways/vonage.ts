import { createHmac } from 'node:crypto'
import { type Cost, NumberRefused, SendError } from '../senders.ts'
import { ask, demandSuccess, readJson } from './ask.ts'
import { isGsm, readCost } from './cost.ts'
import { demandSame, type Receipt, type ReceiptCall, reasonIn } from './receipt.ts'
import type { Way } from './route.ts'
import { type Application, vonageCalls } from './vonageCalls.ts'

/** What its status of a message says, where it is not taken; any other is for good. */
const THROTTLED = '1'
const BROKEN = '5'
const BAD_CREDENTIALS = '4'
/** The number is barred, or belongs to nobody. */
const OF_NUMBER = ['7', '33']

/**
 * Text messages by the SMS API of Vonage, and calls by its Voice API where there is an application. `signatureSecret`: of
 * its receipts, which are not asked for without.
 */
export function vonageGateway({
  url,
  key,
  secret,
  signatureSecret,
  application,
}: {
  url: string
  key: string
  secret: string
  signatureSecret?: string | undefined
  application?: Application | undefined
}): Way {
  const calls = application && vonageCalls(application)
  return {
    ...calls,
    async send(message, way) {
      if (message.channel === 'voice' && calls) return calls.send(message, way)
      const { to, text, reference = '' } = message
      const { from, patience, receipts } = way
      const form = {
        ...{ api_key: key, api_secret: secret, from, to: to.slice(1), text },
        type: isGsm(text) ? 'text' : 'unicode',
        ...(receipts !== undefined &&
          signatureSecret !== undefined && {
            'status-report-req': '1',
            callback: receipts,
            'client-ref': nameIn(reference),
          }),
      }
      const { status, text: told } = await ask(new URL('/sms/json', url), {
        ...{ type: 'application/x-www-form-urlencoded', body: String(new URLSearchParams(form)), patience },
      })
      demandSuccess(status)
      const parts = messagesIn(told)
      for (const part of parts) demandTaken(String(part.status))
      return { cost: costOf(parts) }
    },
    ...(signatureSecret !== undefined && {
      // What it tells of calls is signed in a header.
      readReceipt: call =>
        calls?.readReceipt && call.headers.authorization !== undefined
          ? calls.readReceipt(call)
          : readReceipt(signatureSecret, call),
    }),
  }
}

/** The 33 characters that name the message. Its documentation has allowed 40 before it allowed 100; the tag stands in the address alone. */
const nameIn = (reference: string) => reference.slice(0, 33)

/** Its codes for a number that is gone for good, or none. */
const GONE = new Set(['3', '9'])

/** A receipt as a form or JSON, signed by HMAC-SHA256 over its sorted fields, as its documentation asks. */
function readReceipt(secret: string, { reference, headers, body }: ReceiptCall): Receipt | undefined {
  const isJson = String(headers['content-type'] ?? '').startsWith('application/json')
  const { sig, ...fields } = isJson ? readJson(body) : Object.fromEntries(new URLSearchParams(body))
  const text = Object.entries(fields)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `&${name}=${String(value).replaceAll(/[&=]/g, '_')}`)
    .join('')
  demandSame(String(sig ?? '').toLowerCase(), createHmac('sha256', secret).update(text).digest('hex'))
  // The signature does not cover the address that is called: a receipt of one message would pass for another's.
  // Messages of the former version hold the whole reference, and their receipts may come after an upgrade.
  const ours = String(fields['client-ref'] ?? '')
  demandSame(ours, ours.length === reference.length ? reference : nameIn(reference))
  if (fields.status === 'delivered') return { result: 'delivered' }
  if (!/^(failed|rejected|expired)$/.test(String(fields.status))) return undefined
  const code = String(fields['err-code'] ?? '')
  return { result: 'undelivered', reason: reasonIn(code, String(fields.status)), isFinal: GONE.has(code) }
}

type Part = Record<string, unknown>

/** A message and what became of each of its parts. An answer that tells of none has taken it, as its status says. */
function messagesIn(told: string): Part[] {
  const { messages } = readJson(told)
  return Array.isArray(messages) ? messages.filter(one => typeof one === 'object' && one !== null) : []
}

function demandTaken(status: string): void {
  if (status === '0') return
  if (OF_NUMBER.includes(status)) throw new NumberRefused(`status ${status}`)
  if (status === BAD_CREDENTIALS) throw new SendError('gateway', '401', true)
  const passes = status === THROTTLED || status === BROKEN
  throw new SendError('gateway', /^\d{1,3}$/.test(status) ? `status ${status}` : 'no status', !passes)
}

/** The price of all parts. Its prices are in euros. */
function costOf(parts: Part[]): Cost | undefined {
  const prices = parts.map(part => readCost(part['message-price'], 'EUR'))
  if (prices.length === 0 || prices.includes(undefined)) return undefined
  const millionths = prices.reduce((sum, price) => sum + Math.round(Number(price!.cost) * 1e6), 0)
  return { cost: (millionths / 1e6).toFixed(6), currency: 'EUR' }
}
