import { sql } from 'kysely'
import type { Means } from '../crypto/index.ts'
import { findTenantId } from '../directory/index.ts'
import { type Db, inTenant } from '../store/index.ts'

/** How many people a large company has. */
const PEOPLE = 100_000

/** People whom one statement makes. */
const BATCH = 10_000

const DEPARTMENTS = ['Sales', 'Support', 'Engineering', 'Finance', 'Legal', 'Logistics']

/**
 * Fills Acme with people who have a name and no password, so that lists, reports and previews can be tried at the size
 * of a large company. Who is there already stays.
 */
export async function seedLarge(db: Db, { now }: Pick<Means, 'now'>, people = PEOPLE): Promise<void> {
  const tenantId = await findTenantId(db, 'acme.example')
  for (let from = 1; from <= people; from += BATCH)
    await inTenant(db, tenantId, trx =>
      // The names are plain letters and digits, so that folding them is writing them small.
      sql`
        insert into accounts (tenant_id, id, user_principal_name, user_principal_name_folded, display_name,
          display_name_folded, department, department_folded, created_at)
        select ${tenantId}, gen_random_uuid(), name, name, shown, lower(shown), department, lower(department), ${now}
        from generate_series(${from}::int, ${Math.min(from + BATCH - 1, people)}::int) as number
        cross join lateral (select 'employee-' || lpad(number::text, 6, '0') || '@acme.example' as name,
          'Employee ' || lpad(number::text, 6, '0') as shown,
          (${DEPARTMENTS}::text[])[1 + number % ${DEPARTMENTS.length}::int] as department) as made
        on conflict do nothing`.execute(trx),
    )
}
