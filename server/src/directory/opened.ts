import { DAY, plus } from '../clock.ts'
import { type Removal, sql, type Trx } from '../store/index.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'send-logout': Logout
    }
  }
}

/** One application that is told of an end: of one session, or without a `sid` of all that this user has. */
export interface Logout {
  tenantId: string
  appId: string
  userId: string
  /** The application knows this provider by it. */
  issuer: string
  sid?: string
  /** How often it was tried in vain. */
  failed?: number
}

/**
 * Tells each application that a session opened, or any session of a user, of the end. Belongs in the transaction that
 * ends it. An application that is told of the end of everything is told once.
 */
export async function queueLogouts(trx: Trx, ended: { sid: string } | { userIds: readonly string[] }): Promise<void> {
  const { tenantId } = trx
  const opened =
    'sid' in ended
      ? sql`select sid, app_id, user_id, issuer from opened_applications where tenant_id = ${tenantId} and sid = ${ended.sid}`
      : sql`delete from opened_applications where tenant_id = ${tenantId} and user_id = any(${ended.userIds}::uuid[]) returning null::uuid as sid, app_id, user_id, issuer`
  await sql`
    with opened as (${opened})
    select latchkey.enqueue('send-logout', json_strip_nulls(json_build_object('tenantId', ${tenantId}::uuid, 'appId', app_id,
      'userId', user_id, 'issuer', issuer, 'sid', sid)), null, null)
    from (select distinct sid, app_id, user_id, issuer from opened) as told
    where (select settings->>'backChannelLogoutUri' is not null from applications where tenant_id = ${tenantId} and applications.app_id = told.app_id)`.execute(
    trx,
  )
}

/** What was opened so long ago that a sign-out concerns nobody there. Refresh tokens that live longer end with the epoch. */
export const oldOpenings: Removal = {
  table: 'opened_applications',
  due: now => sql`opened_at <= ${plus(now, -90 * DAY)}`,
}
