import { Type } from 'typebox'
import { demand, templateIds } from '../access/index.ts'
import { type Api, type ApiAnswer, answerCount, answerList, askingOf, type Call, LIST_OPTIONS } from '../api/index.ts'
import { allObjects, findPerson, objectEntity } from '../directory/index.ts'
import { readOptions, readPage } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { type DirectoryObject, getObject } from './authority.ts'
import { refuseMissing } from './errors.ts'
import { findMemberships, membershipsOf, ofKinds, rowsOf } from './lists.ts'

const Ids = (maxItems: number) => Type.Array(Type.String({ format: 'uuid', maxLength: 36 }), { maxItems })
const Enabled = Type.Object({ securityEnabledOnly: Type.Optional(Type.Boolean()) }, { additionalProperties: false })

/** Whose memberships: the path, and how its object is found. */
const WHOSE = {
  '/me': (trx: Trx, call: Call<unknown>) => getObject(trx, call.act, call.act.actor.id),
  '/users/{id}': async (trx: Trx, call: Call<unknown>) => {
    const person = await findPerson(trx, call, call.params.id!)
    if (!person) throw refuseMissing('not_found')
    return getObject(trx, call.act, person.id)
  },
  '/groups/{id}': (trx: Trx, call: Call<unknown>) => getObject(trx, call.act, call.params.id!, ['group']),
  '/servicePrincipals/{id}': (trx: Trx, call: Call<unknown>) =>
    getObject(trx, call.act, call.params.id!, ['servicePrincipal']),
  '/directoryObjects/{id}': (trx: Trx, call: Call<unknown>) => getObject(trx, call.act, call.params.id!),
} satisfies Record<string, (trx: Trx, call: Call<unknown>) => Promise<DirectoryObject>>

/** Which groups and roles somebody is in (administration on the wire, §2.1). */
export function membershipsApi(api: Api) {
  for (const [path, find] of Object.entries(WHOSE)) {
    const delegated = path === '/me' ? { delegated: true as const } : {}
    if (path !== '/directoryObjects/{id}')
      for (const [name, isTransitive] of [
        ['memberOf', false],
        ['transitiveMemberOf', true],
      ] as const)
        for (const cast of ['', '/microsoft.graph.group', '/microsoft.graph.directoryRole']) {
          const answer = (answerWith: typeof answerList) => async (call: Call) => {
            const { id } = await inTenant(call.db, call.tenantId, trx => find(trx, call))
            const entity = objectEntity(membershipsOf(call.tenantId, id, isTransitive))
            return answerWith(call, entity, () => (cast ? [ofKinds([cast.split('.').at(-1)!])] : []))
          }
          const shape = { action: 'profile.read', status: 200, ...delegated } as const
          const of = `${isTransitive ? 'also through groups' : 'directly'}, of ${path}`
          api.add({
            ...shape,
            method: 'GET',
            path: `${path}/${name}${cast}`,
            summary: `List groups and roles, ${of}`,
            context: 'directoryObjects',
            options: LIST_OPTIONS,
            handle: answer(answerList),
          })
          api.add({
            ...shape,
            method: 'GET',
            path: `${path}/${name}${cast}/$count`,
            summary: `Count groups and roles, ${of}`,
            handle: answer(answerCount),
          })
        }
    const shape = { method: 'POST', action: 'profile.read', status: 200, context: 'Collection(Edm.String)' } as const
    const memberships = (call: Call<unknown>) =>
      inTenant(call.db, call.tenantId, async trx => {
        const object = await find(trx, call)
        if (object.kind === 'user') demand(call.act, 'profile.read', object.target)
        return findMemberships(trx, object.id)
      })
    api.add({
      ...shape,
      ...delegated,
      path: `${path}/checkMemberGroups`,
      summary: `Tell which of some groups ${path} is in`,
      body: Type.Object({ groupIds: Ids(20) }, { additionalProperties: false }),
      async handle(call) {
        const { groupIds } = await memberships(call)
        const asked = new Set(call.body.groupIds.map(id => id.toLowerCase()))
        return { json: { value: groupIds.filter(id => asked.has(id)) } }
      },
    })
    api.add({
      ...shape,
      ...delegated,
      path: `${path}/getMemberGroups`,
      summary: `Tell the ids of all groups that ${path} is in`,
      body: Enabled,
      handle: async call => ({ json: { value: (await memberships(call)).groupIds } }),
    })
    api.add({
      ...shape,
      ...delegated,
      path: `${path}/getMemberObjects`,
      summary: `Tell the ids of all groups and roles that ${path} is in`,
      body: Enabled,
      async handle(call) {
        const { groupIds, roles } = await memberships(call)
        // Every group is a security group. Roles are told where not groups alone are asked for.
        const ids = call.body.securityEnabledOnly ? [] : roles.map(role => templateIds[role])
        return { json: { value: [...groupIds, ...ids] } }
      },
    })
  }
  api.add({
    method: 'POST',
    path: '/directoryObjects/getByIds',
    action: 'profile.read',
    summary: 'Read users, groups and service principals by their ids',
    context: 'directoryObjects',
    body: Type.Object(
      { ids: Ids(1_000), types: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 20 })) },
      { additionalProperties: false },
    ),
    status: 200,
    handle: findByIds,
  })
}

async function findByIds(call: Call<{ ids: string[]; types?: string[] }>): Promise<ApiAnswer> {
  const { ids, types = [] } = call.body
  const entity = objectEntity(allObjects)
  const options = { ...readOptions(entity, call.query, askingOf(call)), top: 1_000 }
  const isAny = types.length === 0 || types.some(type => type.toLowerCase() === 'directoryobject')
  const kinds = ['user', 'group', 'servicePrincipal'].filter(kind =>
    types.some(type => type.toLowerCase() === kind.toLowerCase()),
  )
  const within = [rowsOf(entity, ids), ...(isAny ? [] : [ofKinds(kinds)])]
  const { value } = await inTenant(call.db, call.tenantId, trx => readPage(trx, entity, options, within))
  return { json: { value } }
}
