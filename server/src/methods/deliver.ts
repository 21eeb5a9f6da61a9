import { sql } from 'kysely'
import { record } from '../audit/index.ts'
import type { Means } from '../crypto/index.ts'
import { getTenant } from '../directory/index.ts'
import { codeMessage, messageFailed, SendError, type Senders } from '../notifications/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { chooseLanguage, type Words } from '../words/index.ts'
import { challengeSeconds } from './challenges.ts'

/**
 * Sends the code of a challenge to where its method says at this moment, and notes how it went, for the page that waits.
 * Voided, answered or expired meanwhile, or of an account that was switched off or whose password was set since: nothing is sent. Throws where it should be tried again; gives up, with an event,
 * where the other side says never or the code has expired.
 */
export async function deliverCode(
  db: Db,
  means: Means,
  words: Words,
  senders: Senders,
  { tenantId, challengeId }: GraphileWorker.Tasks['deliver-code'],
) {
  const waiting = await inTenant(db, tenantId, async trx => {
    const row = await trx
      .selectFrom('challenges')
      .leftJoin('methods', join =>
        join.onRef('methods.tenant_id', '=', 'challenges.tenant_id').onRef('methods.id', '=', 'challenges.method_id'),
      )
      .innerJoin('users', join =>
        join.onRef('users.tenant_id', '=', 'challenges.tenant_id').onRef('users.id', '=', 'challenges.user_id'),
      )
      .leftJoin('sessions', join =>
        join
          .onRef('sessions.tenant_id', '=', 'challenges.tenant_id')
          .onRef('sessions.id', '=', 'challenges.session_id'),
      )
      .select([
        'users.id as user_id',
        'users.user_principal_name',
        sql<boolean>`users.account_enabled and users.security_epoch = challenges.security_epoch`.as('holds'),
        'sessions.correlation_id',
        'challenges.expires_at',
        'challenges.journey_id',
        'challenges.session_id',
        'challenges.channel',
        'challenges.code_sealed',
        'challenges.destination_sealed',
        'challenges.language',
        'methods.id as method_id',
        'methods.value_sealed',
      ])
      .where('challenges.tenant_id', '=', tenantId)
      .where('challenges.id', '=', challengeId)
      .where('challenges.voided_at', 'is', null)
      .where('challenges.consumed_at', 'is', null)
      .executeTakeFirst()
    return row?.code_sealed
      ? { ...row, code_sealed: row.code_sealed, tenant: await getTenant(trx, tenantId) }
      : undefined
  })
  if (!waiting) return
  if (!waiting.holds) {
    // The code can no longer be used: not even its sealed text stays.
    await inTenant(db, tenantId, trx =>
      trx
        .updateTable('challenges')
        .set({ code_sealed: null })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', challengeId)
        .execute(),
    )
    return
  }

  const note = (trx: Trx, delivery: 'sent' | 'failed', forGood: boolean) =>
    trx
      .updateTable('challenges')
      .set({ delivery, ...(forGood && { code_sealed: null }) })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', challengeId)
      .execute()

  const channel = waiting.channel ?? 'email'
  const holderId = waiting.journey_id ?? waiting.session_id ?? ''
  const giveUp = (reason: string) =>
    inTenant(db, tenantId, async trx => {
      await note(trx, 'failed', true)
      const target = { id: waiting.user_id, name: waiting.user_principal_name }
      const event = { ...messageFailed(channel, reason), target }
      await record(trx, means, tenantId, { correlationId: waiting.correlation_id ?? holderId }, event)
    })
  if (waiting.expires_at <= means.now) return giveUp('expired')

  const { keys } = means
  const to = waiting.destination_sealed
    ? keys.open({ purpose: 'challenge', tenantId, rowId: challengeId }, waiting.destination_sealed)
    : waiting.value_sealed &&
      waiting.method_id &&
      keys.open({ purpose: 'method', tenantId, rowId: waiting.method_id }, waiting.value_sealed)
  const code = keys.open({ purpose: 'code', tenantId, rowId: challengeId }, waiting.code_sealed)
  const text = codeMessage(words.in(chooseLanguage([waiting.language])), channel, {
    organization: waiting.tenant.displayName,
    code,
    seconds: challengeSeconds,
  })

  try {
    const sender = senders[channel]
    if (!sender || !to) throw new SendError(`no ${channel} gateway is set`, true)
    await sender.send({ channel, kind: 'code', journeyId: holderId, to, ...text })
  } catch (error) {
    if (error instanceof SendError && error.final) return giveUp(error.message)
    await inTenant(db, tenantId, trx => note(trx, 'failed', false))
    throw error
  }
  await inTenant(db, tenantId, trx => note(trx, 'sent', true))
}
