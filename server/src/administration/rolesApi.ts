import { type Static, Type } from 'typebox'
import {
  type Action,
  authorize,
  demand,
  everyAction,
  everyActionOnPartners,
  mayAny,
  mayByRole,
  type Role,
  templateIds,
  userActions,
} from '../access/index.ts'
import { type Api, type ApiAnswer, answerCount, answerList, type Call, LIST_OPTIONS, readRow } from '../api/index.ts'
import { findPerson, targetOf } from '../directory/index.ts'
import type { Entity } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import {
  directoryRoleEntity,
  getRoleById,
  holdersOf,
  roleAssignmentEntity,
  roleDefinitionEntity,
  rowOf,
} from './lists.ts'
import { readReference } from './references.ts'
import { assignRoleTo, getAssignmentId, unassignRole } from './roles.ts'

const Reference = Type.Object({ '@odata.id': Type.String({ maxLength: 2_048 }) }, { additionalProperties: false })

const Assignment = Type.Object(
  {
    principalId: Type.String({ maxLength: 64 }),
    roleDefinitionId: Type.String({ maxLength: 64 }),
    directoryScopeId: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
)

const Allowed = Type.Object({
  value: Type.Array(Type.String()),
  /** Those that are not for what is one's own alone, such as a group that one owns. */
  byRole: Type.Array(Type.String()),
  roles: Type.Array(Type.String()),
})

const AllowedToTarget = Type.Object({
  value: Type.Array(
    Type.Object({
      action: Type.String(),
      allowed: Type.Boolean(),
      reason: Type.Union([Type.String(), Type.Null()]),
      rolesThatMay: Type.Array(Type.String()),
      stepUp: Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)]),
    }),
  ),
})

/** The older and the newer form in which Microsoft Graph has roles (administration on the wire, §2.3), and what they open. */
export function rolesApi(api: Api) {
  declareRows(api, {
    path: '/directoryRoles',
    entity: directoryRoleEntity,
    of: 'role',
    keys: ['/{id}', "(roleTemplateId='{id}')"],
  })
  declareRows(api, {
    path: '/roleManagement/directory/roleDefinitions',
    entity: roleDefinitionEntity,
    of: 'role definition',
  })
  declareRows(api, {
    path: '/roleManagement/directory/roleAssignments',
    entity: roleAssignmentEntity,
    of: 'role assignment',
  })
  api.add({
    method: 'POST',
    path: '/directoryRoles',
    action: 'roles.read',
    summary: 'Activate a role, as each is already',
    body: Type.Object({ roleTemplateId: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
    status: 201,
    async handle({ body }) {
      getRoleById(body.roleTemplateId)
      throw refuse('ObjectConflict', { field: 'roleTemplateId' })
    },
  })
  for (const key of ['/{id}', "(roleTemplateId='{id}')"]) declareHolders(api, `/directoryRoles${key}/members`)
  api.add({
    method: 'POST',
    path: '/roleManagement/directory/roleAssignments',
    action: 'roles.assign',
    summary: 'Give somebody a role',
    body: Assignment,
    readOnly: ['id'],
    unsupported: ['appScopeId', 'condition'],
    context: 'roleManagement/directory/roleAssignments/$entity',
    status: 201,
    handle: assign,
  })
  api.add({
    method: 'DELETE',
    path: '/roleManagement/directory/roleAssignments/{id}',
    action: 'roles.unassign',
    summary: 'Take a role away',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => unassignRole(trx, act, params.id!))
      return {}
    },
  })
  declareAllowed(api)
}

interface Rows {
  path: string
  entity(tenantId: string): Entity
  of: string
  keys?: readonly string[]
}

function declareRows(api: Api, { path, entity, of, keys = ['/{id}'] }: Rows) {
  const shape = { method: 'GET', action: 'roles.read', status: 200 } as const
  api.add({
    ...shape,
    path,
    summary: `List ${of}s`,
    context: path.slice(1),
    options: LIST_OPTIONS,
    handle: call => answerList(call, entity(call.tenantId)),
  })
  api.add({
    ...shape,
    path: `${path}/$count`,
    summary: `Count ${of}s`,
    handle: call => answerCount(call, entity(call.tenantId)),
  })
  for (const key of keys)
    api.add({
      ...shape,
      path: path + key,
      summary: `Read a ${of}`,
      context: `${path.slice(1)}/$entity`,
      options: ['$select', '$expand'],
      handle: call => readRows(call, entity(call.tenantId), call.params.id!),
    })
}

