import { sql } from 'kysely'
import type { Role } from '../access/index.ts'
import { isUuid } from '../crypto/index.ts'
import { findPerson, holdersIn, readName } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { foldText } from '../typing/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { membersOf } from './lists.ts'

// What operators read of the directory, whole, and how they name its objects.

/** A user, group or service principal in a list. `userPrincipalName`: of users alone. */
export interface ObjectRow {
  id: string
  kind: 'user' | 'group' | 'servicePrincipal'
  displayName: string
  userPrincipalName: string | null
}

/** A group in a list. */
export interface GroupRow {
  id: string
  displayName: string
  description: string | null
  isAssignableToRole: boolean
}

const columns = sql`objects.id, objects.kind, objects.display_name as "displayName", objects.user_principal_name as "userPrincipalName"`

/** Every group of the tenant, by name. */
export const listGroups = (trx: Trx): Promise<GroupRow[]> =>
  trx
    .selectFrom('groups')
    .select(['id', 'display_name as displayName', 'description', 'is_role_assignable as isAssignableToRole'])
    .where('tenant_id', '=', trx.tenantId)
    .where('deleted_at', 'is', null)
    .orderBy('display_name_folded')
    .orderBy('id')
    .execute()

/** The direct members of a group, by name. */
export async function listMembers(trx: Trx, groupId: string): Promise<ObjectRow[]> {
  const { rows } = await sql<ObjectRow>`
    select ${columns} from (${membersOf(trx.tenantId, groupId)}) as objects
    order by objects.display_name_folded, objects.id`.execute(trx)
  return rows
}

/** Who has which role by themselves, by role and name. */
export async function listRoleHolders(trx: Trx): Promise<(ObjectRow & { role: Role })[]> {
  const { rows } = await sql<ObjectRow & { role: Role }>`
    select objects.role, ${columns} from (${holdersIn(trx.tenantId, sql`true`)}) as objects
    order by objects.role, objects.display_name_folded, objects.id`.execute(trx)
  return rows
}

/** The id of a group by its id or its name. Throws `not_found`, `property_invalid` where several have the name. */
export async function getGroupId(trx: Trx, named: string): Promise<string> {
  const found = await trx
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('deleted_at', 'is', null)
    .$if(isUuid(named), query => query.where('id', '=', named))
    .$if(!isUuid(named), query => query.where('display_name_folded', '=', foldText(named)))
    .limit(2)
    .execute()
  if (found.length > 1) throw refuse('property_invalid', { field: 'group' })
  if (!found[0]) throw refuseMissing('not_found')
  return found[0].id
}

/** The id of a deleted application by the id that it signed people in with. Throws `not_found`. */
export async function getDeletedApplicationId(trx: Trx, appId: string): Promise<string> {
  const found =
    isUuid(appId) &&
    (await trx
      .selectFrom('registered_applications')
      .select('id')
      .where('tenant_id', '=', trx.tenantId)
      .where('app_id', '=', appId)
      .where('deleted_at', 'is not', null)
      .executeTakeFirst())
  if (!found) throw refuseMissing('not_found')
  return found.id
}

/** The ids of deleted users who had this name, the last one first. */
export async function listDeletedUsers(trx: Trx, name: string): Promise<string[]> {
  const found = await trx
    .selectFrom('accounts')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('is_deleted', '=', true)
    .where('user_principal_name_folded', '=', readName(name).folded)
    .orderBy('deleted_at', 'desc')
    .execute()
  return found.map(({ id }) => id)
}

/** The id of a user by their name, of a group by its name, or of any object by its id. Throws as `getGroupId`. */
export async function getObjectId(trx: Trx, named: string): Promise<string> {
  if (isUuid(named)) return named
  if (!named.includes('@')) return getGroupId(trx, named)
  const person = await findPerson(trx, trx, named)
  if (!person) throw refuseMissing('not_found')
  return person.id
}
