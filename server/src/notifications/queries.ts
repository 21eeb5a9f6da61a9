import { type Row, sql, type Trx } from '../store/index.ts'
import type { Mail } from './templates/catalogue.ts'
import type { Wording } from './templates/kinds.ts'

type WaitingNotice = Pick<
  Row<'notices'>,
  'to_sealed' | 'secret_sealed' | 'language' | 'correlation_id' | 'created_at'
> &
  Mail & {
    /** The company has turned such notices off. */
    isOff: boolean
    /** The company's own words for such notices, by language. */
    wordings: Partial<Record<string, Wording>> | null
  }

/** A notice that waits in the outbox; no row where it was sent or given up. */
export const waitingNotice = (tenantId: string, id: string) => sql<WaitingNotice>`
  select template, to_sealed, secret_sealed, variables, language, correlation_id, created_at,
    template = any((select notices_off from tenants where tenant_id = ${tenantId})::text[]) as "isOff",
    (select json_object_agg(w.language, json_build_object('subject', subject, 'opening', opening, 'closing', closing))
      from notice_wordings w where w.tenant_id = ${tenantId} and w.kind = template) as wordings
  from notices where tenant_id = ${tenantId} and id = ${id} and sent_at is null and failed_at is null`

/** Drops a notice that its company has turned off. */
export const droppingNotice = (tenantId: string, id: string) =>
  sql<never>`delete from notices where tenant_id = ${tenantId} and id = ${id} and sent_at is null and failed_at is null`

/** Closes a notice for good: sent or failed. Its secret goes with it. */
export const closingNotice = (tenantId: string, id: string, outcome: { sent: Date } | { failed: Date }) => sql<never>`
  update notices set secret_sealed = null, ${'sent' in outcome ? sql`sent_at = ${outcome.sent}` : sql`failed_at = ${outcome.failed}`}
  where tenant_id = ${tenantId} and id = ${id}`

/** Whether a mail of this template was queued for a journey or a session before, sent or not. */
export async function hasNotice(trx: Trx, correlationId: string, template: string): Promise<boolean> {
  const found = await trx
    .selectFrom('notices')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('correlation_id', '=', correlationId)
    .where('template', '=', template)
    .executeTakeFirst()
  return found !== undefined
}
