import { Type } from 'typebox'
import { demand } from '../access/index.ts'
import { type Api, answerCount, answerList, type Call, readRow } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { deletedUserEntity, isUser, userEntity } from '../directory/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { purgeUser, restoreUser } from './deletedUsers.ts'
import { refuseMissing } from './errors.ts'

const ANSWER = rowSchema(deletedUserEntity('00000000-0000-0000-0000-000000000000'))
const OPTIONS = ['$select', '$filter', '$search', '$orderby', '$top', '$count']

/** Deleted objects of `/v1.0`, which can be restored for 30 days (administration on the wire, §2.1). */
export function deletedItemsApi(api: Api) {
  api.add({
    method: 'GET',
    path: '/directory/deletedItems/microsoft.graph.user',
    action: 'profile.readAll',
    summary: 'List deleted users',
    context: 'users',
    answer: Type.Object({ value: Type.Array(ANSWER) }),
    options: OPTIONS,
    status: 200,
    handle(call) {
      demandReadAll(call)
      return answerList(call, deletedUserEntity(call.tenantId))
    },
  })
  api.add({
    method: 'GET',
    path: '/directory/deletedItems/microsoft.graph.user/$count',
    action: 'profile.readAll',
    summary: 'Count deleted users',
    options: ['$filter', '$search'],
    status: 200,
    handle(call) {
      demandReadAll(call)
      return answerCount(call, deletedUserEntity(call.tenantId))
    },
  })
  api.add({
    method: 'GET',
    path: '/directory/deletedItems/{id}',
    action: 'profile.readAll',
    summary: 'Read a deleted object',
    context: 'directoryObjects/$entity',
    answer: ANSWER,
    options: ['$select'],
    status: 200,
    async handle(call) {
      demandReadAll(call)
      const id = idOf(call)
      const row = await inTenant(call.db, call.tenantId, trx =>
        readRow(trx, call, deletedUserEntity(call.tenantId), { where: isUser(id) }),
      )
      if (!row) throw refuseMissing('not_found')
      return { ...row, json: { '@odata.type': '#microsoft.graph.user', ...row.json } }
    },
  })
  api.add({
    method: 'POST',
    path: '/directory/deletedItems/{id}/restore',
    action: 'users.restore',
    summary: 'Restore a deleted object',
    body: Type.Object(
      {
        newUserPrincipalName: Type.Optional(Type.String({ minLength: 3, maxLength: 113 })),
        autoReconcileProxyConflict: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    context: 'directoryObjects/$entity',
    answer: ANSWER,
    status: 200,
    async handle(call) {
      const id = idOf(call)
      const row = await inTenant(call.db, call.tenantId, async trx => {
        await restoreUser(trx, call.act, id, call.body)
        return readRow(trx, { ...call, query: [] }, userEntity(call.tenantId), {
          where: isUser(id),
        })
      })
      return { ...row, json: { '@odata.type': '#microsoft.graph.user', ...row?.json } }
    },
  })
  api.add({
    method: 'DELETE',
    path: '/directory/deletedItems/{id}',
    action: 'users.purge',
    summary: 'Erase a deleted object for ever',
    status: 204,
    async handle(call) {
      const id = idOf(call)
      await inTenant(call.db, call.tenantId, trx => purgeUser(trx, call.act, id))
      return {}
    },
  })
}

/** Nobody is in these lists only as themselves. */
function demandReadAll({ act, tenantId }: Call) {
  const id = '00000000-0000-0000-0000-000000000000'
  demand(act, 'profile.readAll', { kind: 'user', tenantId, id, roles: [], roleAssignable: false })
}

function idOf({ params }: Call): string {
  const id = (params.id ?? '').toLowerCase()
  if (!isUuid(id)) throw refuseMissing('not_found')
  return id
}
