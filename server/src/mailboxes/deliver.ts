import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { CHALLENGE_LASTS, challengeSeconds, deliveryOf, type Run, reasonOf, trySending } from '../challenges/index.ts'
import type { Means } from '../crypto/index.ts'
import { getTenant } from '../directory/index.ts'
import {
  codeMessage,
  type MailDomains,
  type Messaging,
  messageDelayed,
  messageFailed,
  messageReference,
  messageSent,
  SendError,
  wayOf,
} from '../notifications/index.ts'
import { askTenant, type Db, inTenant, isOver, type Row } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { chooseLanguage } from '../words/index.ts'
import { isStopped } from './stops.ts'

/** How mails to typed addresses leave. */
export interface MailboxMessaging extends Messaging {
  mailDomains: MailDomains
}

/**
 * Mails the code of a challenge, and notes the delivery for the page that waits. To a stopped mailbox nothing is sent,
 * and nothing says so: who typed it must not learn what its reader chose. Throws where it should be tried again.
 */
export async function deliverMailboxCode(
  db: Db,
  means: Means,
  { words, senders, origin, mailDomains }: MailboxMessaging,
  {
    tenantId,
    challengeId,
    job = { attempts: 1, last_error: null },
  }: GraphileWorker.Tasks['deliver-mailbox-code'] & { job?: Run },
): Promise<void> {
  const { keys } = means
  const waiting = await inTenant(db, tenantId, async trx => {
    const row = await trx
      .selectFrom('mailbox_challenges')
      .select(['journey_id', 'address_sealed', 'code_sealed', 'stop_sealed', 'language', 'expires_at'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', challengeId)
      .where('voided_at', 'is', null)
      .where('consumed_at', 'is', null)
      .executeTakeFirst()
    if (!row?.code_sealed || !row.stop_sealed) return undefined
    const open = (purpose: 'mailbox' | 'mailbox-code' | 'mailbox-link', sealed: Buffer) =>
      keys.open({ purpose, tenantId, rowId: challengeId }, sealed)
    const address = open('mailbox', row.address_sealed)
    return {
      ...row,
      address,
      code: open('mailbox-code', row.code_sealed),
      stop: open('mailbox-link', row.stop_sealed),
      stopped: await isStopped(trx, means, address),
      organization: (await getTenant(trx, tenantId)).displayName,
    }
  })
  if (!waiting) return
  const note = (
    delivery: 'sent' | 'failed',
    undelivered: Row<'mailbox_challenges'>['undelivered'] = null,
  ) => sql<never>`
    update mailbox_challenges set delivery = ${deliveryOf(delivery)}, undelivered = ${undelivered}, code_sealed = null, stop_sealed = null
    where tenant_id = ${tenantId} and id = ${challengeId}`
  const { address } = waiting
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: waiting.journey_id } }
  const way = wayOf(senders, 'email', address)
  const giveUp = (reason: string, undelivered?: Row<'mailbox_challenges'>['undelivered']) =>
    inTenant(db, tenantId, async trx => {
      const { rows } = await sql`${note('failed', undelivered)} and code_sealed is not null returning id`.execute(trx)
      // Told already, when it expired or was answered meanwhile.
      if (rows.length === 0) return
      await record(trx, act, messageFailed('code', way, reason))
    })
  if (waiting.stopped) return void (await askTenant(db, tenantId, note('sent')))
  if (isOver(waiting.expires_at, means.now, CHALLENGE_LASTS)) return giveUp(reasonOf(job.last_error) ?? 'expired')
  if ((await mailDomains(mailboxOf(address).domain)) === 'none')
    return giveUp('domain without mail', 'domain_without_mail')
  const text = codeMessage(words.in(chooseLanguage([waiting.language])), 'email', {
    organization: waiting.organization,
    code: waiting.code,
    seconds: challengeSeconds,
    askedBy: 'mailbox',
    origin,
    stop: `${origin}/links/${waiting.stop}`,
  })
  const message = {
    channel: 'email',
    kind: 'code',
    reference: messageReference(means.keys, { of: 'mailbox', id: challengeId }),
    tenantId,
    journeyId: waiting.journey_id,
    to: address,
    ...text,
  } as const
  const sent = await trySending(means.now, senders, message, { expiresAt: waiting.expires_at, job })
  if ('gaveUp' in sent) return giveUp(sent.gaveUp)
  if ('failed' in sent) {
    const { failed } = sent
    await inTenant(db, tenantId, async trx => {
      await sql`update mailbox_challenges set delivery = ${deliveryOf('failed')} where tenant_id = ${tenantId} and id = ${challengeId}`.execute(
        trx,
      )
      if (failed instanceof SendError && job.attempts === 1)
        await record(trx, act, messageDelayed('code', way, failed.message))
    })
    throw failed
  }
  await inTenant(db, tenantId, async trx => {
    await note('sent').execute(trx)
    await record(trx, act, messageSent(way, sent.cost))
  })
}
