import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type AuditEvent, record } from '../audit/index.ts'
import {
  addContactInfo,
  changeMembers,
  checkNames,
  checkNewName,
  checkUserPrincipalName,
  insertUsers,
  listDomains,
  nobody,
  readName,
  setOtherMails,
} from '../directory/index.ts'
import { isOwnAddress } from '../methods/index.ts'
import { addForeignPasswords } from '../passwords/index.ts'
import { Refusal } from '../refusals.ts'
import type { Trx } from '../store/index.ts'
import { getLockedGroup } from './authority.ts'
import { refuse } from './errors.ts'
import { checkMaster } from './members.ts'
import { getGroupId } from './rows.ts'
import { asRefused, type NewUserInput, readInput } from './userInput.ts'
import { told } from './users.ts'

/** Somebody who comes from another system, with what they had there. */
export interface Newcomer {
  input: Omit<NewUserInput, 'passwordProfile'>
  /** The hash of their password, which has been judged. */
  hash: string | undefined
  /** The groups that they join, by name or id. */
  groups: readonly string[]
}

/** What became of somebody: their id, or what `addUser` would have refused them with. */
type Added = { id: string } | { refused: Refusal }

/**
 * Adds people by the rules of `addUser`, in a few statements for all of them: a company of 100,000 comes at once. Who
 * is refused leaves nothing behind, and keeps nobody else out. Nobody gets a role by it.
 */
export async function addNewcomers(trx: Trx, act: Act, people: readonly Newcomer[]): Promise<Added[]> {
  demand(act, 'users.create', { kind: 'tenant', tenantId: trx.tenantId })
  const domains = await listDomains(trx, trx.tenantId)
  const judged: (Judged | Refusal)[] = []
  const known: Known = { domains, ownDomains: new Set(), groups: new Map() }
  for (const person of people) judged.push(await orRefusal(() => judge(trx, act, known, person)))
  const fitting = judged.flatMap(one => (one instanceof Refusal ? [] : [one]))
  const ids = await insertUsers(
    trx,
    act,
    fitting.map(({ set }) => ({ set })),
  )
  const added = fitting.flatMap((one, at) => (ids[at] === undefined ? [] : [{ ...one, id: ids[at] }]))
  await addContactInfo(
    trx,
    act,
    added.flatMap(({ id: userId, contacts }) =>
      contacts.map(contact => ({ userId, ...contact, setBy: 'administrator' as const, confirmedAt: null })),
    ),
  )
  for (const { id, otherMails } of added)
    if (otherMails.length > 0) await setOtherMails(trx, act, { ...nobody(trx.tenantId), id }, otherMails)
  await addForeignPasswords(
    trx,
    act,
    added.flatMap(({ id: userId, hash }) => (hash === undefined ? [] : [{ userId, hash }])),
  )
  for (const [groupId, members] of Map.groupBy(
    added.flatMap(({ id, groups }) => groups.map(group => ({ id, ...group }))),
    ({ groupId }) => groupId,
  ))
    await changeMembers(trx, act, {
      groupId,
      joining: members.map(({ id }) => ({ kind: 'user', id })),
      leaving: [],
    })
  if (added.length > 0) await record(trx, act, ...added.flatMap(one => eventsOf(one)))
  let next = 0
  return judged.map(one => {
    if (one instanceof Refusal) return { refused: one }
    const id = ids[next++]
    return id === undefined ? { refused: refuse('ObjectConflict', { field: 'userPrincipalName' }) } : { id }
  })
}

/** What was found out for the people before. */
interface Known {
  domains: readonly string[]
  ownDomains: Set<string>
  groups: Map<string, Group | Refusal>
}

interface Group {
  groupId: string
  name: string
}

interface Judged {
  set: Omit<NewUserInput, 'passwordProfile'>
  contacts: { kind: 'mobilePhone' | 'officePhone' | 'email'; value: string }[]
  otherMails: readonly string[]
  hash: string | undefined
  groups: Group[]
  input: Newcomer['input']
}

async function judge(trx: Trx, act: Act, known: Known, { input, hash, groups }: Newcomer): Promise<Judged> {
  const { mobilePhone, businessPhones, otherMails = [], ...set } = readInput(input)
  const { domain } = readName(set.userPrincipalName)
  await asRefused(
    (async () => {
      checkNames(set)
      // Of each domain once, with the name's own form.
      if (!known.ownDomains.has(domain)) await checkNewName(trx, set.userPrincipalName)
      else checkUserPrincipalName(set.userPrincipalName)
    })(),
  )
  known.ownDomains.add(domain)
  const [first, ...others] = otherMails
  const named = { ...nobody(trx.tenantId), userPrincipalName: set.userPrincipalName, mail: set.mail ?? null }
  // The first address opens resets, so that it must not be the account itself (decision 24).
  if (first !== undefined && isOwnAddress(first, named, known.domains))
    throw refuse('property_invalid', { field: 'otherMails' })
  const joined: Group[] = []
  for (const group of new Set(groups)) {
    if (!known.groups.has(group)) known.groups.set(group, await orRefusal(() => findGroup(trx, act, group)))
    const found = known.groups.get(group)!
    if (found instanceof Refusal) throw found
    if (!joined.some(({ groupId }) => groupId === found.groupId)) joined.push(found)
  }
  const contacts = [
    { kind: 'mobilePhone' as const, value: mobilePhone },
    { kind: 'officePhone' as const, value: businessPhones?.[0] },
    { kind: 'email' as const, value: first },
  ].flatMap(({ kind, value }) => (value == null ? [] : [{ kind, value }]))
  return { set, contacts, otherMails: others, hash, groups: joined, input }
}

/** A group that newcomers may join. One that can hold roles is joined by name alone, one after the other. */
async function findGroup(trx: Trx, act: Act, named: string): Promise<Group> {
  const field = 'groups'
  const groupId = await getGroupId(trx, named).catch(error => {
    throw error instanceof Refusal ? refuse('property_invalid', { field }) : error
  })
  const { name, target, group } = await getLockedGroup(trx, act, groupId)
  demand(act, 'groups.write', target)
  checkMaster(group, field)
  if (target.roleAssignable) throw refuse('property_invalid', { field })
  return { groupId, name }
}

async function orRefusal<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

const eventsOf = ({ id, set, input, groups }: Judged & { id: string }): AuditEvent[] => [
  {
    activity: 'user.created',
    result: 'success',
    target: { id, name: set.userPrincipalName },
    details: told({}, input),
  },
  ...groups.map(
    ({ groupId, name }): AuditEvent => ({
      activity: 'group.member_added',
      result: 'success',
      target: { id: groupId, name },
      details: { user: id, name: set.userPrincipalName },
    }),
  ),
]
