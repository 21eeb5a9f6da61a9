import { randomUUID } from 'node:crypto'
import { secondsOf } from '../../clock.ts'
import { signWebhook } from '../../crypto/index.ts'
import { ask, demandSuccess, readJson } from './ask.ts'
import { readCost } from './cost.ts'
import { demandSame, ForgedReceipt, reasonIn } from './receipt.ts'
import type { Way } from './route.ts'

/**
 * Text messages and calls by an endpoint of the operator's own, which checks the signature (Standard Webhooks 1.0) and
 * drops an id that it has seen. It gets `{ channel, to, from, text, language, receipts }`.
 */
export function webhookGateway({ url, secret }: { url: string; secret: string }): Way {
  return {
    async send({ id = randomUUID(), channel, to, text, language, again }, { from, patience, receipts }) {
      const more = {
        ...(from && { from }),
        ...(receipts && { receipts }),
        ...(channel === 'voice' && again && { again }),
      }
      const body = JSON.stringify({ channel, to, text, language, ...more })
      const headers = signWebhook([secret], { id, at: secondsOf(new Date()), body })
      const answer = await ask(new URL(url), { type: 'application/json; charset=utf-8', body, headers, patience })
      demandSuccess(answer.status)
      const { cost, currency } = readJson(answer.text)
      return { cost: readCost(cost, currency) }
    },
    readReceipt({ url: receipts, headers, body }) {
      const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': given } = headers
      const { 'webhook-signature': own } = signWebhook([secret], { id: String(id), at: Number(seconds), body })
      // While its key is rotated, it signs by several.
      const isOwn = String(given ?? '')
        .split(' ')
        .some(one => {
          try {
            demandSame(one, own!)
            return true
          } catch {
            return false
          }
        })
      if (!isOwn) throw new ForgedReceipt()
      const { receipts: about, status, reason, isFinal } = readJson(body)
      // The signature does not cover the address that is called: a receipt of one message would pass for another's.
      demandSame(String(about ?? ''), receipts)
      if (status === 'delivered') return { result: 'delivered' }
      if (status !== 'undelivered') return undefined
      return { result: 'undelivered', reason: reasonIn(reason, 'undelivered'), isFinal: isFinal === true }
    },
  }
}
