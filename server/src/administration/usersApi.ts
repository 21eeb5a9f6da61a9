import { Type } from 'typebox'
import { type Action, authorize } from '../access/index.ts'
import {
  type Api,
  answerCount,
  answerDelta,
  answerList,
  askingOf,
  type Call,
  countCredential,
  pageOf,
  readRow,
} from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { findUser, isUser, lackingProperties, nobody, targetOf, type User, userEntity } from '../directory/index.ts'
import { readOptions, readPage, rowSchema } from '../odata/index.ts'
import { Refusal } from '../refusals.ts'
import { findBeyond, othersThan, refreshRegistrations, tellResetStates, usersWithResetState } from '../reports/index.ts'
import { inTenant } from '../store/index.ts'
import { foldName } from '../typing/index.ts'
import { deleteUser } from './deletedUsers.ts'
import { refuseMissing } from './errors.ts'
import { changeOwnPassword } from './ownPassword.ts'
import { getUserAsked } from './userAsked.ts'
import type { NewUserInput, UserInput } from './userInput.ts'
import { NewUser, UserChanges } from './userSchemas.ts'
import { createUser, revokeSessions, updateOwn, updateUser } from './users.ts'

const NOBODYS = '00000000-0000-0000-0000-000000000000'
const ANSWER = rowSchema(userEntity(NOBODYS))
const WITH_STATE = rowSchema(usersWithResetState(NOBODYS, new Date(0)))

const told = {
  readOnly: [
    'id',
    'createdDateTime',
    'deletedDateTime',
    'proxyAddresses',
    'userType',
    'onPremisesSyncEnabled',
    'onPremisesLastSyncDateTime',
    'passwordMasteredIn',
    'lastPasswordChangeDateTime',
    'signInSessionsValidFromDateTime',
    'signInActivity',
  ],
  unsupported: lackingProperties.filter(name => name !== 'passwordProfile'),
} as const

const OF_A_LIST = ['$select', '$filter', '$search', '$orderby', '$top', '$count', '$expand']
const CHANGES = ['users.update', 'users.sensitive', 'users.rename', 'users.enable', 'passwords.write'] as const

