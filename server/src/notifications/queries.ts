import type { Trx } from '../store/index.ts'

/** A notice that waits in the outbox, or undefined where it was sent or given up. */
export const findWaitingNotice = (trx: Trx, tenantId: string, id: string) =>
  trx
    .selectFrom('notices')
    .select(['template', 'to_sealed', 'variables', 'language', 'correlation_id', 'created_at'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .where('failed_at', 'is', null)
    .executeTakeFirst()

/** Notes how it went, for good. */
export async function closeNotice(trx: Trx, tenantId: string, id: string, outcome: { sent: Date } | { failed: Date }) {
  await trx
    .updateTable('notices')
    .set('sent' in outcome ? { sent_at: outcome.sent } : { failed_at: outcome.failed })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
}
