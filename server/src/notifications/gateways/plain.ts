import { SEND_DEADLINE, type Sender } from '../senders.ts'
import { ask, basic, demandSuccess, readJson } from './ask.ts'
import { readCost } from './cost.ts'

/**
 * Text messages or calls through a gateway that takes `{ to, text, language }` as JSON over HTTP and answers 2xx, with
 * `{ cost, currency }` where it tells the price. Credentials of the URL become a Basic authorization.
 */
export function gatewaySender(url: string): Sender {
  const target = new URL(url)
  const headers = target.username
    ? { authorization: basic(decodeURIComponent(target.username), decodeURIComponent(target.password)) }
    : {}
  target.username = ''
  target.password = ''
  return {
    gateway: target.host,
    async send({ to, text, language }) {
      const body = JSON.stringify({ to, text, language })
      const answer = await ask(target, { type: 'application/json', body, headers, patience: SEND_DEADLINE })
      demandSuccess(answer.status)
      const { cost, currency } = readJson(answer.text)
      return { cost: readCost(cost, currency) }
    },
  }
}