/** Users of `/v1.0` (administration on the wire, §2.1). */
export function usersApi(api: Api) {
  api.add({
    method: 'GET',
    path: '/me',
    action: 'self.read',
    delegated: true,
    summary: 'Read your own account',
    context: 'users/$entity',
    answer: WITH_STATE,
    options: ['$select', '$expand'],
    status: 200,
    readsOnly,
    handle: call => readUser(call),
  })
  api.add({
    method: 'PATCH',
    path: '/me',
    action: 'self.write',
    delegated: true,
    summary: 'Choose the language of your account',
    body: UserChanges,
    ...told,
    status: 204,
    async handle(call) {
      await inTenant(call.db, call.tenantId, async trx =>
        updateOwn(trx, call.act, await getUserAsked(trx, call), call.body as UserInput),
      )
      return {}
    },
  })
  api.add({
    method: 'POST',
    path: '/me/changePassword',
    action: 'self.write',
    delegated: true,
    summary: 'Change your own password, which signs you out everywhere',
    body: Type.Object(
      {
        currentPassword: Type.String({ minLength: 1, maxLength: 1024 }),
        newPassword: Type.String({ minLength: 1, maxLength: 1024 }),
      },
      { additionalProperties: false },
    ),
    isCredential: true,
    status: 204,
    async handle({ db, act, caller, services, body }) {
      if (caller.user) await changeOwnPassword(db, act, services.passwordChecks, { user: caller.user, ...body })
      return {}
    },
  })
  api.add({
    method: 'GET',
    path: '/users',
    action: 'profile.read',
    summary: 'List users',
    context: 'users',
    answer: Type.Object({ value: Type.Array(WITH_STATE) }),
    options: OF_A_LIST,
    status: 200,
    readsOnly,
    handle: call => (asksStates(call) ? listWithStates(call) : answerList(call, userEntity(call.tenantId))),
  })
  api.add({
    method: 'GET',
    path: '/users/$count',
    action: 'profile.read',
    summary: 'Count users',
    options: ['$filter', '$search'],
    status: 200,
    readsOnly,
    handle: call => (asksStates(call) ? countWithStates(call) : answerCount(call, userEntity(call.tenantId))),
  })
  api.add({
    method: 'GET',
    path: '/users/delta',
    action: 'profile.read',
    summary: 'List what has changed of users',
    context: 'users',
    answer: Type.Object({ value: Type.Array(ANSWER) }),
    options: ['$select', '$filter', '$deltatoken'],
    status: 200,
    handle: call => answerDelta(call, userEntity(call.tenantId)),
  })
  api.add({
    method: 'GET',
    path: '/users/{id}',
    action: 'profile.read',
    summary: 'Read a user',
    context: 'users/$entity',
    answer: WITH_STATE,
    options: ['$select', '$expand'],
    status: 200,
    readsOnly,
    handle: call => readUser(call),
  })
  api.add({
    method: 'POST',
    path: '/users',
    action: 'users.create',
    summary: 'Create a user',
    body: NewUser,
    ...told,
    context: 'users/$entity',
    answer: ANSWER,
    status: 201,
    async handle(call) {
      const { db, act, tenantId, services, body } = call
      const input = body as NewUserInput
      const { id } = await createUser(db, act, services.passwordChecks, { tenantId, input })
      return { ...(await readUser({ ...call, query: [], params: { id } }, ['profile.read'])), location: `/users/${id}` }
    },
  })
  api.add({
    method: 'PATCH',
    path: '/users/{id}',
    action: CHANGES,
    summary: 'Change a user',
    body: UserChanges,
    ...told,
    status: 204,
    async handle(call) {
      const { db, act, tenantId, services, headers, body } = call
      const changes = body as UserInput
      if (changes.passwordProfile) await countCredential(call)
      const id = await idAsked(call)
      await updateUser(db, act, services.passwordChecks, { tenantId, id, ifMatch: headers['if-match'], changes })
      return {}
    },
  })
  api.add({
    method: 'DELETE',
    path: '/users/{id}',
    action: 'users.delete',
    summary: 'Delete a user, who can be restored for 30 days',
    status: 204,
    async handle(call) {
      await inTenant(call.db, call.tenantId, async trx => {
        const { id } = await getUserAsked(trx, call)
        await deleteUser(trx, call.act, id, call.headers['if-match'])
      })
      return {}
    },
  })
  for (const path of ['/me/revokeSignInSessions', '/users/{id}/revokeSignInSessions'])
    api.add({
      method: 'POST',
      path,
      action: 'sessions.revoke',
      ...(path.startsWith('/me') && { delegated: true }),
      summary: path.startsWith('/me') ? 'Sign yourself out everywhere' : 'Sign a user out everywhere',
      context: 'Edm.Boolean',
      answer: Type.Object({ value: Type.Boolean() }),
      status: 200,
      async handle(call) {
        await inTenant(call.db, call.tenantId, async trx => {
          const { id } = await getUserAsked(trx, call)
          await revokeSessions(trx, call.act, id)
        })
        return { json: { value: true } }
      },
    })
}

/** The id of an address, for an act that finds the user by it. Throws `not_found` where the address is no id and no name. */
async function idAsked({ db, tenantId, params, act }: Call): Promise<string> {
  const id = foldName(params.id ?? '')
  if (isUuid(id)) return id
  return (await inTenant(db, tenantId, trx => getUserAsked(trx, { params, act }))).id
}

/** Whether `resetState` is asked for, which is judged for the rows of a page rather than read. */
const asksStates = ({ query }: Pick<Call, 'query'>) => query.some(([, value]) => value.includes('resetState'))

/** What `resetState` is judged by may be written first. */
const readsOnly = (query: Call['query']) => !asksStates({ query })

/**
 * What a list that asks for `resetState` is read by. Where a filter compares it, who is due is judged first, and those
 * are left out whose state the caller may not read.
 */
