import { type RawBuilder, sql } from 'kysely'
import type { Actor, Principal, Role, Target } from '../access/index.ts'
import { type Application, isEscalating } from '../applications/index.ts'
import { isUuid } from '../crypto/index.ts'
import {
  type Group,
  groupOf,
  type Holder,
  lockGroup,
  rolesHeldBy,
  targetOf,
  type User,
  userOf,
} from '../directory/index.ts'
import { Refusal } from '../refusals.ts'
import { ask, askOne, type Read, type Trx } from '../store/index.ts'
import { refuseMissing } from './errors.ts'

/** Somebody or something that can be a member, an owner or the holder of a role. `name`: for the audit log. */
export type DirectoryObject =
  | { kind: 'user'; id: string; name: string; user: User; target: Extract<Principal, { kind: 'user' }> }
  | { kind: 'group'; id: string; name: string; group: Group; target: Extract<Principal, { kind: 'group' }> }
  | { kind: 'servicePrincipal'; id: string; name: string; target: Extract<Principal, { kind: 'servicePrincipal' }> }

type Kind = DirectoryObject['kind']

interface Program {
  name: string
  roles: Role[]
  permissions: string[]
  owned: boolean
}

/** What the actor is to a group. */
interface Relation {
  owned: boolean
  joined: boolean
}

/**
 * A user, group or service principal as the actor meets it now, in one read: what `authorize` judges, and never what an
 * earlier request has read. Throws `not_found`, alike for one that never was, that is deleted or is another tenant's.
 */
export async function getObject<K extends Kind = Kind>(
  trx: Trx,
  { actor }: { actor: Actor },
  id: string,
  kinds: readonly K[] = ['user', 'group', 'servicePrincipal'] as K[],
): Promise<Extract<DirectoryObject, { kind: K }>> {
  if (!isUuid(id)) throw refuseMissing('not_found')
  const own = 'id' in actor && actor.id !== undefined ? actor.id : undefined
  const { user, group, relation, program } = await ask(trx, {
    user: userOf(trx.tenantId, sql`${id}::uuid`),
    group: groupOf(trx, id),
    relation: relationOf(trx, id, own),
    program: programOf(trx, sql`a.principal_id = ${id}::uuid and a.deleted_at is null`, own),
  })
  const found = user
    ? { kind: 'user' as const, id, name: user.userPrincipalName, user, target: targetOf(user) }
    : group && !group.deletedAt
      ? metGroup(group, relation)
      : program && metProgram(trx, id, program)
  if (!found || !(kinds as readonly Kind[]).includes(found.kind)) throw refuseMissing('not_found')
  return found as Extract<DirectoryObject, { kind: K }>
}

/** A group likewise, with its row locked, so that what is judged holds when it is written. */
export async function getLockedGroup(trx: Trx, act: { actor: Actor }, id: string) {
  const group = await getObject(trx, act, id, ['group'])
  await lockGroup(trx, group.id)
  return getObject(trx, act, group.id, ['group'])
}

/** Somebody as they stand in the audit log and before `authorize`. */
type Met = Pick<DirectoryObject, 'kind' | 'id' | 'name' | 'target'>

/** The holder of a role, who may be deleted: the role sleeps, and can be taken away. */
export async function getHolder(trx: Trx, act: { actor: Actor }, { kind, id }: Holder): Promise<Met> {
  try {
    return await getObject(trx, act, id)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (kind === 'group') return getDeletedGroup(trx, act, id)
    const target = {
      kind: 'user',
      tenantId: trx.tenantId,
      id,
      roles: [],
      roleAssignable: false,
      settlingUntil: null,
    } as const
    return { kind: 'user', id, name: id, target }
  }
}

/** A group that is deleted and can be restored. Throws `not_found`. */
export async function getDeletedGroup(trx: Trx, { actor }: { actor: Actor }, id: string) {
  if (!isUuid(id)) throw refuseMissing('not_found')
  const own = 'id' in actor && actor.id !== undefined ? actor.id : undefined
  const { group, relation } = await ask(trx, { group: groupOf(trx, id), relation: relationOf(trx, id, own) })
  if (!group?.deletedAt) throw refuseMissing('not_found')
  return metGroup(group, relation)
}

const metGroup = (group: Group, relation: Relation): Extract<DirectoryObject, { kind: 'group' }> => ({
  kind: 'group',
  id: group.id,
  name: group.displayName,
  group,
  target: {
    kind: 'group',
    tenantId: group.tenantId,
    id: group.id,
    roleAssignable: group.isRoleAssignable,
    ...relation,
    adds: undefined,
  },
})

const metProgram = ({ tenantId }: Trx, id: string, { name, roles, permissions, owned }: Program) => ({
  kind: 'servicePrincipal' as const,
  id,
  name,
  target: {
    kind: 'servicePrincipal' as const,
    tenantId,
    id,
    owned,
    escalating: roles.length > 0 || permissions.some(isEscalating),
  },
})

/** Groups that hold roles hold no groups, so that the members of their own are all. */
const relationOf = ({ tenantId }: Trx, id: string, own: string | undefined): Read<Relation> => ({
  sql: sql`json_build_object(
    'owned', exists(select from group_owners where tenant_id = ${tenantId} and group_id = ${id}::uuid and owner_id = ${own ?? null}::uuid),
    'joined', exists(select from group_members where tenant_id = ${tenantId} and group_id = ${id}::uuid and member_id = ${own ?? null}::uuid))`,
  read: json => json as Relation,
})

/** `which`: a condition of the table `a`. What a single person agreed to counts too: it is used by the same credentials. */
const programOf = (
  { tenantId }: Trx,
  which: RawBuilder<unknown>,
  own: string | undefined,
): Read<Program | undefined> => ({
  sql: sql`(select json_build_object('name', a.display_name, 'roles', ${rolesHeldBy(tenantId, 'service_principal_id', sql.ref('a.principal_id'))},
      'permissions', coalesce((select c.permissions || c.scopes from organization_consents c where c.tenant_id = ${tenantId} and c.app_id = a.app_id), '{}')
        || array(select distinct scope from user_consents c, unnest(c.scopes) scope where c.tenant_id = ${tenantId} and c.app_id = a.app_id),
      'owned', exists(select from application_owners o where o.tenant_id = ${tenantId} and o.app_id = a.app_id and o.owner_id = ${own ?? null}::uuid))
    from registered_applications a where a.tenant_id = ${tenantId} and ${which})`,
  read: json => (json as Program | null) ?? undefined,
})

/** What an application is to the actor now, deleted or not, and its principal. */
export async function getProgramTargets(
  trx: Trx,
  { actor }: { actor: Actor },
  { id, appId, principalId }: Pick<Application, 'id' | 'appId' | 'principalId'>,
) {
  const own = 'id' in actor ? actor.id : undefined
  const program = await askOne(trx, programOf(trx, sql`a.app_id = ${appId}::uuid`, own))
  if (!program) throw refuseMissing('not_found')
  const { target: principal } = metProgram(trx, principalId, program)
  const { tenantId, owned, escalating } = principal
  return { application: { kind: 'application' as const, tenantId, id, owned, escalating }, principal }
}

/** The holder of an object's kind and id. */
export const holderOf = ({ kind, id }: DirectoryObject): Holder => ({ kind, id })

/** A role of somebody, for `authorize`. */
export const assignmentOf = (
  role: Role,
  { target }: Pick<DirectoryObject, 'target'>,
): Extract<Target, { kind: 'roleAssignment' }> => ({
  kind: 'roleAssignment',
  tenantId: target.tenantId,
  role,
  principal: target,
})
