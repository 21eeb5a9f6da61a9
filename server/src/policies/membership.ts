import type { RawBuilder } from 'kysely'
import { sql } from '../store/index.ts'

/** For SQL: whether the group of this column is not deleted. A deleted one can be restored, and opens nothing meanwhile. */
export const groupStands = (tenantId: string, column: string) => sql<boolean>`not exists(
  select from groups gone where gone.tenant_id = ${tenantId} and gone.id = ${sql.ref(column)} and gone.deleted_at is not null)`

/**
 * For SQL: the groups that a user, group or service principal is in, also through groups, as `with recursive` takes it.
 * `id` may be an expression that is null. The offset keeps PostgreSQL from reading all memberships of the tenant for
 * somebody who is in many groups.
 */
export const membershipOf = (tenantId: string, id: string | RawBuilder<unknown>) => sql`membership as (
    select group_id from group_members direct
    where direct.tenant_id = ${tenantId} and direct.member_id = ${id} and ${groupStands(tenantId, 'direct.group_id')}
    union
    select around.group_id from membership cross join lateral (
      select group_id from group_members above
      where above.tenant_id = ${tenantId} and above.inner_group_id = membership.group_id and ${groupStands(tenantId, 'above.group_id')}
      offset 0) as around
  )`
