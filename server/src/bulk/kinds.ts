import { Type } from 'typebox'
import { type Action, demand, type Target } from '../access/index.ts'
import type { Act } from '../act.ts'
import {
  type AnnouncementKind,
  actionOf,
  addMethod,
  addUser,
  announcementKinds,
  announceRegistration,
  countedKinds,
  deleteUser,
  getUserAsked,
  joinGroup,
  leaveGroup,
  liftBlocks,
  NewUser,
  type NewUserInput,
  prepareFirstPassword,
  purgeUser,
  requireRegistration,
  restoreUser,
  revokeSessions,
  UserChanges,
  type UserInput,
  updateUserIn,
} from '../administration/index.ts'
import { bodyJudge } from '../api/index.ts'
import { isUuid } from '../crypto/index.ts'
import type { PasswordChecks } from '../passwords/index.ts'
import type { Db, Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { type Cells, type Readable, readBoolean } from './headings.ts'

/** The act of who made a job. */
export type MakerAct = Act & { actor: Extract<Act['actor'], { kind: 'user' | 'application' | 'partner' }> }

/** What became of a row: the status that a single request would have had, and whom it was about. */
export interface Done {
  status: 201 | 204
  id: string
  /** A password that nobody chose. */
  made?: string | undefined
}

/** The change of a row, which the transaction of its result makes. */
type Change = (trx: Trx) => Promise<Done>

interface Means {
  db: Db
  act: MakerAct
  checks: PasswordChecks
}

/** What a job does to each of its rows. */
export interface Kind extends Readable {
  /** What its columns take, of the most harmless target. */
  actionsOf(properties: readonly string[]): readonly Action[]
  targetIn(tenantId: string): Target
  /** Whether its rows are counted like single requests for passwords, methods and passes: so many in a minute for a maker. */
  isCredential?: true
  /** Judges the row as far as no transaction is needed. Throws what a single request would be refused with. */
  prepare(means: Means, cells: Cells): Promise<Change>
}

const ANYBODY = '00000000-0000-0000-0000-000000000000'
const anybody = (tenantId: string): Target => ({
  kind: 'user',
  tenantId,
  id: ANYBODY,
  roles: [],
  roleAssignable: false,
  settlingUntil: null,
})

export const profile = Object.keys(UserChanges.properties).filter(name => name !== 'passwordProfile')
const PASSWORD = ['password', 'forceChangePasswordNextSignIn']
const LISTS = ['businessPhones', 'otherMails']
const METHODS = ['mobilePhone', 'officePhone', 'email'] as const

const { passwordProfile, ...others } = NewUser.properties
// Without one, a password is made.
const judgeNew = bodyJudge({
  body: Type.Object({ ...others, passwordProfile: Type.Partial(passwordProfile) }, { additionalProperties: false }),
})
const judgeChanges = bodyJudge({ body: UserChanges })

/** A user as single requests write it. A cell that is no boolean stays a text, which the schema refuses. */
export function bodyOf({ password, forceChangePasswordNextSignIn: force, ...cells }: Cells): Record<string, unknown> {
  const values = Object.entries(cells).map(([name, cell]) => [name, cellValueOf(name, cell)])
  const secret = {
    ...(password !== undefined && { password }),
    ...(force !== undefined && { forceChangePasswordNextSignIn: readBoolean(force) ?? force }),
  }
  return { ...Object.fromEntries(values), ...(Object.keys(secret).length > 0 && { passwordProfile: secret }) }
}

function cellValueOf(name: string, cell: string): unknown {
  if (name === 'accountEnabled') return readBoolean(cell) ?? cell
  if (!LISTS.includes(name)) return cell
  return cell.split(';').flatMap(one => (one.trim() === '' ? [] : [one.trim()]))
}

/** Finds somebody by id or name, as the address of a request does. */
const idOf = async (trx: Trx, act: MakerAct, named: string | undefined) =>
  (await getUserAsked(trx, { act, params: { id: named ?? '' } })).id

/** A change of one person, whom a row names by id or name. */
const toPerson = (action: Action, change: (trx: Trx, act: MakerAct, id: string) => Promise<void>): Kind => ({
  properties: ['id', 'userPrincipalName'],
  required: [['id', 'userPrincipalName']],
  actionsOf: () => [action],
  targetIn: anybody,
  prepare:
    async ({ act }, { id: named, userPrincipalName }) =>
    async trx => {
      const id = await idOf(trx, act, named ?? userPrincipalName)
      await change(trx, act, id)
      return { status: 204, id }
    },
})

/** A change of one deleted person, whom a row names by id: several may have had the name. */
const toDeleted = (
  action: Action,
  properties: readonly string[],
  change: (trx: Trx, act: MakerAct, id: string, cells: Cells) => Promise<unknown>,
): Kind => ({
  properties: ['id', ...properties],
  required: [['id']],
  actionsOf: () => [action],
  targetIn: anybody,
  prepare:
    async ({ act }, { id: named = '', ...cells }) =>
    async trx => {
      const id = named.toLowerCase()
      if (!isUuid(id)) throw refuseMissing('not_found')
      await change(trx, act, id, cells)
      return { status: 204, id }
    },
})

const isAnnouncementKind = (name: string): name is AnnouncementKind => announcementKinds.some(one => one === name)

const ofGroup = (change: typeof joinGroup): Kind => ({
  properties: ['groupId', 'memberId'],
  required: [['groupId'], ['memberId']],
  aliases: { id: 'memberId', userPrincipalName: 'memberId', memberObjectIdOrUpn: 'memberId' },
  actionsOf: () => ['groups.write'],
  // Who owns a group may write it without a role.
  targetIn: tenantId => ({
    kind: 'group',
    tenantId,
    id: ANYBODY,
    roleAssignable: false,
    settlingUntil: null,
    owned: true,
    joined: false,
    adds: undefined,
  }),
  prepare:
    async ({ act }, { groupId = '', memberId = '' }) =>
    async trx => {
      const id = memberId.includes('@') ? await idOf(trx, act, memberId) : memberId.toLowerCase()
      await change(trx, act, { groupId: groupId.toLowerCase(), id })
      return { status: 204, id }
    },
})

/** The kinds of jobs that change something (administration on the wire, §2.9; api gaps, G4). */
export const kinds = {
  usersCreate: {
    properties: [...profile, ...PASSWORD],
    required: [['userPrincipalName'], ['displayName']],
    actionsOf: () => ['users.create'],
    targetIn: tenantId => ({ kind: 'tenant', tenantId }),
    async prepare({ db, act, checks }, cells) {
      const { tenantId } = act.actor
      const input = judgeNew({ accountEnabled: true, passwordProfile: {}, ...bodyOf(cells) }) as NewUserInput
      const password = await prepareFirstPassword(db, act, checks, { tenantId, input })
      return async trx => {
        const { id } = await addUser(trx, act, input, password)
        return { status: 201, id, made: password.made }
      }
    },
  },
  // Nobody's password: a limit of 30 a minute keeps a stolen token from taking over a whole company.
  usersUpdate: {
    properties: ['id', ...profile],
    required: [['id', 'userPrincipalName']],
    actionsOf(properties) {
      const isNamedById = properties.includes('id')
      const changed = properties.filter(name => name !== 'id' && (isNamedById || name !== 'userPrincipalName'))
      return [...new Set(changed.map(actionOf))]
    },
    targetIn: anybody,
    async prepare({ act }, { id: named, ...cells }) {
      const { userPrincipalName, ...rest } = cells
      const changes = judgeChanges(bodyOf(named === undefined ? rest : cells)) as UserInput
      return async trx => {
        const id = await idOf(trx, act, named ?? userPrincipalName)
        await updateUserIn(trx, act, { id, changes })
        return { status: 204, id }
      }
    },
  },
  usersDelete: toPerson('users.delete', deleteUser),
  usersRestore: toDeleted('users.restore', ['newUserPrincipalName'], restoreUser),
  usersPurge: toDeleted('users.purge', [], purgeUser),
  groupMembersAdd: ofGroup(joinGroup),
  groupMembersRemove: ofGroup(leaveGroup),
  // Only where somebody has none of a kind: what a person registered is not replaced in bulk.
  methodsPrefill: {
    properties: ['id', 'userPrincipalName', ...METHODS],
    required: [['id', 'userPrincipalName'], METHODS],
    aliases: {
      phoneNumber: 'mobilePhone',
      businessPhones: 'officePhone',
      telephoneNumber: 'officePhone',
      emailAddress: 'email',
      otherMails: 'email',
    },
    actionsOf: () => ['methods.write'],
    targetIn: anybody,
    // A stolen token would plant a number for a whole company at once.
    isCredential: true,
    async prepare({ act }, { id: named, userPrincipalName, ...cells }) {
      const given = METHODS.filter(kind => cells[kind] !== undefined)
      if (given.length === 0) throw refuse('property_required', { field: METHODS[0] })
      return async trx => {
        const id = await idOf(trx, act, named ?? userPrincipalName)
        for (const kind of given) await addMethod(trx, act, { userId: id, kind, value: cells[kind]! })
        return { status: 204, id }
      }
    },
  },
  sessionsRevoke: toPerson('sessions.revoke', revokeSessions),
  blocksLift: toPerson('blocks.lift', async (trx, act, id) => {
    await liftBlocks(trx, act, { id, kinds: countedKinds })
  }),
  requireRegistration: toPerson('blocks.lift', requireRegistration),
  announceRegistration: {
    ...toPerson('resetPolicies.write', (trx, act, id) => announceRegistration(trx, act, { id, kind: 'register' })),
    targetIn: tenantId => ({ kind: 'tenant', tenantId }),
  },
  // Apart from the one before: a worker of the former version would send its mail in the place of any.
  announceRollOut: {
    properties: ['id', 'userPrincipalName', 'announcement'],
    required: [['id', 'userPrincipalName'], ['announcement']],
    actionsOf: () => ['resetPolicies.write'],
    targetIn: tenantId => ({ kind: 'tenant', tenantId }),
    async prepare({ act }, { id: named, userPrincipalName, announcement = '' }) {
      if (!isAnnouncementKind(announcement)) throw refuse('property_invalid', { field: 'announcement' })
      return async trx => {
        const id = await idOf(trx, act, named ?? userPrincipalName)
        await announceRegistration(trx, act, { id, kind: announcement })
        return { status: 204, id }
      }
    },
  },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds

/** Demands what a kind takes for these columns, of the most harmless target; each row is judged by itself. */
export function demandKind(act: MakerAct, kind: Kind, columns: readonly string[]): void {
  for (const action of kind.actionsOf(columns)) demand(act, action, kind.targetIn(act.actor.tenantId))
}
