import type { DirectoryPerson, SyncChange } from '@latchkey/protocol'
import type { Act } from '../act.ts'
import { sleepOwnAddress } from '../administration/index.ts'
import { type AuditEvent, record } from '../audit/index.ts'
import {
  addContactInfo,
  addSynchronized,
  type Contacts,
  changeUser,
  findDeletedAnchors,
  followEntry,
  listDomains,
  lockByAnchors,
  lockByNames,
  nobody,
  raiseSecurityEpoch,
  readContactsOf,
  readName,
  removeContactInfo,
  setContactInfo,
  setOtherMails,
  type User,
} from '../directory/index.ts'
import { tellOwner } from '../methods/index.ts'
import { forgetPassword } from '../passwords/index.ts'
import type { Trx } from '../store/index.ts'
import { lowerAscii } from '../typing/index.ts'
import { type Difference, differenceOf, namesIn, readTold, type Told } from './person.ts'

/** Some people of a synchronization. `doubles`: folded names that more than one entry has, each with who had it here. */
export interface Part {
  people: readonly DirectoryPerson[]
  doubles: ReadonlySet<string>
  isDryRun: boolean
}

/** What is on record of the people of a part. */
interface Known {
  byAnchor: ReadonlyMap<string, User & { locked: boolean; guarded: boolean }>
  deleted: ReadonlySet<string>
  /** By folded name, and by folded address: who has it, with the entry that they are. */
  byName: ReadonlyMap<string, Named>
  byMail: ReadonlyMap<string, Named[]>
  contacts: ReadonlyMap<string, Contacts>
  domains: readonly string[]
}
type Named = User & { anchor: string | null }

/** What is to be done for an entry. */
type Plan =
  | { act: 'skip'; why: string }
  | { act: 'add'; told: Told }
  | { act: 'join' | 'follow'; by?: 'mail'; user: User; told: Told }

const NONE: Contacts = { byKind: {}, otherMails: [] }

/**
 * Makes people here as their entries are, in one transaction, and tells what changed. A dry run only tells it. Throws a
 * `DirectoryError` where somebody else took a name meanwhile: nothing has changed then.
 */
export async function synchronizePeople(trx: Trx, act: Act, part: Part): Promise<SyncChange[]> {
  const known = await findKnown(trx, act, part.people)
  const joined = new Set<string>()
  const changes: SyncChange[] = []
  const additions: Addition[] = []
  for (const person of part.people) {
    const plan = planFor(known, person, part.doubles)
    // One person here is joined by one entry: whoever comes second is somebody else, with the same address.
    const isTaken = plan.act === 'join' && joined.has(plan.user.id)
    if (plan.act === 'join') joined.add(plan.user.id)
    if (plan.act === 'add') additions.push({ person, told: plan.told })
    const change = isTaken ? skip(person, 'double') : await carryOut(trx, act, { ...part, known, person, plan })
    if (change) changes.push(change)
  }
  if (!part.isDryRun) await addAll(trx, act, additions, known.domains)
  return changes
}

/** Somebody who is new here. */
interface Addition {
  person: DirectoryPerson
  told: Told
}

const skip = ({ userPrincipalName }: DirectoryPerson, why: string): SyncChange => ({
  act: 'skip',
  userPrincipalName,
  why,
})

async function findKnown(trx: Trx, act: Act, people: readonly DirectoryPerson[]): Promise<Known> {
  const anchors = people.map(({ anchor }) => anchor)
  const mails = people.flatMap(({ mail }) => (mail == null ? [] : [mail]))
  const [synchronized, deleted, named, domains] = await Promise.all([
    lockByAnchors(trx, anchors),
    findDeletedAnchors(trx, anchors),
    lockByNames(
      trx,
      people.map(({ userPrincipalName }) => userPrincipalName),
      mails,
    ),
    listDomains(trx, trx.tenantId),
  ])
  const ids = new Set([...synchronized, ...named].map(({ id }) => id))
  const byMail = Map.groupBy(
    named.filter(({ mail }) => mail !== null),
    ({ mail }) => lowerAscii(mail!),
  )
  return {
    byAnchor: new Map(synchronized.map(user => [user.anchor, user])),
    deleted: new Set(deleted),
    byName: new Map(named.map(user => [readName(user.userPrincipalName).folded, user])),
    byMail,
    contacts: await readContactsOf(trx, act, [...ids]),
    domains,
  }
}

