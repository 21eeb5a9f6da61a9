import { sql, type Trx } from '../store/index.ts'

/**
 * Notes that messages to a number or address come back, or that one has arrived (`undefined`). `id`: of a method, or of
 * contact info that serves as one. The first of several failures stays the beginning.
 */
export async function noteFailing(
  trx: Trx,
  id: string,
  failing: { at: Date; reason: string } | undefined,
): Promise<void> {
  const set = failing
    ? sql`failing_since = coalesce(failing_since, ${failing.at}), failing_reason = ${failing.reason}`
    : sql`failing_since = null, failing_reason = null`
  const where = sql`where tenant_id = ${trx.tenantId} and id = ${id}`
  await Promise.all([
    sql`update methods set ${set} ${where}`.execute(trx),
    sql`update contact_info set ${set} ${where}`.execute(trx),
  ])
}
