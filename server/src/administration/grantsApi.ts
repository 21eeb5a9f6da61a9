import { Type } from 'typebox'
import { type Api, answerCount, answerList, type Call, LIST_OPTIONS, readRow } from '../api/index.ts'
import { API, appRoleAssignmentEntity, permissionGrantEntity } from '../applications/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { getObject } from './authority.ts'
import { refuse, refuseMissing } from './errors.ts'
import { addGrant, assignAppRole, removeGrant, unassignAppRole, updateGrant } from './grants.ts'
import { both, rowOf, withId } from './lists.ts'

const closed = { additionalProperties: false } as const
const Uuid = Type.String({ format: 'uuid' })
const Assignment = Type.Object({ principalId: Uuid, resourceId: Uuid, appRoleId: Uuid }, closed)
const Scope = Type.String({ maxLength: 4_096 })
const Ignored = Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()]))

const Grant = Type.Object(
  {
    clientId: Uuid,
    consentType: Type.Enum(['AllPrincipals', 'Principal']),
    principalId: Type.Optional(Type.Union([Uuid, Type.Null()])),
    resourceId: Uuid,
    scope: Scope,
    startTime: Ignored,
    expiryTime: Ignored,
  },
  closed,
)

const readOnly = ['id', 'createdDateTime', 'principalDisplayName', 'principalType', 'resourceDisplayName']

/** What programs may do, for whom, and who has which role in them (administration on the wire, §2.7). */
export function grantsApi(api: Api) {
  const paths = [
    { path: '/users/{id}/appRoleAssignments', kind: 'user', side: 'principalId' },
    { path: '/groups/{id}/appRoleAssignments', kind: 'group', side: 'principalId' },
    { path: '/servicePrincipals/{id}/appRoleAssignments', kind: 'servicePrincipal', side: 'principalId' },
    { path: '/servicePrincipals/{id}/appRoleAssignedTo', kind: 'servicePrincipal', side: 'resourceId' },
  ] as const
  for (const one of paths) declareAssignments(api, one)
  declareGrants(api)
}

interface Side {
  path: string
  kind: 'user' | 'group' | 'servicePrincipal'
  side: 'principalId' | 'resourceId'
}

