import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findOtherAdministrators, getTenant } from '../directory/index.ts'
import { findAdministratorAddresses } from '../methods/index.ts'
import { queueNotices } from '../notifications/index.ts'
import { type Db, inSystem, inTenant, type Trx } from '../store/index.ts'

/** When a single administrator is asked for a second: days after the tenant was made, then each quarter (work accounts on the wire, §2). */
const AFTER = [1, 7, 30]
const QUARTER = 91

/** Asks the single administrators of tenants that are due. `origin` begins the link. */
export async function askForSecondAdministrators(db: Db, means: Means, origin: string): Promise<void> {
  const due = await inSystem(db, trx =>
    trx
      .selectFrom('signup_tenants')
      .select('tenant_id as tenantId')
      .where('ask_at', '<=', means.now)
      .orderBy('ask_at')
      .limit(1_000)
      .execute(),
  )
  for (const { tenantId } of due) await inTenant(db, tenantId, trx => askOnce(trx, means, origin))
}

/** Notes when it is due again, in the transaction that mails: a job that runs twice asks once. */
async function askOnce(trx: Trx, means: Means, origin: string): Promise<void> {
  const { tenantId } = trx
  const row = await trx
    .selectFrom('signup_tenants')
    .select(['asked', 'made_at', 'emergency_id'])
    .where('tenant_id', '=', tenantId)
    .where('ask_at', '<=', means.now)
    .forUpdate()
    .executeTakeFirst()
  if (!row) return
  const next = AFTER[row.asked + 1]
  await trx
    .updateTable('signup_tenants')
    .set({
      asked: row.asked + 1,
      ask_at: next === undefined ? plus(means.now, QUARTER * DAY) : plus(row.made_at, next * DAY),
    })
    .where('tenant_id', '=', tenantId)
    .execute()
  const exceptId = row.emergency_id ?? undefined
  // The emergency account never counts as the second one.
  if ((await findOtherAdministrators(trx, tenantId, exceptId)).length !== 1) return
  const tenant = await getTenant(trx, tenantId)
  const variables = { organization: tenant.displayName, link: `${origin}/administrators/invitations` }
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: means.random.uuid(means.now) } }
  await queueNotices(
    trx,
    act,
    (await findAdministratorAddresses(trx, means, exceptId)).map(({ to, preferredLanguage }) => ({
      to,
      language: preferredLanguage ?? tenant.preferredLanguage,
      template: 'second_administrator' as const,
      variables,
    })),
  )
}
