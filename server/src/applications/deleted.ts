import type { RecordedAct } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { type Removal, sql, type Trx } from '../store/index.ts'
import { notFound, recordOf } from './applications.ts'

/** What an application was given in sign-ins. It ends with a deletion, and does not come back with the application. */
const GIVEN = ['provider_records', 'sign_ins', 'device_codes', 'opened_applications'] as const

/**
 * Deletes an application for thirty days. Its secrets, assignments and consents sleep meanwhile; what it was given in
 * sign-ins ends. Throws `application_not_found`.
 */
export async function deleteApplication(trx: Trx, act: RecordedAct, appId: string): Promise<void> {
  const gone = await setDeleted(trx, appId, { from: null, to: act.now })
  for (const table of GIVEN)
    await trx.deleteFrom(table).where('tenant_id', '=', trx.tenantId).where('app_id', '=', appId).execute()
  await recordOf(trx, act, gone, { activity: 'application.deleted' })
}

/** Takes a deletion back. Throws `application_not_found`. */
export async function restoreDeletedApplication(trx: Trx, act: RecordedAct, appId: string): Promise<void> {
  const back = await setDeleted(trx, appId, { from: act.now, to: null })
  await recordOf(trx, act, back, { activity: 'application.restored' })
}

async function setDeleted(trx: Trx, appId: string, { from, to }: { from: Date | null; to: Date | null }) {
  const changed = await trx
    .updateTable('registered_applications')
    .set(row => ({ deleted_at: to, version: row('version', '+', 1) }))
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .where('deleted_at', from ? 'is not' : 'is', null)
    .returning(['id', 'display_name as displayName'])
    .executeTakeFirst()
  if (!changed) throw notFound(appId)
  return changed
}

/** Erases a deleted application with its secrets, assignments and consents, for ever. Throws `application_not_found`. */
export async function eraseApplication(trx: Trx, act: RecordedAct, appId: string): Promise<void> {
  const gone = await trx
    .deleteFrom('registered_applications')
    .where('tenant_id', '=', trx.tenantId)
    .where('app_id', '=', appId)
    .where('deleted_at', 'is not', null)
    .returning(['id', 'display_name as displayName'])
    .executeTakeFirst()
  if (!gone) throw notFound(appId)
  await recordOf(trx, act, gone, { activity: 'application.erased' })
}

/** How long a deleted application can be restored. */
const RESTORABLE = 30 * DAY

export const deletedApplications: Removal = {
  table: 'registered_applications',
  due: now => sql`deleted_at <= ${plus(now, -RESTORABLE)}`,
}