function declareAssignments(api: Api, { path, kind, side }: Side) {
  const context = 'appRoleAssignments'
  const read = async (trx: Trx, call: Call<unknown>, id: string) => {
    const entity = appRoleAssignmentEntity(call.tenantId)
    return readRow(trx, call, entity, { where: rowOf(entity, id) })
  }
  const answer = (answerWith: typeof answerList) => (call: Call) => {
    const entity = appRoleAssignmentEntity(call.tenantId)
    return answerWith(call, entity, async trx => [withId(entity, side, await getSide(trx, call, { kind, side }))])
  }
  const shape = { method: 'GET', action: 'applications.read', status: 200 } as const
  api.add({
    ...shape,
    path,
    summary: 'List app role assignments',
    context,
    options: LIST_OPTIONS,
    handle: answer(answerList),
  })
  api.add({ ...shape, path: `${path}/$count`, summary: 'Count app role assignments', handle: answer(answerCount) })
  api.add({
    method: 'POST',
    path,
    action: 'applications.grant',
    summary: 'Give a role in an application',
    body: Assignment,
    readOnly,
    context: `${context}/$entity`,
    answer: rowSchema(appRoleAssignmentEntity('')),
    status: 201,
    handle: call =>
      inTenant(call.db, call.tenantId, async trx => {
        const own = await getSide(trx, call, { kind, side })
        if (call.body[side].toLowerCase() !== own) throw refuse('property_invalid', { field: side })
        const id = await assignAppRole(trx, call.act, call.body)
        return { ...(await read(trx, { ...call, query: [] }, id)), status: 201, location: `${call.path}/${id}` }
      }),
  })
  api.add({
    ...shape,
    path: `${path}/{assignment}`,
    summary: 'Read an app role assignment',
    context: `${context}/$entity`,
    options: ['$select'],
    handle: call =>
      inTenant(call.db, call.tenantId, async trx => {
        const entity = appRoleAssignmentEntity(call.tenantId)
        const own = await getSide(trx, call, { kind, side })
        const where = both(rowOf(entity, call.params.assignment!), withId(entity, side, own))
        const row = await readRow(trx, call, entity, { where })
        if (!row) throw refuseMissing('not_found')
        return row
      }),
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{assignment}`,
    action: 'applications.grant',
    summary: 'Take a role in an application away',
    status: 204,
    async handle(call) {
      await inTenant(call.db, call.tenantId, async trx => {
        const own = await getSide(trx, call, { kind, side })
        await unassignAppRole(trx, call.act, call.params.assignment!.toLowerCase(), { [side]: own })
      })
      return {}
    },
  })
}

/** The id of whose assignments these are. Throws `not_found`. */
async function getSide(trx: Trx, { act, params }: Call<unknown>, { kind, side }: Pick<Side, 'kind' | 'side'>) {
  const id = (params.id ?? '').toLowerCase()
  if (side === 'resourceId' && id === API) return id
  return (await getObject(trx, act, id, [kind])).id
}

function declareGrants(api: Api) {
  const path = '/oauth2PermissionGrants'
  const shape = { method: 'GET', action: 'applications.read', status: 200 } as const
  const read = async (call: Call<unknown>, id: string) => {
    const entity = permissionGrantEntity(call.tenantId)
    const row = await inTenant(call.db, call.tenantId, trx => readRow(trx, call, entity, { where: rowOf(entity, id) }))
    if (!row) throw refuseMissing('not_found')
    return row
  }
  api.add({
    ...shape,
    path,
    summary: 'List consents to scopes',
    context: 'oauth2PermissionGrants',
    options: LIST_OPTIONS,
    handle: call => answerList(call, permissionGrantEntity(call.tenantId)),
  })
  api.add({
    ...shape,
    path: `${path}/$count`,
    summary: 'Count consents to scopes',
    handle: call => answerCount(call, permissionGrantEntity(call.tenantId)),
  })
  api.add({
    ...shape,
    path: `${path}/{id}`,
    summary: 'Read a consent to scopes',
    context: 'oauth2PermissionGrants/$entity',
    options: ['$select'],
    handle: call => read(call, call.params.id!.toLowerCase()),
  })
  api.add({
    method: 'POST',
    path,
    action: 'applications.grant',
    summary: 'Agree to scopes for everybody, or for one person',
    body: Grant,
    readOnly: ['id'],
    context: 'oauth2PermissionGrants/$entity',
    answer: rowSchema(permissionGrantEntity('')),
    status: 201,
    async handle(call) {
      const id = await inTenant(call.db, call.tenantId, trx => addGrant(trx, call.act, call.body))
      return { ...(await read({ ...call, query: [] }, id)), status: 201, location: `${path}/${id}` }
    },
  })
  api.add({
    method: 'PATCH',
    path: `${path}/{id}`,
    action: 'applications.grant',
    summary: 'Replace the scopes of a consent',
    body: Type.Object({ scope: Scope }, closed),
    readOnly: ['id', 'clientId', 'consentType', 'principalId', 'resourceId'],
    status: 204,
    async handle({ db, act, tenantId, params, body }) {
      await inTenant(db, tenantId, trx => updateGrant(trx, act, params.id!.toLowerCase(), body.scope))
      return {}
    },
  })
  api.add({
    method: 'DELETE',
    path: `${path}/{id}`,
    action: 'applications.grant',
    summary: 'Take a consent back',
    status: 204,
    async handle({ db, act, tenantId, params }) {
      await inTenant(db, tenantId, trx => removeGrant(trx, act, params.id!.toLowerCase()))
      return {}
    },
  })
}