async function readingOf(call: Call) {
  const { db, act, tenantId, query } = call
  const entity = usersWithResetState(tenantId, act.now)
  const options = readOptions(entity, query, askingOf(call))
  const compares = query.some(([name, value]) => /^\$?filter$/i.test(name) && value.includes('resetState'))
  if (compares) await refreshRegistrations(db, act, tenantId)
  const within = (beyond: readonly string[]) => (compares ? [othersThan(beyond)] : [])
  return { entity, options, within }
}

async function listWithStates(call: Call) {
  const { db, act, tenantId } = call
  const { entity, options, within } = await readingOf(call)
  const page = await inTenant(db, tenantId, async trx => {
    const beyond = await findBeyond(trx, act)
    const found = await readPage(trx, entity, options, within(beyond))
    if (options.properties.some(([name]) => name === 'resetState')) await tellResetStates(trx, act, found.value, beyond)
    return found
  })
  return pageOf(call, page)
}

async function countWithStates(call: Call) {
  const { entity, within } = await readingOf(call)
  return answerCount(call, entity, async trx => within(await findBeyond(trx, call.act)))
}

/** Reads a user as the caller may see them. One's own account is seen whole, by any permission that reads it. */
/** `granted`: what may be read besides what the caller's rights open. Who makes somebody is told what came of it. */
async function readUser(call: Call, granted: readonly Action[] = []) {
  const { caller, params } = call
  const id = params.id === undefined ? caller.user?.id : foldName(params.id)
  const isAtOnce = id !== undefined && isUuid(id) && !asksStates(call)
  const row = (isAtOnce ? await readAtOnce(call, id) : undefined) ?? (await readInTurn(call, granted))
  if (!row) throw refuseMissing('not_found')
  return row
}

/** What the caller may read of a person. */
function rightsOver({ act }: Call, user: User): (action: Action) => boolean {
  const target = targetOf(user)
  const isOwn = authorize(act, 'self.read', target).allowed
  return action => isOwn || authorize(act, action, target).allowed
}

/**
 * Reads in one flight the person by whom rights are judged, and the row as of somebody who holds none. Undefined where
 * it reads otherwise of this person, or nothing was found.
 */
async function readAtOnce(call: Call, id: string) {
  const { tenantId, caller } = call
  const presumed = rightsOver(call, caller.user?.id === id ? caller.user : nobody(tenantId))
  const judged = new Map<Action, boolean>()
  const may = (action: Action) => {
    const allowed = presumed(action)
    judged.set(action, allowed)
    return allowed
  }
  const which = { where: isUser(id), may }
  const [user, row] = await call
    .read(trx =>
      trx.last(() =>
        Promise.all([findUser(trx, tenantId, id), readRow(trx, call, userEntity(tenantId), which)] as const),
      ),
    )
    .catch(error => {
      // Refused for a property: whether there is such a person is judged before it.
      if (error instanceof Refusal) return []
      throw error
    })
  if (!user) return undefined
  const rights = rightsOver(call, user)
  return rights('profile.read') && [...judged].every(([action, allowed]) => rights(action) === allowed)
    ? row
    : undefined
}

const readInTurn = (call: Call, granted: readonly Action[]) =>
  call.read(async trx => {
    const { tenantId, act, caller, params } = call
    // The caller was read a moment ago, with the rights of the token.
    const user = params.id === undefined && caller.user ? caller.user : await getUserAsked(trx, call)
    const rights = rightsOver(call, user)
    const may = (action: Action) => granted.includes(action) || rights(action)
    if (!may('profile.read')) throw refuseMissing('not_found')
    const which = { where: isUser(user.id), may }
    if (!asksStates(call)) return trx.last(() => readRow(trx, call, userEntity(tenantId), which))
    const found = await readRow(trx, call, usersWithResetState(tenantId, act.now), which)
    if (found?.json?.resetState) await tellResetStates(trx, act, [found.json], [])
    return found
  })