/** The members of a role, each put there or taken away by a reference. */
function declareHolders(api: Api, path: string) {
  const rows = (call: Call<unknown>) => holdersOf(call.tenantId, getRoleById(call.params.id!))
  api.add({
    method: 'GET',
    path,
    action: 'roles.read',
    summary: 'List who has a role',
    context: 'directoryObjects',
    status: 200,
    options: LIST_OPTIONS,
    handle: call => answerList(call, rows(call)),
  })
  api.add({
    method: 'POST',
    path: `${path}/$ref`,
    action: 'roles.assign',
    summary: 'Give somebody a role',
    body: Reference,
    status: 204,
    async handle({ db, act, tenantId, params, body, services }) {
      const role = getRoleById(params.id!)
      await inTenant(db, tenantId, async trx => {
        const id = await readReference(trx, { ...services, field: '@odata.id' }, body['@odata.id'])
        await assignRoleTo(trx, act, id, role)
      })
      return {}
    },
  })
  api.add({
    method: 'GET',
    path: `${path}/{object}`,
    action: 'roles.read',
    summary: 'Read who has a role',
    context: 'directoryObjects/$entity',
    status: 200,
    options: ['$select'],
    handle: call => readRows(call, rows(call), call.params.object!),
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{object}/$ref`,
    action: 'roles.unassign',
    summary: 'Take a role away',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      const role = getRoleById(params.id!)
      await inTenant(db, tenantId, async trx =>
        unassignRole(trx, act, await getAssignmentId(trx, params.object!, role)),
      )
      return {}
    },
  })
}

async function assign(call: Call<Static<typeof Assignment>>): Promise<ApiAnswer> {
  const { db, act, tenantId, body } = call
  if ((body.directoryScopeId ?? '/') !== '/') throw refuse('property_invalid', { field: 'directoryScopeId' })
  const role = roleOf(body.roleDefinitionId)
  return inTenant(db, tenantId, async trx => {
    const id = await assignRoleTo(trx, act, body.principalId, role)
    const entity = roleAssignmentEntity(tenantId)
    const answer = await readRow(trx, call, entity, { where: rowOf(entity, id) })
    return { ...answer, status: 201, location: `/roleManagement/directory/roleAssignments/${id}` }
  })
}

/** The role that a body names: there are no others, such as roles of one's own. */
function roleOf(id: string): Role {
  try {
    return getRoleById(id)
  } catch {
    throw refuse('property_invalid', { field: 'roleDefinitionId' })
  }
}

async function readRows(call: Call, entity: Entity, id: string): Promise<ApiAnswer> {
  const answer = await inTenant(call.db, call.tenantId, trx => readRow(trx, call, entity, { where: rowOf(entity, id) }))
  if (!answer) throw refuseMissing('not_found')
  return answer
}

/** What the caller may do, by the very function that decides it: no page has to copy the tables. */
function declareAllowed(api: Api) {
  api.add({
    method: 'GET',
    path: '/me/allowedActions',
    action: 'self.read',
    delegated: true,
    summary: 'Tell what you may do to anything at all',
    answer: Allowed,
    status: 200,
    async handle({ act }) {
      const value = [...everyAction, ...everyActionOnPartners].filter(action => mayAny(act.actor, action).allowed)
      const byRole = value.filter(action => mayByRole(act.actor, action))
      return { json: { value, byRole, roles: idsOf(act.actor.roles) } }
    },
  })
  api.add({
    method: 'GET',
    path: '/users/{id}/allowedActions',
    action: ['profile.readAll', 'readiness.read'],
    summary: 'Tell what you may do to a user',
    answer: AllowedToTarget,
    status: 200,
    async handle({ db, act, tenantId, params }) {
      const user = await inTenant(db, tenantId, trx => findPerson(trx, { tenantId }, params.id!))
      if (!user) throw refuseMissing('not_found')
      const target = targetOf(user)
      // A partner's help desk may be open without the times of use.
      if (!authorize(act, 'profile.readAll', target).allowed) demand(act, 'readiness.read', target)
      return { json: { value: userActions.map(action => allowedView(act, action, target)) } }
    },
  })
}

/** A missing second step is told apart: what takes one is allowed after it. */
function allowedView(act: Call['act'], action: Action, target: ReturnType<typeof targetOf>) {
  const verdict = authorize(act, action, target)
  if (verdict.allowed) return { action, allowed: true, reason: null, rolesThatMay: [], stepUp: 0 }
  const { why, step = 0, rolesThatMay } = verdict
  return {
    action,
    allowed: why === 'step_up',
    reason: why === 'step_up' ? null : why,
    rolesThatMay: idsOf(rolesThatMay),
    stepUp: step,
  }
}

/** The template ids of roles. Those of partners have none. */
const idsOf = (roles: readonly string[]) =>
  roles.flatMap(role => (Object.hasOwn(templateIds, role) ? [templateIds[role as Role]] : []))
