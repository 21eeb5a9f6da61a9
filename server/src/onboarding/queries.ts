import { sql } from 'kysely'
import { plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import { type Db, inSystem, inTenant, isOver, type Row, type Trx, withBrowsers } from '../store/index.ts'
import { type Decision, LASTS } from './onboarding.ts'

/** Writes a new one, in a transaction of the empty tenant. */
export async function insertOnboarding(trx: Trx, { now, keys }: Means, id: string, browserToken: string) {
  await trx
    .insertInto('onboardings')
    .values({
      ...{ tenant_id: NOBODYS_TENANT, id, created_at: now, expires_at: plus(now, LASTS) },
      browser_hashes: [keys.mac('browser', browserToken)],
    })
    .execute()
}

/** The row of an onboarding, locked where it is about to change: of two changes at once the second sees the first. */
export const findRow = (trx: Trx, id: string, lock = false): Promise<Row<'onboardings'> | undefined> =>
  trx
    .selectFrom('onboardings')
    .selectAll()
    .where('tenant_id', '=', NOBODYS_TENANT)
    .where('id', '=', id)
    .$if(lock, query => query.forUpdate())
    .executeTakeFirst()

export async function changeOnboarding(
  trx: Trx,
  id: string,
  changes: Partial<Pick<Row<'onboardings'>, 'browser_hashes' | 'has_domain' | 'domain' | 'used_here' | 'lookups'>>,
): Promise<void> {
  await trx
    .updateTable('onboardings')
    .set(changes)
    .where('tenant_id', '=', NOBODYS_TENANT)
    .where('id', '=', id)
    .execute()
}

/** Whether this browser holds it. */
const isHeldBy = ({ keys }: Means, row: Row<'onboardings'>, browserToken: string | undefined): boolean =>
  browserToken !== undefined && row.browser_hashes.some(hash => keys.matches(hash, 'browser', browserToken))

/** Gives it to this browser too. The one that has held it longest may lose it. */
export async function giveToBrowser(trx: Trx, { keys }: Means, row: Row<'onboardings'>, browserToken: string) {
  const hash = keys.mac('browser', browserToken)
  await changeOnboarding(trx, row.id, { browser_hashes: withBrowsers(row.browser_hashes, [hash]) })
}

/** The onboarding of this id, where this browser holds it. */
export async function findHeld(
  db: Db,
  means: Means,
  id: string,
  browserToken: string | undefined,
): Promise<Row<'onboardings'> | undefined> {
  if (!isUuid(id) || browserToken === undefined) return undefined
  const row = await inTenant(db, NOBODYS_TENANT, trx => findRow(trx, id))
  return row && isHeldBy(means, row, browserToken) ? row : undefined
}

/** The newest onboarding of this browser that lasts; undefined where it has none. */
export async function findLatest(
  db: Db,
  { now, keys }: Means,
  browserToken: string | undefined,
): Promise<string | undefined> {
  if (browserToken === undefined) return undefined
  const hashes = keys.macs('browser', browserToken)
  const row = await inTenant(db, NOBODYS_TENANT, trx =>
    trx
      .selectFrom('onboardings')
      .select(['id', 'expires_at'])
      .where('tenant_id', '=', NOBODYS_TENANT)
      .where(sql<boolean>`browser_hashes && ${hashes}::bytea[]`)
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst(),
  )
  return row && !isOver(row.expires_at, now, LASTS) ? row.id : undefined
}

/** Whether this browser holds an onboarding of this id that lasts. */
export async function isHeldHere(db: Db, means: Means, id: string, browserToken: string | undefined): Promise<boolean> {
  const row = await findHeld(db, means, id, browserToken)
  return row !== undefined && !isOver(row.expires_at, means.now, LASTS)
}

/** The tenants of an onboarding: that of the last sign-up from it, and the one whose administrator has decided. */
export interface OnboardingTenants {
  made: string | undefined
  chosen: { tenantId: string; use: NonNullable<Decision['use']>; willUse: number } | undefined
}

export async function findTenants(db: Db, id: string): Promise<OnboardingTenants> {
  const { made, decided } = await inSystem(db, async trx => ({
    made: await trx
      .selectFrom('signup_tenants')
      .select('tenant_id')
      .where('onboarding_id', '=', id)
      .orderBy('made_at', 'desc')
      .limit(1)
      .executeTakeFirst(),
    decided: await trx
      .selectFrom('onboarding_tenants')
      .select('tenant_id')
      .where('onboarding_id', '=', id)
      .executeTakeFirst(),
  }))
  return { made: made?.tenant_id, chosen: decided && (await findChosen(db, decided.tenant_id, id)) }
}

const findChosen = (db: Db, tenantId: string, id: string): Promise<OnboardingTenants['chosen']> =>
  inTenant(db, tenantId, trx =>
    trx
      .selectFrom('onboarding_tenants')
      .select(['tenant_id as tenantId', 'use', 'will_use as willUse'])
      .where('tenant_id', '=', tenantId)
      .where('onboarding_id', '=', id)
      .executeTakeFirst(),
  )
