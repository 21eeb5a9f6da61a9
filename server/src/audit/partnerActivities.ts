import { sql, type Trx } from '../store/index.ts'
import type { Activity } from './activities.ts'
import type { AuditEvent, RecordedAct } from './events.ts'

/** By its name in Partner Center: what was done, and to which kind of thing. */
const operations: Partial<Record<Activity, readonly [operation: string, resource: string]>> = {
  'password.given': ['reset_customer_user_password', 'customer_user'],
  'user.created': ['create_customer_user', 'customer_user'],
  'user.changed': ['update_customer_user', 'customer_user'],
  'user.renamed': ['update_customer_user_principal_name', 'customer_user'],
  'user.deleted': ['delete_customer_user', 'customer_user'],
  'user.restored': ['restore_customer_user', 'customer_user'],
  'group.member_added': ['add_user_member', 'customer_directory_role'],
  'group.member_removed': ['remove_user_member', 'customer_directory_role'],
  'role.assigned': ['add_user_member', 'customer_directory_role'],
  'role.unassigned': ['remove_user_member', 'customer_directory_role'],
  'partner.changed': ['update_company_info', 'partner_user'],
  'partner.role_assigned': ['create_partner_user', 'partner_user'],
  'partner.role_unassigned': ['remove_partner_user', 'partner_user'],
  'enrollment.signed': ['sign_agreement', 'agreement'],
  'relationship.approved': ['granular_admin_relationship_approved', 'granular_admin_relationship'],
  'relationship.terminated': ['granular_admin_relationship_terminated', 'granular_admin_relationship'],
  'relationship.expired': ['granular_admin_relationship_expired', 'granular_admin_relationship'],
  'relationship.extended': ['extend_relationship', 'granular_admin_relationship'],
  'assignment.created': ['granular_admin_access_assignment_created', 'granular_admin_access_assignment'],
  'assignment.updated': ['granular_admin_access_assignment_updated', 'granular_admin_access_assignment'],
  'assignment.deleted': ['granular_admin_access_assignment_deleted', 'granular_admin_access_assignment'],
  'dap.given': ['dap_admin_relationship_approved', 'partner_customer_dap'],
  'dap.ended': ['dap_admin_relationship_terminated', 'partner_customer_dap'],
  'dap.expired': ['dap_admin_relationship_terminated', 'partner_customer_dap'],
  'resale.begun': ['add_customer', 'customer'],
  'resale.ended': ['remove_partner_customer_relationship', 'partner_customer_relationship'],
  'partnership.begun': ['create_partner_relationship', 'partner_relationship'],
  'partnership.ended': ['remove_partner_relationship', 'partner_relationship'],
}

/** The kinds of things by the first word of other activities. */
const resources: Record<string, string> = {
  relationship: 'granular_admin_relationship',
  dap: 'partner_customer_dap',
  invitation: 'partner_relationship',
  partnership: 'partner_relationship',
  resale: 'partner_customer_relationship',
  enrollment: 'agreement',
  partner: 'partner_user',
  verification: 'partner_user',
  customer: 'customer',
  access: 'customer',
  rescue: 'customer',
}

/** The names of an activity in Partner Center, and ours where it has none (Partner Center and work accounts, §7.2). */
function operationOf(activity: Activity): readonly [operation: string, resource: string] {
  const [word = ''] = activity.split('.')
  return operations[activity] ?? [activity.replaceAll('.', '_'), resources[word] ?? 'customer_user']
}

/**
 * Keeps what a firm does as a partner for its activity log: in a customer's tenant what the firm's people do, in the
 * firm's own what has become of its customers. The firm reads it by row-level security, and enters nobody's tenant.
 */
export async function keepPartnerActivities(
  trx: Trx,
  { now, actor, trail }: RecordedAct,
  entries: readonly { id: string; event: AuditEvent }[],
): Promise<void> {
  const { tenantId } = trx
  const partner = actor.kind === 'partner' && 'home' in actor ? actor : undefined
  const own = entries.filter(({ event }) => partner || event.customer !== undefined)
  if (own.length === 0) return
  const by = actor.kind === 'user' || actor.kind === 'partner' ? actor : undefined
  const values = own.map(({ id, event: { activity, result, target, details = {}, customer } }) => {
    const [operation, resource] = operationOf(activity)
    const isRelationship = /^(relationship|assignment)\./.test(activity)
    return sql`(${id}::uuid, ${operation}::text, ${resource}::text, ${result}::text, ${customer?.id ?? null}::uuid, ${customer?.name ?? null}::text,
      ${partner?.relationshipId ?? (isRelationship ? (target?.id ?? null) : null)}::uuid, ${JSON.stringify(details)}::jsonb,
      ${by?.name ?? details.by ?? null}::text)`
  })
  await sql`
    insert into partner_activities (tenant_id, id, other_tenant_id, at, operation, resource, result, customer_id, customer_name,
      relationship_id, details, user_name, display_name, application_id, correlation_id)
    select ${tenantId}, event.id, ${partner?.home.tenantId ?? tenantId}, ${now}, operation, resource, result,
      ${partner ? sql`${tenantId}::uuid` : sql`customer_id`}, ${partner ? sql`(select display_name from tenants where tenant_id = ${tenantId})` : sql`customer_name`},
      relationship_id, details, user_name,
      ${partner ? sql`${partner.displayName}::text` : sql`(select display_name from accounts where tenant_id = ${tenantId} and id = ${by?.id ?? null}::uuid)`},
      ${partner?.applicationId ?? null}, ${trail.correlationId}
    from (values ${sql.join(values)}) as event (id, operation, resource, result, customer_id, customer_name, relationship_id, details, user_name)
    on conflict do nothing`.execute(trx)
}
