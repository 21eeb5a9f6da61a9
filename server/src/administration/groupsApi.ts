import { type Static, Type } from 'typebox'
import {
  type Api,
  type ApiAnswer,
  answerCount,
  answerDelta,
  answerList,
  type Call,
  LIST_OPTIONS,
  readRow,
} from '../api/index.ts'
import { type GroupChanges, groupEntity, groupLacks, objectEntity } from '../directory/index.ts'
import { type Entity, rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { getObject } from './authority.ts'
import { refuse, refuseMissing } from './errors.ts'
import { addGroup, deleteGroup, updateGroup } from './groups.ts'
import { membersOf, ofKinds, ownersOf, rowOf, transitiveMembersOf } from './lists.ts'
import { giveGroup, joinGroup, leaveGroup, takeGroup } from './members.ts'
import { readReference } from './references.ts'

const Name = Type.String({ minLength: 1, maxLength: 256 })
const Description = Type.Union([Type.String({ minLength: 1, maxLength: 1024 }), Type.Null()])
/** The signs that Microsoft Graph takes in an alias. */
const Nickname = Type.String({ pattern: '^[^@()\\\\\\[\\]";:<>, ]{1,64}$' })
const References = Type.Array(Type.String({ maxLength: 2_048 }), { maxItems: 20 })

/** What programs for Graph send along, and what Latchkey has of one kind alone. */
const Kind = {
  securityEnabled: Type.Optional(Type.Boolean()),
  mailEnabled: Type.Optional(Type.Boolean()),
  groupTypes: Type.Optional(Type.Array(Type.String())),
}

const NewGroup = Type.Object(
  {
    displayName: Name,
    description: Type.Optional(Description),
    mailNickname: Type.Optional(Nickname),
    isAssignableToRole: Type.Optional(Type.Boolean()),
    ...Kind,
    'members@odata.bind': Type.Optional(References),
    'owners@odata.bind': Type.Optional(References),
  },
  { additionalProperties: false },
)

const Changes = Type.Object(
  {
    displayName: Type.Optional(Name),
    description: Type.Optional(Description),
    mailNickname: Type.Optional(Nickname),
    ...Kind,
  },
  { additionalProperties: false },
)

const Reference = Type.Object({ '@odata.id': Type.String({ maxLength: 2_048 }) }, { additionalProperties: false })

const readOnly = ['id', 'createdDateTime', 'deletedDateTime']

/** Groups with their members and owners (administration on the wire, §2.3). */
export function groupsApi(api: Api) {
  const Group = rowSchema(groupEntity(''))
  api.add({
    method: 'GET',
    path: '/groups',
    action: 'groups.read',
    summary: 'List groups',
    context: 'groups',
    status: 200,
    options: LIST_OPTIONS,
    readsOnly: () => true,
    handle: call => answerList(call, groupEntity(call.tenantId)),
  })
  api.add({
    method: 'GET',
    path: '/groups/$count',
    action: 'groups.read',
    summary: 'Count groups',
    status: 200,
    readsOnly: () => true,
    handle: call => answerCount(call, groupEntity(call.tenantId)),
  })
  api.add({
    method: 'GET',
    path: '/groups/delta',
    action: 'groups.read',
    summary: 'Read what has changed of groups',
    context: 'groups',
    status: 200,
    options: ['$select', '$filter', '$deltatoken', '$skiptoken'],
    handle: call => answerDelta(call, groupEntity(call.tenantId)),
  })
  api.add({
    method: 'POST',
    path: '/groups',
    action: ['groups.write', 'roleGroups.write'],
    summary: 'Create a group',
    body: NewGroup,
    readOnly,
    unsupported: groupLacks,
    context: 'groups/$entity',
    answer: Group,
    status: 201,
    handle: makeGroup,
  })
  api.add({
    method: 'GET',
    path: '/groups/{id}',
    action: 'groups.read',
    summary: 'Read a group',
    context: 'groups/$entity',
    answer: Group,
    status: 200,
    options: ['$select', '$expand'],
    readsOnly: () => true,
    handle: call => call.read(trx => readGroup(trx, call, call.params.id!)),
  })
  api.add({
    method: 'PATCH',
    path: '/groups/{id}',
    action: ['groups.write', 'roleGroups.write'],
    summary: 'Change a group',
    body: Changes,
    readOnly: [...readOnly, 'isAssignableToRole'],
    unsupported: groupLacks,
    status: 204,
    async handle({ db, act, tenantId, params, headers, body }) {
      checkKind(body)
      const { displayName, description, mailNickname } = body
      const changes: GroupChanges = { displayName, description, mailNickname }
      await inTenant(db, tenantId, trx =>
        updateGroup(trx, act, { id: params.id!, changes, ifMatch: headers['if-match'] }),
      )
      return {}
    },
  })
  api.add({
    method: 'DELETE',
    path: '/groups/{id}',
    action: ['groups.write', 'roleGroups.write'],
    summary: 'Delete a group for thirty days',
    status: 204,
    async handle({ db, act, tenantId, params, headers }) {
      await inTenant(db, tenantId, trx => deleteGroup(trx, act, params.id!, headers['if-match']))
      return {}
    },
  })
  declareLists(api)
  declareMemberships(api)
}

/** The lists of a group's objects, each whole, of users alone, and counted. */
function declareLists(api: Api) {
  const lists = { members: membersOf, owners: ownersOf, transitiveMembers: transitiveMembersOf }
  for (const [name, rows] of Object.entries(lists)) {
    for (const cast of ['', '/microsoft.graph.user']) {
      const answer = (answerWith: typeof answerList) => (call: Call) => {
        const entity = objectEntity(rows(call.tenantId, call.params.id!))
        return answerWith(call, entity, async trx => {
          await getObject(trx, call.act, call.params.id!, ['group'])
          return cast ? [ofKinds(['user'])] : []
        })
      }
      const of = cast ? `the users among the ${name}` : `the ${name}`
      api.add({
        method: 'GET',
        path: `/groups/{id}/${name}${cast}`,
        action: 'groups.read',
        summary: `List ${of} of a group`,
        context: 'directoryObjects',
        status: 200,
        options: LIST_OPTIONS,
        handle: answer(answerList),
      })
      api.add({
        method: 'GET',
        path: `/groups/{id}/${name}${cast}/$count`,
        action: 'groups.read',
        summary: `Count ${of} of a group`,
        status: 200,
        handle: answer(answerCount),
      })
    }
  }
}

/** Each member and owner by itself: read, put there, and taken away. Without `/$ref` Graph would delete the user. */
function declareMemberships(api: Api) {
  const kinds = {
    members: { add: joinGroup, remove: leaveGroup, rows: membersOf, one: 'member' },
    owners: { add: giveGroup, remove: takeGroup, rows: ownersOf, one: 'owner' },
  }
  for (const [name, { add, remove, rows, one }] of Object.entries(kinds)) {
    api.add({
      method: 'POST',
      path: `/groups/{id}/${name}/$ref`,
      action: ['groups.write', 'roleGroups.write'],
      summary: `Add a ${one} to a group`,
      body: Reference,
      status: 204,
      async handle({ db, act, tenantId, params, body, services }) {
        await inTenant(db, tenantId, async trx => {
          await getObject(trx, act, params.id!, ['group'])
          const id = await readReference(trx, { ...services, field: '@odata.id' }, body['@odata.id'])
          await add(trx, act, { groupId: params.id!, id })
        })
        return {}
      },
    })
    api.add({
      method: 'GET',
      path: `/groups/{id}/${name}/{object}`,
      action: 'groups.read',
      summary: `Read a ${one} of a group`,
      context: 'directoryObjects/$entity',
      status: 200,
      options: ['$select'],
      handle: call =>
        inTenant(call.db, call.tenantId, async trx => {
          const entity = objectEntity(rows(call.tenantId, call.params.id!))
          return found(await readRow(trx, call, entity, { where: rowOf(entity, call.params.object!) }))
        }),
    })
    api.add({
      method: 'DELETE',
      path: `/groups/{id}/${name}/{object}/$ref`,
      action: ['groups.write', 'roleGroups.write'],
      summary: `Take a ${one} from a group`,
      status: 204,
      async handle({ db, act, tenantId, params }) {
        await inTenant(db, tenantId, trx => remove(trx, act, { groupId: params.id!, id: params.object! }))
        return {}
      },
    })
  }
}

async function makeGroup(call: Call<Static<typeof NewGroup>>): Promise<ApiAnswer> {
  const { db, act, tenantId, body, services } = call
  checkKind(body)
  const { displayName, description, mailNickname, isAssignableToRole: isRoleAssignable } = body
  return inTenant(db, tenantId, async trx => {
    const idsOf = async (field: 'members@odata.bind' | 'owners@odata.bind') => {
      const ids: string[] = []
      for (const reference of body[field] ?? []) ids.push(await readReference(trx, { ...services, field }, reference))
      return ids
    }
    const members = await idsOf('members@odata.bind')
    const owners = await idsOf('owners@odata.bind')
    const input = { displayName, description, mailNickname, isRoleAssignable, members, owners }
    const id = await addGroup(trx, act, input)
    return { ...(await readGroup(trx, call, id)), status: 201, location: `/groups/${id}` }
  })
}

/** Throws `property_unsupported` for a kind of group that Latchkey does not have. */
function checkKind({ securityEnabled = true, mailEnabled = false, groupTypes = [] }: Static<typeof Changes>): void {
  const wrong = [
    ...(securityEnabled ? [] : ['securityEnabled']),
    ...(mailEnabled ? ['mailEnabled'] : []),
    ...(groupTypes.length > 0 ? ['groupTypes'] : []),
  ]
  if (wrong.length > 0)
    throw refuse('property_unsupported', { errors: wrong.map(field => ({ field, code: 'property_unsupported' })) })
}

async function readGroup(trx: Trx, call: Call<unknown>, id: string): Promise<ApiAnswer> {
  const entity: Entity = groupEntity(call.tenantId)
  return found(await readRow(trx, call, entity, { where: rowOf(entity, id) }))
}

/** Throws `not_found` where there is nothing. */
function found(answer: ApiAnswer | undefined): ApiAnswer {
  if (!answer) throw refuseMissing('not_found')
  return answer
}
