import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { addGroup, deleteGroup, getLockedGroup, updateGroup } from '../administration/index.ts'
import { isUuid } from '../crypto/index.ts'
import { groupEntity, lockTenant } from '../directory/index.ts'
import { type Entity, readOne, readSelection } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { askingOf, checkVersion, type ScimAnswer, type ScimCall } from './calls.ts'
import { refuse } from './errors.ts'
import { findExternalIds, isNamed, setExternalId } from './externalIds.ts'
import type { Comparison, Path } from './filter.ts'
import { answerList, idOrNone, quoted } from './lists.ts'
import {
  asMember,
  changeMembers,
  findMembers,
  hasMember,
  type MembersState,
  newMembers,
  sameMembers,
  toldOf,
  writeMembers,
} from './members.ts'
import { type Operation, partsOf, readOperations, readText } from './operations.ts'
import { isAsked } from './projection.ts'
import { GROUP } from './schemas.ts'

const SELECTED = 'id,displayName,createdDateTime'

/** A group’s ETag here changes with its members too. */
const entityOf = (tenantId: string): Entity => ({ ...groupEntity(tenantId), version: sql`groups.changed_in::text` })

const namer = ({ caller }: ScimCall) => ({ appId: caller.appId, kind: 'group' }) as const

type Row = Record<string, unknown>

/** What a body or an operation says of a group. */
interface GroupState {
  displayName: string | null | undefined
  externalId: string | null | undefined
  members: MembersState
}

const nothing = (): GroupState => ({ displayName: undefined, externalId: undefined, members: sameMembers() })

function change(state: GroupState, { op, path, value }: Operation): void {
  if (!path) for (const part of partsOf({ op, value })) changeAt(state, part, true)
  else changeAt(state, { op, path, value }, false)
}

function changeAt(state: GroupState, { op, path, value }: Operation & { path: Path }, isLoose: boolean): void {
  const { attribute } = path
  const given = op === 'remove' ? null : value
  if (attribute === 'members') changeMembers(state.members, { op, path, value })
  else if (attribute === 'displayname') state.displayName = readText(given, 'displayName')
  else if (attribute === 'externalid') state.externalId = readText(given, 'externalId')
  else if (isLoose) return
  else throw refuse(['schemas', 'id', 'meta'].includes(attribute) ? 'mutability' : 'invalidPath', { field: attribute })
}

interface Found {
  row: Row
  externalId: string | undefined
  version: string
}

async function findGroup(trx: Trx, call: ScimCall, id: string): Promise<Found> {
  if (!isUuid(id)) throw refuse('no_resource')
  const entity = entityOf(call.tenantId)
  const selection = readSelection(entity, [['$select', SELECTED]], askingOf(call, '/Groups'))
  const row = await readOne(trx, entity, selection, sql<boolean>`groups.id = ${id}::uuid`)
  if (!row) throw refuse('no_resource')
  const externalId = (await findExternalIds(trx, namer(call), [id])).get(id)
  return { row, externalId, version: versionOf(row, externalId) }
}

