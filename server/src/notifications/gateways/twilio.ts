import { createHmac } from 'node:crypto'
import { type Message, NumberRefused, SendError } from '../senders.ts'
import { ask, basic, demandSuccess, readJson } from './ask.ts'
import { readCost } from './cost.ts'
import { demandSame, type Receipt, type ReceiptCall, reasonIn } from './receipt.ts'
import type { Way } from './route.ts'

/** Its codes for a number that is none, takes no text message, cannot be called, or whose owner has stopped messages. */
const OF_NUMBER = new Set([13223, 13224, 21211, 21214, 21217, 21610, 21612, 21614])

/** Its codes for a number that nobody has, or that takes no text message. */
const GONE = new Set(['30005', '30006'])

function receiptOf({ MessageStatus, CallStatus, ErrorCode }: Record<string, string>): Receipt | undefined {
  const status = MessageStatus ?? CallStatus ?? ''
  if (status === 'delivered' || status === 'completed') return { result: 'delivered' }
  if (!/^(undelivered|failed|busy|no-answer|canceled)$/.test(status)) return undefined
  return { result: 'undelivered', reason: reasonIn(ErrorCode || undefined, status), isFinal: GONE.has(ErrorCode ?? '') }
}

/** Each of our languages as its voices name it. */
const VOICES: Record<string, string> = { en: 'en-US', fr: 'fr-FR', ja: 'ja-JP' }

/** Text messages and calls by the API of Twilio, version 2010-04-01, which others offer too. */
export function twilioGateway({ url, account, secret }: { url: string; account: string; secret: string }): Way {
  const place = (resource: string) =>
    new URL(`/2010-04-01/Accounts/${encodeURIComponent(account)}/${resource}.json`, url)
  const headers = { authorization: basic(account, secret) }
  return {
    async send({ channel, to, ...said }, { from, patience, receipts, calls }) {
      const called = channel === 'voice'
      // A messaging service chooses among its own numbers.
      const sender = !called && /^MG[0-9a-f]{32}$/.test(from) ? { MessagingServiceSid: from } : { From: from }
      const back = receipts !== undefined && { StatusCallback: receipts }
      const form = { To: to, ...sender, ...back, ...(called ? { Twiml: spoken(said, calls) } : { Body: said.text }) }
      const { status, text: told } = await ask(place(called ? 'Calls' : 'Messages'), {
        ...{ type: 'application/x-www-form-urlencoded', body: String(new URLSearchParams(form)), headers, patience },
      })
      const answer = readJson(told)
      if (status === 400) {
        if (OF_NUMBER.has(Number(answer.code))) throw new NumberRefused(String(answer.code))
        if (Number.isInteger(answer.code)) throw new SendError('gateway', String(answer.code), true)
      }
      demandSuccess(status)
      // Prices are what the account loses.
      return {
        cost: readCost(String(answer.price ?? '').replace(/^-/, ''), answer.price_unit),
        ...(called && calls !== undefined && said.again !== undefined && { asksForKeys: true }),
      }
    },
    readReceipt: call => receiptOf(fieldsOf(secret, call)),
    readKey: call => ({ key: fieldsOf(secret, call).Digits ?? '' }),
    answerKey: (said, url) => ({ type: 'text/xml; charset=utf-8', body: said ? spoken(said, url) : '<Response/>' }),
  }
}

/** The fields of a call of theirs. Throws `ForgedReceipt`. */
function fieldsOf(secret: string, { url, headers, body }: ReceiptCall): Record<string, string> {
  const fields = [...new URLSearchParams(body)].toSorted(([one], [other]) => (one < other ? -1 : 1))
  // Each name with its value, behind the address, by HMAC-SHA1 under the account's token, as its documentation asks.
  const signed = createHmac('sha1', secret)
    .update(url + fields.flat().join(''))
    .digest('base64')
  demandSame(String(headers['x-twilio-signature'] ?? ''), signed)
  return Object.fromEntries(fields)
}

/**
 * What is said, slowly: the text says the digits twice. Where it offers to say them again, it waits for one key and asks at
 * `calls`; nobody presses one, and it hangs up.
 */
function spoken({ text, language, again }: Pick<Message, 'text' | 'language' | 'again'>, calls: string | undefined) {
  const offered = calls === undefined ? undefined : again
  const say = `<Say language="${VOICES[language] ?? 'en-US'}"><prosody rate="slow">${escaped(offered ?? text)}</prosody></Say>`
  if (offered === undefined || calls === undefined) return `<Response>${say}</Response>`
  const gather = `input="dtmf" numDigits="1" timeout="5" method="POST" action="${escaped(calls)}"`
  return `<Response><Gather ${gather}>${say}</Gather></Response>`
}

/** An organization's name is text of others, and orders nothing. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