/** Who holds a role, or is in a group that can, is an administrator's to change: else an entry of their name opens the tenant. */
const isAdministrator = ({ roles, roleAssignable }: User) => roles.length > 0 || roleAssignable

function planFor(known: Known, person: DirectoryPerson, doubles: ReadonlySet<string>): Plan {
  const told = readTold(person)
  const { folded, domain } = readName(person.userPrincipalName)
  if (!told) return { act: 'skip', why: 'name' }
  if (!known.domains.includes(domain)) return { act: 'skip', why: 'domain' }
  const user = known.byAnchor.get(person.anchor)
  const named = known.byName.get(folded)
  // Of several entries with one name the one that has it here already keeps it.
  const isOthers = named !== undefined && named.id !== user?.id
  if (user) {
    if (isAdministrator(user)) return { act: 'skip', why: 'administrator' }
    if (isOthers || (named === undefined && doubles.has(folded))) return { act: 'skip', why: 'double' }
    return { act: 'follow', user, told }
  }
  if (known.deleted.has(person.anchor)) return { act: 'skip', why: 'deleted' }
  if (named)
    return isAdministrator(named) ? { act: 'skip', why: 'administrator' } : joinNamed(named, told, doubles.has(folded))
  if (doubles.has(folded)) return { act: 'skip', why: 'double' }
  return joinByMail(known, told) ?? { act: 'add', told }
}

const joinNamed = (named: Named, told: Told, isDouble: boolean): Plan =>
  named.anchor !== null || isDouble ? { act: 'skip', why: 'double' } : { act: 'join', user: named, told }

/** The one person without an entry who has the address. Several have it: nobody can tell who is meant. */
function joinByMail({ byMail }: Known, told: Told): Plan | undefined {
  const free = (told.mail == null ? [] : (byMail.get(lowerAscii(told.mail)) ?? [])).filter(
    ({ anchor }) => anchor === null,
  )
  const [user, another] = free
  if (!user) return undefined
  if (another) return { act: 'skip', why: 'double' }
  return isAdministrator(user) ? { act: 'skip', why: 'administrator' } : { act: 'join', by: 'mail', user, told }
}

interface Planned extends Part {
  known: Known
  person: DirectoryPerson
  plan: Plan
}

async function carryOut(trx: Trx, act: Act, planned: Planned): Promise<SyncChange | undefined> {
  const { known, person, plan, isDryRun } = planned
  const { userPrincipalName } = person
  if (plan.act === 'skip') {
    if (!isDryRun && plan.why === 'administrator' && !known.byAnchor.has(person.anchor))
      await tellOfAttempt(trx, act, person)
    return skip(person, plan.why)
  }
  if (plan.act === 'add') return { act: 'add', userPrincipalName }
  const { user, told } = plan
  const contacts = known.contacts.get(user.id) ?? NONE
  const difference = differenceOf(user, contacts, told, known.domains)
  const names = namesIn(difference)
  const change = nameOf(plan, difference, names)
  const before = known.byAnchor.get(person.anchor)
  if (!isDryRun && (change || before?.locked !== person.locked || before.guarded !== person.guarded))
    await follow(trx, act, { user, contacts, difference, person, change })
  return change && { ...change, userPrincipalName }
}

/** What a change is called: the strongest of what it does. */
function nameOf(
  plan: Extract<Plan, { user: User }>,
  { profile: { accountEnabled } }: Difference,
  names: readonly string[],
): Omit<SyncChange, 'userPrincipalName'> | undefined {
  if (plan.act === 'join') return { act: 'join', ...(plan.by && { why: plan.by }) }
  if (accountEnabled !== undefined) return { act: accountEnabled ? 'enable' : 'disable' }
  return names.length > 0 ? { act: 'change', why: names.join(',') } : undefined
}

/** An entry bears the name of an administrator here: a mistake, or somebody who wants their account. */
const tellOfAttempt = (trx: Trx, act: Act, { userPrincipalName }: DirectoryPerson) =>
  record(trx, act, {
    activity: 'user.synchronized',
    result: 'failure',
    reason: 'administrator',
    target: { name: userPrincipalName },
  })