function versionOf(row: Row, externalId: string | undefined): string {
  const version = String(row['@odata.etag'])
  if (externalId === undefined) return version
  const hash = createHash('sha256').update(externalId).digest('base64url').slice(0, 11)
  return version.replace(/"$/, `.${hash}"`)
}

/** Groups as SCIM answers them, with their members where these are asked for. */
async function resourcesOf(trx: Trx, call: ScimCall, found: readonly Found[]): Promise<object[]> {
  const { base } = call
  const ids = found.map(({ row }) => String(row.id))
  const members = isAsked(call.query, 'members') ? await findMembers(trx, ids) : undefined
  return found.map(({ row, externalId, version }) => {
    const own = members?.get(String(row.id)) ?? []
    return {
      schemas: [GROUP],
      id: row.id,
      ...(externalId !== undefined && { externalId }),
      displayName: row.displayName,
      ...(own.length > 0 && { members: toldOf(own, base) }),
      meta: { resourceType: 'Group', created: row.createdDateTime, location: `${base}/Groups/${row.id}`, version },
    }
  })
}

async function answerOf(trx: Trx, call: ScimCall, found: Found, status = 200): Promise<ScimAnswer> {
  const [json] = await resourcesOf(trx, call, [found])
  return { status, json: json!, etag: found.version }
}

export const readGroup = (call: ScimCall, id: string): Promise<ScimAnswer> =>
  inTenant(call.db, call.tenantId, async trx => answerOf(trx, call, await findGroup(trx, call, id)))

export async function listGroups(call: ScimCall): Promise<ScimAnswer> {
  const json = await answerList(call, {
    path: '/Groups',
    entity: entityOf(call.tenantId),
    select: SELECTED,
    compare: (trx, comparison) => compare(trx, call, comparison),
    async write(trx, rows) {
      const named = await findExternalIds(
        trx,
        namer(call),
        rows.map(({ id }) => String(id)),
      )
      const found = rows.map(row => {
        const externalId = named.get(String(row.id))
        return { row, externalId, version: versionOf(row, externalId) }
      })
      return resourcesOf(trx, call, found)
    },
  })
  return { status: 200, json }
}

function compare(trx: Trx, call: ScimCall, { attribute, value }: Comparison) {
  if (typeof value !== 'string') return undefined
  switch (attribute) {
    case 'displayname':
      return `displayName eq ${quoted(value)}`
    case 'id':
      return idOrNone(value, id => `id eq ${id}`)
    case 'externalid':
      return isNamed(trx, namer(call), sql`groups.id`, value)
    case 'members':
    case 'members.value':
      return idOrNone(value, id => hasMember(trx, sql`groups.id`, id))
    default:
      return undefined
  }
}

/** Makes a group with its first members. */
export async function createGroup(call: ScimCall): Promise<ScimAnswer> {
  const { db, act, tenantId, body } = call
  const state = nothing()
  change(state, { op: 'add', path: undefined, value: body })
  const displayName = nameOf(state.displayName)
  const members = newMembers(state.members)
  return inTenant(db, tenantId, async trx => {
    await lockTenant(trx, tenantId)
    const id = await addGroup(trx, act, { displayName, members }).catch(asMember)
    if (state.externalId) await setExternalId(trx, namer(call), id, state.externalId)
    return { ...(await answerOf(trx, call, await findGroup(trx, call, id), 201)), location: `/Groups/${id}` }
  })
}

function nameOf(displayName: string | null | undefined): string {
  const name = displayName?.normalize('NFC')
  if (!name || name.length > 256 || /\p{Cc}/u.test(name)) throw refuse('invalidValue', { field: 'displayName' })
  return name
}

/** Replaces a group. What the body leaves out loses its value: without members it has none any more. */
export function replaceGroup(call: ScimCall, id: string): Promise<ScimAnswer> {
  const state = nothing()
  change(state, { op: 'add', path: undefined, value: call.body })
  const whole = { ...state, externalId: state.externalId ?? null, members: { ...state.members, isWhole: true } }
  return changeGroup(call, id, { ...whole, displayName: nameOf(state.displayName) }, true)
}

/** Changes a group by operations: all of them, or none. */
export function patchGroup(call: ScimCall, id: string): Promise<ScimAnswer> {
  const operations = readOperations(call.body)
  const state = nothing()
  for (const one of operations) change(state, one)
  // Entra ID and Okta expect no body, which could be large.
  return changeGroup(call, id, state, call.query.attributes !== undefined)
}

/** Locks a group that is as `If-Match` has it, a change of a moment ago included. Throws `no_resource`, `version_differs`. */
async function lockAsked(trx: Trx, call: ScimCall, id: string) {
  await lockTenant(trx, call.tenantId)
  await findGroup(trx, call, id)
  const { group } = await getLockedGroup(trx, call.act, id)
  const found = await findGroup(trx, call, id)
  checkVersion(call, found.version)
  return { group, found }
}

function changeGroup(call: ScimCall, id: string, state: GroupState, isTold: boolean): Promise<ScimAnswer> {
  const { db, act, tenantId } = call
  const { displayName, externalId, members } = state
  return inTenant(db, tenantId, async trx => {
    const { group, found } = await lockAsked(trx, call, id)
    if (displayName !== undefined && displayName !== group.displayName)
      await updateGroup(trx, act, { id: group.id, changes: { displayName: nameOf(displayName) } })
    await writeMembers(trx, act, group.id, members)
    if (externalId !== undefined && externalId !== (found.externalId ?? null))
      await setExternalId(trx, namer(call), group.id, externalId)
    const changed = await findGroup(trx, call, id)
    return isTold ? answerOf(trx, call, changed) : { status: 204, etag: changed.version }
  })
}

/** Deletes a group, which can be restored for thirty days by `/v1.0`. */
export async function removeGroup(call: ScimCall, id: string): Promise<ScimAnswer> {
  const { db, act, tenantId } = call
  await inTenant(db, tenantId, async trx => {
    await lockAsked(trx, call, id)
    await deleteGroup(trx, act, id)
  })
  return { status: 204 }
}
