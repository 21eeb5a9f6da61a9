import type { Means } from '../crypto/index.ts'
import { getTenant } from '../directory/index.ts'
import { codeMessage, SendError, type Senders } from '../notifications/index.ts'
import { type Db, inTenant } from '../store/index.ts'
import { chooseLanguage, type Words } from '../words/index.ts'
import { challengeSeconds } from './challenges.ts'

/**
 * Sends the code of a challenge to where its method says at this moment, and notes how it went, for the page that waits.
 * Voided, answered or expired meanwhile: nothing is sent. Throws where it should be tried again.
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
      .select([
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
      .where('challenges.expires_at', '>', means.now)
      .executeTakeFirst()
    return row?.code_sealed
      ? { ...row, code_sealed: row.code_sealed, tenant: await getTenant(trx, tenantId) }
      : undefined
  })
  if (!waiting) return

  const { keys } = means
  const to = waiting.destination_sealed
    ? keys.open({ purpose: 'challenge', tenantId, rowId: challengeId }, waiting.destination_sealed)
    : waiting.value_sealed &&
      waiting.method_id &&
      keys.open({ purpose: 'method', tenantId, rowId: waiting.method_id }, waiting.value_sealed)
  const code = keys.open({ purpose: 'code', tenantId, rowId: challengeId }, waiting.code_sealed)
  const channel = waiting.channel ?? 'email'
  const text = codeMessage(words.in(chooseLanguage([waiting.language])), channel, {
    organization: waiting.tenant.displayName,
    code,
    seconds: challengeSeconds,
  })

  const note = (delivery: 'sent' | 'failed', forGood: boolean) =>
    inTenant(db, tenantId, trx =>
      trx
        .updateTable('challenges')
        .set({ delivery, ...(forGood && { code_sealed: null }) })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', challengeId)
        .execute(),
    )
  try {
    const sender = senders[channel]
    if (!sender || !to) throw new SendError(`no ${channel} gateway is set`, true)
    await sender.send({ channel, kind: 'code', journeyId: waiting.journey_id ?? waiting.session_id ?? '', to, ...text })
  } catch (error) {
    const forGood = error instanceof SendError && error.final
    await note('failed', forGood)
    if (forGood) return
    throw error
  }
  await note('sent', true)
}
