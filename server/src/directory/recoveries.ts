import type { Means } from '../crypto/index.ts'
import { changeAndEnqueue, sql, type Trx } from '../store/index.ts'
import type { User } from './users.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'dispute-recovery': { tenantId: string; takeoverId: string }
      'dispute-rescue': { tenantId: string; rescueId: string }
    }
  }
}

/**
 * Stops who recovers a company's administration, or whom a provider lets back in, where one of its Global Administrators
 * has signed in with a second step (decision 63): from here on nobody finishes it, and a job disputes it. Who got the
 * role by the recovery is none of them. Both changes travel at once, because a sign-in's COMMIT may travel with them.
 */
export async function stopRecovery(trx: Trx, { now }: Pick<Means, 'now'>, { id, roles }: User): Promise<void> {
  if (!roles.includes('Global Administrator')) return
  const { tenantId } = trx
  await Promise.all([
    changeAndEnqueue(trx, 'dispute-recovery', {
      change: sql`
        update takeovers set administrator_at = ${now}
        where tenant_id = ${tenantId} and kind = 'recovery' and proved_at is not null and ended_at is null
          and disputed_at is null and allowed_at is null and administrator_at is null
          and exists (
            select from role_assignments held
            where held.tenant_id = ${tenantId} and held.role = 'Global Administrator'
              and (takeovers.finished_at is null or held.assigned_at < takeovers.finished_at)
              and (held.principal_id = ${id} or held.principal_id in (
                select group_id from group_members where tenant_id = ${tenantId} and member_id = ${id})))
        returning id`,
      payload: sql`json_build_object('tenantId', ${tenantId}::text, 'takeoverId', id)`,
    }),
    changeAndEnqueue(trx, 'dispute-rescue', {
      change: sql`
        update rescues set administrator_at = ${now}
        where tenant_id = ${tenantId} and ended_at is null and finished_at is null and disputed_at is null
          and allowed_at is null and administrator_at is null
        returning id`,
      payload: sql`json_build_object('tenantId', ${tenantId}::text, 'rescueId', id)`,
    }),
  ])
}

/** Whether one of the tenant's enabled Global Administrators has signed in since then. */
export async function hasPresentAdministrator(trx: Trx, since: Date): Promise<boolean> {
  const { tenantId } = trx
  const { rows } = await sql`
    select from last_sign_ins came join users on users.tenant_id = ${tenantId} and users.id = came.user_id
    where came.tenant_id = ${tenantId} and came.at > ${since} and users.account_enabled and exists (
      select from role_assignments held
      where held.tenant_id = ${tenantId} and held.role = 'Global Administrator'
        and (held.principal_id = came.user_id or held.principal_id in (
          select group_id from group_members where tenant_id = ${tenantId} and member_id = came.user_id)))
    limit 1`.execute(trx)
  return rows.length > 0
}
