import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import { hasEnded, type Removal, type Row, sql, type Trx } from '../store/index.ts'

type Served = Row<'served_companies'>

/** What changes of what the company that is entered is to a firm. */
export type ServedChanges = Partial<
  Pick<Served, 'sold_since' | 'sold_until' | 'provided_since' | 'provided_until' | 'reseller_tenant_id' | 'made_at'>
>

/** Notes that the company that is entered is served by a firm, which reads its name from then on. */
export async function noteServed(
  trx: Trx,
  { now }: Pick<Act, 'now'>,
  firmId: string,
  changes: ServedChanges = {},
): Promise<void> {
  const { tenantId } = trx
  await sql`
    insert into served_companies (tenant_id, other_tenant_id, display_name, display_name_folded, domain, touched_at)
    select ${tenantId}, ${firmId}, tenants.display_name, lower(normalize(tenants.display_name, NFKC)), domains.name, ${now}
    from tenants join domains on domains.tenant_id = tenants.tenant_id and domains.is_default
    where tenants.tenant_id = ${tenantId}
    on conflict (tenant_id, other_tenant_id) do update set touched_at = excluded.touched_at`.execute(trx)
  if (Object.keys(changes).length === 0) return
  await trx
    .updateTable('served_companies')
    .set(changes)
    .where('tenant_id', '=', tenantId)
    .where('other_tenant_id', '=', firmId)
    .execute()
}

/** What a company is to a firm. */
interface Standing {
  sold: boolean
  provided: boolean
}

/** What the company that is entered is to a firm; its row locked. */
export const lockServed = (trx: Trx, firmId: string) => findStanding(trx, firmId, true)

/** The same, as it is read. */
export const readServed = (trx: Trx, firmId: string) => findStanding(trx, firmId, false)

async function findStanding(trx: Trx, firmId: string, lock: boolean): Promise<Standing> {
  const row = await trx
    .selectFrom('served_companies as served')
    .select([isSold('served').as('sold'), isProvided('served').as('provided')])
    .where('tenant_id', '=', trx.tenantId)
    .where('other_tenant_id', '=', firmId)
    .$if(lock, query => query.forNoKeyUpdate())
    .executeTakeFirst()
  return row ?? { sold: false, provided: false }
}

/** For SQL: whether a firm sells to a company, or is its provider. */
export const isSold = (row: string) =>
  sql<boolean>`(${sql.ref(`${row}.sold_since`)} is not null and ${sql.ref(`${row}.sold_until`)} is null)`
export const isProvided = (row: string) =>
  sql<boolean>`(${sql.ref(`${row}.provided_since`)} is not null and ${sql.ref(`${row}.provided_until`)} is null)`

const KEPT = 2 * 365 * DAY

const longUntouched = (now: Date) => hasEnded(sql`touched_at`, plus(now, -KEPT), 2 * KEPT)

/** What nobody has touched for two years, where nothing stands and nothing is told any more. */
export const formerCompanies: Removal = {
  table: 'served_companies',
  couldBeDue: longUntouched,
  due: (now, tenantId) => sql`${longUntouched(now)}
    and (sold_since is null or sold_until is not null) and (provided_since is null or provided_until is not null)
    and not exists (select from gdap_grants given
      where given.tenant_id = ${tenantId}::uuid and given.other_tenant_id = served_companies.other_tenant_id)
    and not exists (select from daps
      where daps.tenant_id = ${tenantId}::uuid and daps.other_tenant_id = served_companies.other_tenant_id)`,
}