/** Adds everybody who is new, in a few statements: a directory of 100,000 comes whole. */
async function addAll(trx: Trx, act: Act, additions: readonly Addition[], domains: readonly string[]): Promise<void> {
  if (additions.length === 0) return
  const people = additions.map(({ person, told }) => {
    const { userPrincipalName, accountEnabled, displayName = userPrincipalName, givenName, surname, mail } = told
    return {
      user: { userPrincipalName, accountEnabled, displayName, givenName, surname, mail: mail ?? null },
      entry: person,
      told,
    }
  })
  const ids = await addSynchronized(trx, act, people)
  const contacts = people.map(({ user, entry, told }) => {
    const { anchor } = entry
    const { userPrincipalName, mail } = user
    const fresh: User = { ...nobody(trx.tenantId), id: ids.get(anchor)!, userPrincipalName, mail }
    return { user: fresh, ...differenceOf(fresh, NONE, told, domains) }
  })
  await addContactInfo(
    trx,
    act,
    contacts.flatMap(({ user: { id: userId }, ...values }) =>
      KINDS.flatMap(kind => {
        const value = values[kind]
        return value == null ? [] : [{ userId, kind, value, setBy: 'directory' as const, confirmedAt: null }]
      }),
    ),
  )
  for (const { user, otherMails } of contacts)
    if (otherMails && otherMails.length > 0) await setOtherMails(trx, act, user, otherMails)
  await record(trx, act, ...contacts.map(({ user }) => eventOf(user, { act: 'add' })))
}

const KINDS = ['mobilePhone', 'officePhone', 'email'] as const

interface Following {
  user: User
  contacts: Contacts
  difference: Difference
  person: DirectoryPerson
  change: Omit<SyncChange, 'userPrincipalName'> | undefined
}

async function follow(trx: Trx, act: Act, { user, contacts, difference, person, change }: Following): Promise<void> {
  const { profile, ...others } = difference
  const { userPrincipalName = user.userPrincipalName, mail = user.mail } = profile
  const after = { ...user, userPrincipalName, mail }
  if (profile.userPrincipalName !== undefined || profile.mail != null) await sleepOwnAddress(trx, act, user, after)
  // At the addresses of before, as with an administrator's change: a thief changes these first.
  for (const kind of KINDS)
    if (others[kind] !== undefined && contacts.byKind[kind] !== undefined)
      await tellOwner(trx, act, user, { template: 'security_info_changed', kind })
  await changeUser(trx, user, profile)
  await setContacts(trx, act, user, others)
  await followEntry(trx, act, user, person)
  if (change?.act === 'join') await forgetPassword(trx, user)
  if (change?.act === 'join' || profile.accountEnabled === false || profile.userPrincipalName !== undefined)
    await raiseSecurityEpoch(trx, trx.tenantId, user.id)
  if (change) await tell(trx, act, user, change)
}

async function setContacts(
  trx: Trx,
  act: Act,
  user: User,
  { mobilePhone, officePhone, email, otherMails }: Omit<Difference, 'profile'>,
) {
  for (const [kind, value] of Object.entries({ mobilePhone, officePhone, email })) {
    const of = kind as 'mobilePhone' | 'officePhone' | 'email'
    if (value === null) await removeContactInfo(trx, user, of)
    else if (value !== undefined)
      await setContactInfo(trx, act, user, { kind: of, value, setBy: 'directory', confirmedAt: null })
  }
  if (otherMails) await setOtherMails(trx, act, user, otherMails)
}

/** Records what became of a person. Values are not told: the directory has them. */
export const tell = (
  trx: Trx,
  act: Act,
  user: Pick<User, 'id' | 'userPrincipalName'>,
  done: Omit<SyncChange, 'userPrincipalName'>,
) => record(trx, act, eventOf(user, done))

const eventOf = (
  { id, userPrincipalName }: Pick<User, 'id' | 'userPrincipalName'>,
  { act: done, why }: Omit<SyncChange, 'userPrincipalName'>,
): AuditEvent => ({
  activity: 'user.synchronized',
  result: 'success',
  reason: done,
  target: { id, name: userPrincipalName },
  ...(why && { details: { properties: why } }),
})
