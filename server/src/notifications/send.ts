import type { Act } from '../act.ts'
import { type AuditEvent, type Places, record } from '../audit/index.ts'
import { DAY } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { askTenant, type Db, inTenant } from '../store/index.ts'
import { countryOf } from '../typing/index.ts'
import { chooseLanguage, type Words } from '../words/index.ts'
import { closingNotice, droppingNotice, waitingNotice } from './queries.ts'
import { messageReference } from './reference.ts'
import { type Channel, type Cost, SendError, type Senders } from './senders.ts'
import { messageOf } from './templates/catalogue.ts'
import { noticeKind } from './templates/kinds.ts'

/** What events tell of a message: its way and the country of its number, never its recipient. */
export interface Way {
  channel: Channel
  /** Undefined where the channel has no sender. */
  gateway: string | undefined
  country: string | undefined
}

/** The way of a message to this address or number. `gateway`: where one of several is known. */
export const wayOf = (senders: Senders, channel: Channel, to: string | null, gateway?: string): Way => ({
  channel,
  gateway: gateway ?? senders[channel]?.gateway,
  country: channel === 'email' || !to ? undefined : countryOf(to),
})

const detailsOf = ({ channel, gateway, country }: Way) => ({
  channel,
  ...(gateway !== undefined && { gateway }),
  ...(country !== undefined && { country }),
})

/** The event of a code that its gateway has taken, with what it cost. */
export const messageSent = (way: Way, cost: Cost | undefined): AuditEvent => ({
  activity: 'message.sent',
  result: 'success',
  details: { ...detailsOf(way), ...cost },
})

/** The event of a message that was given up, and the reason. */
export const messageFailed = (kind: 'code' | 'notice', way: Way, reason: string): AuditEvent => ({
  activity: 'message.failed',
  result: 'failure',
  reason,
  details: { kind, ...detailsOf(way) },
})

/** The event of a message whose first try failed, and is tried again. */
export const messageDelayed = (kind: 'code' | 'notice', way: Way, reason: string): AuditEvent => ({
  ...messageFailed(kind, way, reason),
  activity: 'message.delayed',
})

/** What messages are made of and sent with. `origin` begins their links; `places` locates their addresses. */
export interface Messaging {
  words: Words
  senders: Senders
  origin: string
  places?: Places | undefined
}

/** How long a notice is tried: shorter than its job, so that no notice waits without a job. */
export const TRIED_FOR = 3 * DAY

/** The mails that lead to a journey by a link of their own. */
const LED = [
  'link',
  'case',
  'case_provider',
  'invitation',
  'onboarding',
  'signup_invitation',
  'account_check',
  'takeover',
  'takeover_claim',
  'rescue',
]

/**
 * Sends one notice from the outbox and closes it. A closed notice is left alone. Throws where it should be tried again.
 * Gives up, with an event, where the other side refuses for good or the notice is too old. `attempts`: this try's number.
 */
export async function sendNotice(
  db: Db,
  means: Means,
  { words, senders, origin, places }: Messaging,
  { tenantId, noticeId, attempts = 1 }: GraphileWorker.Tasks['send-notice'] & { attempts?: number },
) {
  const [notice] = await askTenant(db, tenantId, waitingNotice(tenantId, noticeId))
  if (!notice) return
  // A kind that is always sent stays so, whatever stands in the row.
  if (notice.isOff && noticeKind(notice.template)?.canBeOff) {
    await askTenant(db, tenantId, droppingNotice(tenantId, noticeId))
    return
  }
  const locale = words.in(chooseLanguage([notice.language]))
  const open = (purpose: 'notice' | 'notice-secret', sealed: Buffer) =>
    means.keys.open({ purpose, tenantId, rowId: noticeId }, sealed)
  const to = open('notice', notice.to_sealed)
  const secret = notice.secret_sealed ? open('notice-secret', notice.secret_sealed) : ''
  const text = messageOf(locale, { ...notice, secret, wording: notice.wordings?.[locale.language] }, origin, places)
  const { template } = notice
  const isLink = LED.includes(template)
  const kind = isLink ? 'link' : template === 'request' ? template : 'notice'
  try {
    if (!senders.email) throw new SendError('mail server', 'not set', true)
    const reference = messageReference(means.keys, { of: 'notice', id: noticeId })
    await senders.email.send({
      ...{ channel: 'email', kind, reference, tenantId, journeyId: notice.correlation_id, to },
      ...text,
    })
  } catch (error) {
    if (!(error instanceof SendError)) throw error
    const old = means.now.getTime() - notice.created_at.getTime() >= TRIED_FOR
    const isGivenUp = error.final || old
    if (!isGivenUp && attempts > 1) throw error
    const trail = { correlationId: notice.correlation_id }
    const act: Act = { ...means, actor: { kind: 'system' }, trail }
    const event = isGivenUp ? messageFailed : messageDelayed
    await inTenant(db, tenantId, async trx => {
      if (isGivenUp) await closingNotice(tenantId, noticeId, { failed: means.now }).execute(trx)
      await record(trx, act, event('notice', wayOf(senders, 'email', to), error.message))
    })
    if (!isGivenUp) throw error
    return
  }
  await askTenant(db, tenantId, closingNotice(tenantId, noticeId, { sent: means.now }))
}
