import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { type MovedRow, type MovedTable, placeMoved, readMoved, type Trx } from '../store/index.ts'
import { askToTell, getInitial, newDomainProof, provenThrough, recordDomain } from './domains.ts'
import { HYGIENE } from './schedule.ts'

/** The proven domains of a tenant. */
const proven: MovedTable = { table: 'domains', belongs: () => sql<boolean>`verified_at is not null` }

/** The domain and those that are proven through it. */
export const domainsWith = async (trx: Trx, name: string): Promise<string[]> => [
  name,
  ...(await provenThrough(trx, name)).map(one => one.name),
]

/** Every proven domain of this tenant, as `restoreDomains` takes them back. */
export const readDomains = (trx: Trx): Promise<MovedRow[]> => readMoved(trx, proven, [])

/** Takes proven domains out of this tenant. Where its initial or primary one goes, another of those that stay is it. */
export async function passDomains(trx: Trx, names: readonly string[]): Promise<void> {
  const { tenantId } = trx
  await trx.deleteFrom('domains').where('tenant_id', '=', tenantId).where('name', 'in', names).execute()
  for (const column of ['is_initial', 'is_default'] as const)
    await sql`
      update domains set ${sql.ref(column)} = true
      where tenant_id = ${tenantId} and name = (
        select name from domains where tenant_id = ${tenantId} and verified_at is not null
          and not exists (select from domains where tenant_id = ${tenantId} and ${sql.ref(column)})
        order by is_initial desc, name limit 1)`.execute(trx)
}

/**
 * Makes domains this tenant's that another has had. `claimed`: the one whose record was proven; the others stand on it.
 * `takenBy`: the takeover; until it has settled nobody gets a name in them.
 */
export async function takeDomains(
  trx: Trx,
  act: Act,
  { names, claimed, proof, takenBy }: { names: readonly string[]; claimed: string; proof: string; takenBy: string },
): Promise<void> {
  const { now } = act
  for (const name of names) {
    const root = name === claimed
    const set = {
      ...{ verified_at: now, is_root: root, taken_by: takenBy, last_check: null },
      ...{ next_check_at: root ? plus(now, HYGIENE) : null, contesting_until: null },
      ...(root && { proof }),
    }
    await trx
      .insertInto('domains')
      .values({ tenant_id: trx.tenantId, name, added_at: now, proof: newDomainProof(act), ...set })
      .onConflict(conflict => conflict.columns(['tenant_id', 'name']).doUpdateSet(set))
      .execute()
    await recordDomain(trx, act, 'domain.verified', { name })
  }
}

/** The takeover has settled: its domains are this tenant's as any. */
export const settleDomains = (trx: Trx, takenBy: string) =>
  trx
    .updateTable('domains')
    .set({ taken_by: null })
    .where('tenant_id', '=', trx.tenantId)
    .where('taken_by', '=', takenBy)
    .execute()

/** Lets the domains of a takeover go again: they stay here unproven. Who contested one is told. */
export async function loseDomains(trx: Trx, act: Act, takenBy: string): Promise<void> {
  const { tenantId } = trx
  const { rows } = await sql<{ name: string; is_default: boolean; contester: string | null }>`
    select name, is_default, contested_by as contester from domains
    where tenant_id = ${tenantId} and taken_by = ${takenBy} for update`.execute(trx)
  for (const { name, is_default, contester } of rows) {
    await trx
      .updateTable('domains')
      .set({
        ...{
          verified_at: null,
          taken_by: null,
          is_default: false,
          is_root: false,
          added_at: act.now,
          last_check: null,
        },
        ...{ next_check_at: null, contested_until: null, contested_by: null, former_proof: null },
        ...{ gone: null, gone_since: null, warned_at: null },
      })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .execute()
    await recordDomain(trx, act, 'domain.removed', { name })
    if (contester) await askToTell(trx, act, { contester, domain: name })
    if (is_default)
      await trx
        .updateTable('domains')
        .set({ is_default: true })
        .where('tenant_id', '=', tenantId)
        .where('name', '=', (await getInitial(trx)).name)
        .execute()
  }
}

/** Gives this tenant its domains as `readDomains` found them. */
export async function restoreDomains(trx: Trx, means: Act, rows: readonly MovedRow[]): Promise<void> {
  const { tenantId } = trx
  const names = rows.map(({ name }) => String(name))
  await trx.deleteFrom('domains').where('tenant_id', '=', tenantId).where('name', 'in', names).execute()
  await placeMoved(trx, means, proven, { from: tenantId, rows })
}
