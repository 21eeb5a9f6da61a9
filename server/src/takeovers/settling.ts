import { sql } from 'kysely'
import type { Trx } from '../store/index.ts'

/** Since and until when nobody acts on those who were there before. */
export async function protect(trx: Trx, times: { since: Date; until: Date } | undefined): Promise<void> {
  await trx
    .updateTable('tenants')
    .set({ settling_since: times?.since ?? null, settling_until: times?.until ?? latest(trx) })
    .where('tenant_id', '=', trx.tenantId)
    .execute()
}

/**
 * Until when nobody acts on people whom a company has taken in; null: from now on its administrators do. Meanwhile
 * nothing is done to everybody there at once either.
 */
export async function protectPeople(trx: Trx, people: readonly string[], until: Date | null): Promise<void> {
  const { tenantId } = trx
  await sql`
    update users set settling_until = ${until} where tenant_id = ${tenantId} and id = any(${people}::uuid[])`.execute(
    trx,
  )
  await trx
    .updateTable('tenants')
    .set({ settling_until: latest(trx) })
    .where('tenant_id', '=', tenantId)
    // Its own takeover protects everybody.
    .where('settling_since', 'is', null)
    .execute()
}

const latest = ({ tenantId }: Trx) =>
  sql<Date | null>`(select max(settling_until) from accounts where tenant_id = ${tenantId} and settling_until is not null)`
