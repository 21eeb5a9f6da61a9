import { type TSchema, Type } from 'typebox'
import { type Action, demand } from '../access/index.ts'
import { type Api, answerCount, answerList, type Call, listAnswer, readRow, rowAnswer } from '../api/index.ts'
import { applicationEntity, deletedApplicationEntity } from '../applications/index.ts'
import { isUuid } from '../crypto/index.ts'
import { deletedGroupEntity, deletedUserEntity, groupEntity, userEntity } from '../directory/index.ts'
import { type Entity, rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { purgeApplication, restoreApplication } from './applications.ts'
import { purgeUser, restoreUser } from './deletedUsers.ts'
import { refuseMissing } from './errors.ts'
import { purgeGroup, restoreGroup } from './groups.ts'
import { rowOf } from './lists.ts'

const NOBODYS = '00000000-0000-0000-0000-000000000000'
const OPTIONS = ['$select', '$filter', '$search', '$orderby', '$top', '$count', '$skiptoken']

/** How a restored object may differ from the deleted one. */
interface Wishes {
  ifMatch?: string | undefined
  newUserPrincipalName?: string
  autoReconcileProxyConflict?: boolean
}

/** A kind of object that can be restored for thirty days. */
interface Kind {
  name: 'user' | 'group' | 'application'
  deleted(tenantId: string): Entity
  living(tenantId: string): Entity
  restore(trx: Trx, act: Call['act'], id: string, wishes: Wishes): Promise<unknown>
  purge(trx: Trx, act: Call['act'], id: string): Promise<void>
}

const kinds: readonly Kind[] = [
  {
    name: 'user',
    deleted: deletedUserEntity,
    living: userEntity,
    restore: restoreUser,
    purge: purgeUser,
  },
  {
    name: 'group',
    deleted: deletedGroupEntity,
    living: groupEntity,
    restore: restoreGroup,
    purge: purgeGroup,
  },
  {
    name: 'application',
    deleted: deletedApplicationEntity,
    living: applicationEntity,
    restore: restoreApplication,
    purge: purgeApplication,
  },
]

const answerOf = ({ name, deleted }: Kind): TSchema =>
  rowAnswer(
    Type.Object({ '@odata.type': Type.Optional(Type.String()), ...rowSchema(deleted(NOBODYS)).properties }),
    `deleted${name}`,
  )
const ANSWER = Type.Union(kinds.map(answerOf))

/** What restoring and erasing take, of one kind or another; the rule judges the object itself. */
const RESTORE: readonly Action[] = ['users.restore', 'groups.write', 'applications.write']
const PURGE: readonly Action[] = ['users.purge', 'groups.write', 'applications.write']

/** Deleted objects of `/v1.0`, which can be restored for 30 days (administration on the wire, §2.1). */
export function deletedItemsApi(api: Api) {
  for (const kind of kinds) listResources(api, kind)
  const path = '/directory/deletedItems/{id}'
  const context = 'directoryObjects/$entity'
  api.add({
    method: 'GET',
    path,
    action: 'profile.readAll',
    summary: 'Read a deleted object',
    context,
    answer: ANSWER,
    options: ['$select'],
    status: 200,
    async handle(call) {
      demandReadAll(call)
      return inTenant(call.db, call.tenantId, async trx => (await findDeleted(trx, call)).row)
    },
  })
  api.add({
    method: 'POST',
    path: `${path}/restore`,
    action: RESTORE,
    summary: 'Restore a deleted object',
    body: Type.Object(
      {
        newUserPrincipalName: Type.Optional(Type.String({ minLength: 3, maxLength: 113 })),
        autoReconcileProxyConflict: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    context,
    answer: ANSWER,
    status: 200,
    handle: call =>
      inTenant(call.db, call.tenantId, async trx => {
        const { id, kind } = await findDeleted(trx, { ...call, query: [] })
        await kind.restore(trx, call.act, id, { ...call.body, ifMatch: call.headers['if-match'] })
        const living = kind.living(call.tenantId)
        const row = await readRow(trx, { ...call, query: [] }, living, { where: rowOf(living, id) })
        return typed(kind, row!)
      }),
  })
  api.add({
    method: 'DELETE',
    path,
    action: PURGE,
    summary: 'Erase a deleted object for ever',
    status: 204,
    async handle(call) {
      await inTenant(call.db, call.tenantId, async trx => {
        const { id, kind } = await findDeleted(trx, { ...call, query: [] })
        await kind.purge(trx, call.act, id)
      })
      return {}
    },
  })
}

function listResources(api: Api, kind: Kind) {
  const { name, deleted } = kind
  const path = `/directory/deletedItems/microsoft.graph.${name}`
  api.add({
    method: 'GET',
    path,
    action: 'profile.readAll',
    summary: `List deleted ${name}s`,
    context: `${name}s`,
    answer: listAnswer(answerOf(kind), `deleted${name}s`),
    options: OPTIONS,
    status: 200,
    handle(call) {
      demandReadAll(call)
      return answerList(call, deleted(call.tenantId))
    },
  })
  api.add({
    method: 'GET',
    path: `${path}/$count`,
    action: 'profile.readAll',
    summary: `Count deleted ${name}s`,
    options: ['$filter', '$search'],
    status: 200,
    handle(call) {
      demandReadAll(call)
      return answerCount(call, deleted(call.tenantId))
    },
  })
}

/** The deleted object of the address. Throws `not_found`. */
async function findDeleted(trx: Trx, call: Call) {
  const id = (call.params.id ?? '').toLowerCase()
  if (!isUuid(id)) throw refuseMissing('not_found')
  for (const kind of kinds) {
    const entity = kind.deleted(call.tenantId)
    const row = await readRow(trx, call, entity, { where: rowOf(entity, id) })
    if (row) return { id, kind, row: typed(kind, row) }
  }
  throw refuseMissing('not_found')
}

/** An answer that tells which kind of object it holds. */
const typed = <Row extends { json?: object }>({ name }: Kind, row: Row) => ({
  ...row,
  json: { '@odata.type': `#microsoft.graph.${name}`, ...row.json },
})

/** Nobody is in these lists only as themselves. */
function demandReadAll({ act, tenantId }: Call) {
  demand(act, 'profile.readAll', {
    kind: 'user',
    tenantId,
    id: NOBODYS,
    roles: [],
    roleAssignable: false,
    settlingUntil: null,
  })
}
