import { createHash, type KeyObject, randomUUID } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { MINUTE, SECOND } from '../../clock.ts'
import { type Handed, type Message, NumberRefused } from '../senders.ts'
import { ask, demandSuccess, readJson } from './ask.ts'
import { demandSame, ForgedReceipt, type Receipt, type ReceiptCall } from './receipt.ts'
import type { Handing, Way } from './route.ts'

/** An application of Vonage, in whose name calls are made. `signatureSecret`: of what it tells of them, which is not asked for without. */
export interface Application {
  url: string
  id: string
  privateKey: KeyObject
  signatureSecret?: string | undefined
}

/** How long one asking for a call may be used. */
const TOKEN_LASTS = 5 * MINUTE

/** A press that was signed longer ago may be one that somebody has kept. */
const PRESS_LASTS = 5 * MINUTE

/** Seconds that a phone rings, and that a call may last with three repeats. */
const RINGS = 45
const LASTS = 240

/** Each of our languages as its voices name it. */
const VOICES: Record<string, string> = { en: 'en-US', fr: 'fr-FR', ja: 'ja-JP' }

type Said = Pick<Message, 'text' | 'language' | 'again'>

/** Calls by the Voice API of Vonage, version 1. */
export function vonageCalls(application: Application): Pick<Way, 'send' | 'readReceipt' | 'readKey' | 'answerKey'> {
  const { url, id, privateKey, signatureSecret } = application
  const tokenOf = () =>
    new SignJWT({ application_id: id })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime(new Date(Date.now() + TOKEN_LASTS))
      .setJti(randomUUID())
      .sign(privateKey)
  return {
    async send({ to, ...said }: Message, { from, patience, receipts, calls }: Handing): Promise<Handed> {
      const tells = signatureSecret !== undefined
      const offered = tells && calls !== undefined && said.again !== undefined
      const isNumber = /^\+?\d+$/.test(from)
      const body = {
        to: [{ type: 'phone', number: to.slice(1) }],
        // A name cannot call: the application has numbers of its own.
        ...(isNumber ? { from: { type: 'phone', number: from.replace('+', '') } } : { random_from_number: true }),
        ncco: saying(said, offered ? calls : undefined),
        ...{ ringing_timer: RINGS, length_timer: LASTS },
        ...(tells && receipts !== undefined && { event_url: [receipts], event_method: 'POST' }),
      }
      const { status, text } = await ask(new URL('/v1/calls', url), {
        ...{ type: 'application/json', body: JSON.stringify(body), patience },
        headers: { authorization: `Bearer ${await tokenOf()}` },
      })
      const answer = readJson(text)
      if (status === 400 && isOfNumber(answer)) throw new NumberRefused('400')
      demandSuccess(status)
      const uuid = uuidIn(answer)
      // Without its name for the call nothing that it tells can be known to be about this one.
      return uuid === undefined ? {} : { messageId: uuid, ...(offered && { asksForKeys: true }) }
    },
    ...(signatureSecret !== undefined && {
      readReceipt: async call => receiptOf(await eventOf(application, call)),
      readKey: async call => {
        const event = await eventOf(application, call, PRESS_LASTS)
        const { digits } = Object(event.dtmf) as { digits?: unknown }
        return { key: String(digits ?? event.dtmf ?? ''), messageId: demandUuid(event) }
      },
      answerKey: (again, address) => ({
        type: 'application/json',
        // Without new words the call goes on to its end.
        body: again ? JSON.stringify(saying(again, address)) : '',
      }),
    }),
  }
}

/** What is said, slowly: the text says the digits twice. Where it offers to say them again, one key is waited for and told at `calls`. */
function saying({ text, language, again }: Said, calls: string | undefined): object[] {
  const offered = calls === undefined ? undefined : again
  const words = `<speak><prosody rate="slow">${escaped(offered ?? text)}</prosody></speak>`
  const talk = { action: 'talk', text: words, language: VOICES[language] ?? 'en-US' }
  if (offered === undefined) return [talk]
  const input = { action: 'input', type: ['dtmf'], dtmf: { maxDigits: 1, timeOut: 5 } }
  return [
    { ...talk, bargeIn: true },
    { ...input, eventUrl: [calls], eventMethod: 'POST' },
  ]
}

/** An organization's name is text of others, and orders nothing. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Whether it refuses the number that is called. */
const isOfNumber = ({ invalid_parameters: invalid }: Record<string, unknown>) =>
  Array.isArray(invalid) && invalid.some(one => /^to\b/.test(String(Object(one).name ?? '')))

const uuidIn = ({ uuid }: Record<string, unknown>) =>
  /^[\w-]{8,64}$/.test(String(uuid ?? '')) ? String(uuid) : undefined

function demandUuid(event: Record<string, unknown>): string {
  const uuid = uuidIn(event)
  if (uuid === undefined) throw new ForgedReceipt()
  return uuid
}

/**
 * An event of a call, whose token is signed by HMAC-SHA256 and names the hash of what came with it. `lasts`: how long ago
 * it may have been signed. Throws `ForgedReceipt`.
 */
async function eventOf({ id, signatureSecret = '' }: Application, { headers, body }: ReceiptCall, lasts?: number) {
  const [, token = ''] = /^Bearer (\S{1,4000})$/.exec(String(headers.authorization ?? '')) ?? []
  const verified = await jwtVerify(token, Buffer.from(signatureSecret), {
    ...{ algorithms: ['HS256'], clockTolerance: 60, requiredClaims: ['iat', 'payload_hash'] },
    ...(lasts !== undefined && { maxTokenAge: lasts / SECOND }),
  }).catch(() => {
    throw new ForgedReceipt()
  })
  const { payload_hash: hash, application_id: application } = verified.payload
  const event = readJson(body)
  // It hashes the text without blanks, which is what it sends; one that is written otherwise counts as it came.
  const asItCame = hashOf(body) === String(hash).toLowerCase()
  if (!asItCame) demandSame(String(hash).toLowerCase(), hashOf(JSON.stringify(event)))
  demandSame(String(application ?? id), id)
  return event
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** What became of a call; undefined while it goes on. Its own name for the call binds it to the message. */
function receiptOf(event: Record<string, unknown>): Receipt | undefined {
  const status = String(event.status ?? '')
  const messageId = demandUuid(event)
  if (status === 'completed') return { result: 'delivered', messageId }
  if (!/^(busy|cancelled|unanswered|timeout|rejected|failed)$/.test(status)) return undefined
  return { result: 'undelivered', reason: status, isFinal: false, messageId }
}
