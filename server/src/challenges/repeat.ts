import { sql } from 'kysely'
import type { Means } from '../crypto/index.ts'
import { codeMessage, type Text } from '../notifications/index.ts'
import { askSystem, askTenant, type Db } from '../store/index.ts'
import { chooseLanguage, type Words } from '../words/index.ts'
import { challengeSeconds, lasts } from './held.ts'

/** How often one call says its code again. */
const REPEATS_AT_MOST = 3

/**
 * The words of a call, once more; the last time without the offer to say them again. Undefined where they were said often
 * enough, or the code can no longer be used. `gatewayMessage`: the call that asks, where its gateway proves no other name.
 */
export async function repeatCode(
  db: Db,
  means: Means,
  { words, origin }: { words: Words; origin: string },
  { id, gatewayMessage }: { id: string; gatewayMessage?: string },
): Promise<Text | undefined> {
  const tenantId = await findTenantOf(db, id)
  if (!tenantId) return undefined
  // Counted and claimed in one statement: a press that is told twice at once counts twice.
  const [said] = await askTenant(
    db,
    tenantId,
    sql<{ spoken_sealed: Buffer; language: string; organization: string; repeats: number }>`
      update challenges c set repeats = repeats + 1 from tenants t
      where c.tenant_id = ${tenantId} and c.id = ${id} and t.tenant_id = ${tenantId}
        and exists (select from users u where u.tenant_id = ${tenantId} and u.id = c.user_id
          and u.account_enabled and u.security_epoch = c.security_epoch)
        and c.spoken_sealed is not null and c.repeats < ${REPEATS_AT_MOST} and c.voided_at is null and c.consumed_at is null
        and ${lasts(means.now)}
        ${gatewayMessage === undefined ? sql`` : sql`and c.gateway_message = ${gatewayMessage}`}
      returning c.spoken_sealed, c.language, t.display_name as organization, c.repeats`,
  )
  if (!said) return undefined
  const code = means.keys.open({ purpose: 'code', tenantId, rowId: id }, said.spoken_sealed)
  const { organization } = said
  const { again, ...text } = codeMessage(words.in(chooseLanguage([said.language])), 'voice', {
    ...{ organization, code, seconds: challengeSeconds, askedBy: 'reset', origin },
  })
  return { ...text, ...(again !== undefined && said.repeats < REPEATS_AT_MOST && { again }) }
}

const findTenantOf = async (db: Db, id: string) =>
  (await askSystem<{ tenant_id: string }>(db, 'select tenant_id from challenges where id = $1', [id]))[0]?.tenant_id
