import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import {
  addUser,
  deleteUser,
  type NewUserInput,
  prepareFirstPassword,
  UserChanges,
  type UserInput,
  updateUserIn,
} from '../administration/index.ts'
import { bodyJudge } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import { isUser, lockTenant, userEntity } from '../directory/index.ts'
import { readOne, readSelection } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { askingOf, checkVersion, type ScimAnswer, type ScimCall } from './calls.ts'
import { refuse } from './errors.ts'
import { findExternalIds, isNamed, setExternalId } from './externalIds.ts'
import type { Comparison } from './filter.ts'
import { answerList, idOrNone, quoted } from './lists.ts'
import { readOperations } from './operations.ts'
import { change, inputOf, nothing, resourceOf, SELECTED, stateOf, type UserState } from './userResource.ts'

const judge = bodyJudge({ body: UserChanges })

const namer = ({ caller }: ScimCall) => ({ appId: caller.appId, kind: 'user' }) as const

/** A user as they were read. `version`: the ETag. */
interface Found {
  row: Record<string, unknown>
  externalId: string | undefined
  version: string
}

async function findUser(trx: Trx, call: ScimCall, id: string): Promise<Found> {
  if (!isUuid(id)) throw refuse('no_resource')
  const entity = userEntity(call.tenantId)
  const selection = readSelection(entity, [['$select', SELECTED]], askingOf(call, '/Users'))
  const row = await readOne(trx, entity, selection, isUser(id))
  if (!row) throw refuse('no_resource')
  const externalId = (await findExternalIds(trx, namer(call), [id])).get(id)
  return { row, externalId, version: versionOf(row, externalId) }
}

/** The program's own id is no part of the user, and of the resource it is. */
function versionOf(row: Record<string, unknown>, externalId: string | undefined): string {
  const version = String(row['@odata.etag'])
  if (externalId === undefined) return version
  const hash = createHash('sha256').update(externalId).digest('base64url').slice(0, 11)
  return version.replace(/"$/, `.${hash}"`)
}

const answerOf = ({ base }: ScimCall, { row, externalId, version }: Found, status = 200): ScimAnswer => ({
  status,
  json: resourceOf(row, externalId, { base, version }),
  etag: version,
})

export const readUser = (call: ScimCall, id: string): Promise<ScimAnswer> =>
  inTenant(call.db, call.tenantId, async trx => answerOf(call, await findUser(trx, call, id)))

export async function listUsers(call: ScimCall): Promise<ScimAnswer> {
  const json = await answerList(call, {
    path: '/Users',
    entity: userEntity(call.tenantId),
    select: SELECTED,
    compare: (trx, comparison) => compare(trx, call, comparison),
    async write(trx, rows) {
      const named = await findExternalIds(
        trx,
        namer(call),
        rows.map(({ id }) => String(id)),
      )
      return rows.map(row => {
        const externalId = named.get(String(row.id))
        return resourceOf(row, externalId, { base: call.base, version: versionOf(row, externalId) })
      })
    },
  })
  return { status: 200, json }
}

function compare(trx: Trx, call: ScimCall, { attribute, value }: Comparison) {
  if (attribute === 'active') {
    const word = String(value).toLowerCase()
    return word === 'true' || word === 'false' ? `accountEnabled eq ${word}` : undefined
  }
  if (typeof value !== 'string') return undefined
  switch (attribute) {
    case 'username':
      return `userPrincipalName eq ${quoted(value)}`
    case 'displayname':
      return `displayName eq ${quoted(value)}`
    case 'id':
      return idOrNone(value, id => `id eq ${id}`)
    case 'emails':
    case 'emails.value':
      return `(mail eq ${quoted(value)} or otherMails/any(o:o eq ${quoted(value)}))`
    case 'externalid':
      return isNamed(trx, namer(call), sql`users.id`, value)
    default:
      return undefined
  }
}

/** The properties, judged as those of a body of `/v1.0`. */
const judged = (input: UserInput) => judge(input as Record<string, unknown>) as UserInput

/** Makes a user. Without a password the person registers nothing before an administrator gives one. */
export async function createUser(call: ScimCall): Promise<ScimAnswer> {
  const { db, act, tenantId, services, body } = call
  const state = nothing()
  change(state, { op: 'add', path: undefined, value: body })
  const { password, externalid: externalId } = state.texts
  const input = newUser(state)
  const given = password ? { ...input, passwordProfile: { password } } : input
  const prepared = password
    ? await prepareFirstPassword(db, act, services.passwordChecks, { tenantId, input: given })
    : undefined
  return inTenant(db, tenantId, async trx => {
    await lockTenant(trx, tenantId)
    const { id } = await addUser(trx, act, given, prepared)
    if (externalId) await setExternalId(trx, namer(call), id, externalId)
    return { ...answerOf(call, await findUser(trx, call, id), 201), location: `/Users/${id}` }
  })
}

function newUser(state: UserState): NewUserInput {
  const input = withNames(state)
  const said = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
  return judged({ accountEnabled: true, ...said }) as NewUserInput
}

/** The properties with a name to show, where the program says none. */
function withNames(state: UserState): UserInput {
  const { texts } = state
  const userName = texts.username
  if (!userName) throw refuse('invalidValue', { field: 'userName' })
  const fullName = [texts['name.givenname'], texts['name.familyname']].filter(Boolean).join(' ')
  return { ...inputOf(state), displayName: texts.displayname ?? (fullName || userName) }
}

/** Replaces a user. What the body leaves out loses its value, but for the password and whether the person may sign in. */
export function replaceUser(call: ScimCall, id: string): Promise<ScimAnswer> {
  const state = nothing()
  change(state, { op: 'add', path: undefined, value: call.body })
  return changeUser(call, id, () => state)
}

/** Changes a user by operations: all of them, or none. */
export function patchUser(call: ScimCall, id: string): Promise<ScimAnswer> {
  const operations = readOperations(call.body)
  return changeUser(call, id, state => {
    for (const one of operations) change(state, one)
    return state
  })
}

function changeUser(call: ScimCall, id: string, changed: (state: UserState) => UserState): Promise<ScimAnswer> {
  const { db, act, tenantId } = call
  return inTenant(db, tenantId, async trx => {
    // What is read here holds until it is written: every change by SCIM waits for this row.
    await lockTenant(trx, tenantId)
    const found = await findUser(trx, call, id)
    const before = inputOf(stateOf(found.row, found.externalId))
    const state = changed(stateOf(found.row, found.externalId))
    if (state.texts.password) throw refuse('mutability', { field: 'password' })
    const changes = judged(differing(before, withNames(state)))
    checkVersion(call, found.version)
    if (Object.keys(changes).length > 0) await updateUserIn(trx, act, { id: id, changes })
    const externalId = state.texts.externalid ?? null
    if (externalId !== (found.externalId ?? null)) await setExternalId(trx, namer(call), id, externalId)
    return answerOf(call, await findUser(trx, call, id))
  })
}

const differing = (before: UserInput, after: UserInput): UserInput =>
  Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof UserInput]),
    ),
  )

/** Deletes a user, who can be restored for thirty days by `/v1.0`. */
export async function removeUser(call: ScimCall, id: string): Promise<ScimAnswer> {
  const { db, act, tenantId } = call
  await inTenant(db, tenantId, async trx => {
    await lockTenant(trx, tenantId)
    const { version } = await findUser(trx, call, id)
    checkVersion(call, version)
    await deleteUser(trx, act, id)
  })
  return { status: 204 }
}
