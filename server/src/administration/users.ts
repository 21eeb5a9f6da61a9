import { authorize, demand, demandAny } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type AuditEvent, changesOf, record } from '../audit/index.ts'
import {
  createUser as addToDirectory,
  changeUser,
  findProfile,
  findUser,
  findUserByName,
  judgeChange,
  listDomains,
  lockTenant,
  nobody,
  raiseSecurityEpoch,
  readContactInfo,
  readName,
  readOtherMails,
  removeContactInfo,
  type StoredProfile,
  setContactInfo,
  setOtherMails,
  targetOf,
  type User,
} from '../directory/index.ts'
import { isOwnAddress, tellOwner } from '../methods/index.ts'
import {
  newTemporaryPassword,
  type PasswordChecks,
  type PreparedPassword,
  preparePassword,
  readPasswordRules,
  refusedPassword,
  requireChange,
  setPassword,
} from '../passwords/index.ts'
import { Refusal } from '../refusals.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { demandChecked } from './callerChecks.ts'
import { refuse, refuseMissing } from './errors.ts'
import { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
import { sleepOwnAddress } from './ownAddress.ts'
import { actionOf, asRefused, type NewUserInput, namesIn, readInput, type UserInput } from './userInput.ts'
import { checkVersion } from './versions.ts'

// This file is long because it holds every way in which an administrator changes a living user.

/** The password of a new user, as `preparePassword` leaves it. `made`: where nobody chose it. */
export type GivenPassword = PreparedPassword & { mustChange: boolean; made?: string }

/**
 * Makes a user with a password, which the person must change unless the input says otherwise. Returns the user.
 * Throws `domain_not_verified`, `ObjectConflict`, `property_invalid`, `password_…`.
 */
export async function createUser(
  db: Db,
  act: Act,
  checks: PasswordChecks,
  { tenantId, input }: { tenantId: string; input: NewUserInput },
): Promise<User> {
  const password = await prepareFirstPassword(db, act, checks, { tenantId, input })
  return inTenant(db, tenantId, trx => addUser(trx, act, input, password))
}

/** Judges and hashes the password of a new user, or makes one, outside of any transaction. Throws `ObjectConflict`, `password_…`. */
export async function prepareFirstPassword(
  db: Db,
  act: Act,
  checks: PasswordChecks,
  { tenantId, input }: { tenantId: string; input: NewUserInput },
): Promise<GivenPassword> {
  demandNew(act, tenantId, input)
  const { password, forceChangePasswordNextSignIn: mustChange = true } = input.passwordProfile ?? {}
  const { userPrincipalName, displayName, givenName = null, surname = null } = input
  const named = { ...nobody(tenantId), userPrincipalName, displayName, givenName, surname }
  const [taken, rules] = await inTenant(db, tenantId, trx =>
    trx.last(() =>
      Promise.all([
        findUserByName(trx, tenantId, readName(userPrincipalName).folded),
        readPasswordRules(trx, act, named, 'reset'),
      ]),
    ),
  )
  // Before anything is hashed for it.
  if (taken) throw refuse('ObjectConflict', { field: 'userPrincipalName' })
  const newPassword = password ?? newTemporaryPassword(act, checks, rules)
  const judged = await preparePassword(db, act, checks, { rules, newPassword })
  if ('refused' in judged) throw inPasswordProfile(refusedPassword(judged.refused))
  return { ...judged.prepared, mustChange, ...(password === undefined && { made: newPassword }) }
}

/** A partner gives nobody the phones and addresses by which resets are proved: they could be its own (partners on the wire, §3). */
function demandNew(act: Act, tenantId: string, input: NewUserInput): void {
  demand(act, 'users.create', { kind: 'tenant', tenantId })
  if (act.actor.kind === 'partner' && namesIn(input).some(name => actionOf(name) === 'users.sensitive'))
    demandAny(act, 'users.sensitive')
}

/** The same in a transaction, with a password that is hashed already, or with none. */
export async function addUser(trx: Trx, act: Act, input: NewUserInput, password?: GivenPassword): Promise<User> {
  const { tenantId } = trx
  demandNew(act, tenantId, input)
  const { mobilePhone, businessPhones, otherMails, passwordProfile: _, ...set } = readInput(input)
  const user = await asRefused(addToDirectory(trx, act, tenantId, set))
  await checkOtherMails(trx, user, otherMails)
  await Promise.all([
    setContacts(trx, act, user, { mobilePhone, businessPhones, otherMails }),
    password && setPassword(trx, act, user, password),
    record(trx, act, {
      activity: 'user.created',
      result: 'success',
      target: { id: user.id, name: user.userPrincipalName },
      details: told({}, input),
    }),
  ])
  return user
}

/** Which user is changed. `ifMatch`: the header of the request. */
export interface Changed {
  tenantId: string
  id: string
  ifMatch?: string | undefined
}

/**
 * Changes a user: everything that is asked, or nothing. Each property takes its own action. A new name, a disabled
 * account and a new password end every session. Throws `not_found`, `resource_modified`, `mastered_elsewhere`,
 * `last_global_administrator`, and what `createUser` throws.
 */
export async function updateUser(
  db: Db,
  act: Act,
  checks: PasswordChecks,
  { changes, ...changed }: Changed & { changes: UserInput },
): Promise<void> {
  const { tenantId } = changed
  const password = changes.passwordProfile?.password
  const rules =
    password === undefined
      ? undefined
      : await inTenant(db, tenantId, async trx => {
          const { user } = await openToChange(trx, act, changed, changes)
          return readPasswordRules(trx, act, { ...user, ...namesOf(user, changes) }, 'reset')
        })
  const judged = rules && (await preparePassword(db, act, checks, { rules, newPassword: password! }))
  if (judged && 'refused' in judged) throw inPasswordProfile(refusedPassword(judged.refused))
  await inTenant(db, tenantId, async trx =>
    trx.last(await openWrite(trx, act, { ...changed, changes }, judged?.prepared)),
  )
}

/** The same in a transaction, with a password that is hashed already, or with none. */
export const updateUserIn = async (...asked: Parameters<typeof openWrite>): Promise<void> =>
  (await openWrite(...asked))()

/** Judges a change, and returns the end of it, which is asked at once. */
async function openWrite(
  trx: Trx,
  act: Act,
  { changes, ...changed }: Omit<Changed, 'tenantId'> & { changes: UserInput },
  prepared?: PreparedPassword,
): Promise<() => Promise<void>> {
  const { tenantId } = trx
  // The tenant's row goes before the user's, as in every act that could take the last Global Administrator.
  if (changes.accountEnabled === false) await lockTenant(trx, tenantId)
  const opened = await openToChange(trx, act, { ...changed, tenantId }, changes)
  return write(trx, act, opened, { input: readInput(changes), prepared })
}

interface Opened {
  user: User
  profile: StoredProfile
}

/** Finds and locks the user, and judges in the contract's order: the target, each action, the version, the rules. */
async function openToChange(
  trx: Trx,
  act: Act,
  { tenantId, id, ifMatch }: Changed,
  changes: UserInput,
): Promise<Opened> {
  // They travel together: the row is read once it is locked.
  const [user, profile] = await Promise.all([findUser(trx, tenantId, id, true), findProfile(trx, id)])
  if (!user || !profile) throw refuseMissing('not_found')
  await demandChange(trx, act, user, changes)
  checkVersion(profile.version, ifMatch)
  const names = namesIn(changes)
  const here = names.find(name => name !== 'preferredLanguage' && name !== 'usageLocation')
  if (profile.onPremisesSyncEnabled && here) throw refuse('mastered_elsewhere', { field: here })
  if (user.passwordMasteredIn === 'directory' && names.includes('passwordProfile'))
    throw refuse('mastered_elsewhere', { field: 'passwordProfile' })
  const { password, forceChangePasswordNextSignIn } = changes.passwordProfile ?? {}
  if (password !== undefined) await demandChecked(trx, act, user, undefined)
  if (changes.passwordProfile && password === undefined && forceChangePasswordNextSignIn !== true)
    throw refuse('property_invalid', { field: 'passwordProfile' })
  return { user, profile }
}

/** Throws the refusal of one property, the contract's first: forbidden, a step-up, one's own account. */
async function demandChange(trx: Trx, act: Act, user: User, changes: UserInput): Promise<void> {
  const target = targetOf(user)
  const actions = [...new Set(namesIn(changes).map(actionOf))]
  const verdicts = actions.map(action => ({ action, verdict: authorize(act, action, target) }))
  const rank = ({ verdict }: (typeof verdicts)[number]) =>
    verdict.allowed ? 3 : verdict.why === 'own_account' ? 2 : verdict.why === 'step_up' ? 1 : 0
  const [first] = [...verdicts].sort((one, other) => rank(one) - rank(other))
  if (first?.verdict.allowed === false && first.verdict.why === 'own_account' && changes.accountEnabled === false)
    await demandAnotherGlobalAdministrator(trx, user.id)
  if (first) demand(act, first.action, target)
}

/** Writes a change but for its last statements, which it returns: its event, and where nothing else changes the row. */
async function write(
  trx: Trx,
  act: Act,
  { user, profile }: Opened,
  { input, prepared }: { input: UserInput; prepared: PreparedPassword | undefined },
): Promise<() => Promise<void>> {
  const { tenantId } = trx
  const { mobilePhone, businessPhones, otherMails, passwordProfile, ...set } = input
  const isDisabled = set.accountEnabled === false && user.accountEnabled
  const isRenamed = set.userPrincipalName !== undefined && set.userPrincipalName !== user.userPrincipalName
  if (isDisabled) await demandAnotherGlobalAdministrator(trx, user.id)
  const contacts = await changedContacts(trx, act, user, { mobilePhone, businessPhones, otherMails })
  await checkOtherMails(trx, { ...user, ...namesOf(user, set) }, contacts.otherMails)
  if (isRenamed || set.mail != null) await sleepOwnAddress(trx, act, user, { ...user, ...namesOf(user, set) })
  // At the addresses of before: a thief among administrators changes these first.
  for (const kind of kindsOf(contacts)) await tellOwner(trx, act, user, { template: 'security_info_changed', kind })
  const change = await asRefused(judgeChange(trx, user, set))
  const isPlain = !isRenamed && !isDisabled && !passwordProfile && namesIn(contacts).length === 0
  // A name that another has is refused before anything follows.
  if (!isPlain) await asRefused(change())
  await setContacts(trx, act, user, contacts)
  const mustChange = passwordProfile?.forceChangePasswordNextSignIn ?? true
  if (prepared) {
    await setPassword(trx, act, { ...user, ...namesOf(user, set) }, { ...prepared, mustChange })
    await tellOwner(trx, act, user, { template: 'password_reset' })
  } else {
    if (passwordProfile) await requireChange(trx, act, user)
    if (isDisabled || isRenamed) await raiseSecurityEpoch(trx, tenantId, user.id)
  }
  const target = { id: user.id, name: user.userPrincipalName }
  const isPassword = passwordProfile && namesIn(input).length === 1
  const event: AuditEvent = {
    activity: isPassword ? 'password.given' : 'user.changed',
    result: 'success',
    target,
    details: told(profile.values, input),
  }
  return async () => {
    await Promise.all([isPlain && change(), record(trx, act, event)])
  }
}

/** The names and addresses that the change leaves. */
const namesOf = (user: User, { userPrincipalName, displayName, givenName, surname, mail }: UserInput) => ({
  userPrincipalName: userPrincipalName ?? user.userPrincipalName,
  displayName: displayName ?? user.displayName,
  givenName: givenName === undefined ? user.givenName : givenName,
  surname: surname === undefined ? user.surname : surname,
  mail: mail === undefined ? user.mail : mail,
})

type Contacts = Pick<UserInput, 'mobilePhone' | 'businessPhones' | 'otherMails'>

/** What of this differs from what is on record, so that an unchanged number keeps its owner's word for it. */
async function changedContacts(trx: Trx, act: Act, user: User, asked: Contacts): Promise<Contacts> {
  if (namesIn(asked).length === 0) return {}
  const { mobilePhone = null, officePhone, email } = await readContactInfo(trx, act, user)
  const mails = [...(email === undefined ? [] : [email]), ...(await readOtherMails(trx, act, user))]
  const phones = officePhone === undefined ? [] : [officePhone]
  const isSame = (one: readonly string[], other: readonly string[]) => one.join() === other.join()
  return {
    ...(asked.mobilePhone !== undefined && asked.mobilePhone !== mobilePhone && { mobilePhone: asked.mobilePhone }),
    ...(asked.businessPhones && !isSame(asked.businessPhones, phones) && { businessPhones: asked.businessPhones }),
    ...(asked.otherMails && !isSame(asked.otherMails, mails) && { otherMails: asked.otherMails }),
  }
}

const kindsOf = ({ mobilePhone, businessPhones, otherMails }: Contacts) => [
  ...(mobilePhone === undefined ? [] : ['mobilePhone' as const]),
  ...(businessPhones ? ['officePhone' as const] : []),
  ...(otherMails ? ['email' as const] : []),
]

async function setContacts(trx: Trx, act: Act, user: User, { mobilePhone, businessPhones, otherMails }: Contacts) {
  const set = async (kind: 'mobilePhone' | 'officePhone' | 'email', value: string | null | undefined) =>
    value == null
      ? removeContactInfo(trx, user, kind)
      : setContactInfo(trx, act, user, { kind, value, setBy: 'administrator', confirmedAt: null })
  if (mobilePhone !== undefined) await set('mobilePhone', mobilePhone)
  if (businessPhones) await set('officePhone', businessPhones[0])
  if (!otherMails) return
  const [first, ...others] = otherMails
  const { email } = await readContactInfo(trx, act, user)
  if (first !== email) await set('email', first)
  await setOtherMails(trx, act, user, others)
}

/** The first address opens resets, so that it must not be the account itself (decision 24). */
async function checkOtherMails(trx: Trx, user: User, otherMails: readonly string[] | undefined): Promise<void> {
  const [first] = otherMails ?? []
  if (first !== undefined && isOwnAddress(first, user, await listDomains(trx, trx.tenantId)))
    throw refuse('property_invalid', { field: 'otherMails' })
}

/** The language of one's own account: everything else of it is an administrator's to change. Throws `property_forbidden`. */
export async function updateOwn(trx: Trx, act: Act, user: User, changes: UserInput): Promise<void> {
  demand(act, 'self.write', targetOf(user))
  const { preferredLanguage, ...others } = changes
  const [field] = namesIn(others)
  if (field !== undefined) throw refuse('property_forbidden', { field })
  const { values } = (await findProfile(trx, user.id))!
  await changeUser(trx, user, { preferredLanguage })
  await record(trx, act, {
    activity: 'user.changed',
    result: 'success',
    target: { id: user.id, name: user.userPrincipalName },
    details: told(values, changes),
  })
}

/** Signs a user out everywhere. */
export async function revokeSessions(trx: Trx, act: Act, id: string): Promise<void> {
  const user = await findUser(trx, trx.tenantId, id, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'sessions.revoke', targetOf(user))
  await raiseSecurityEpoch(trx, trx.tenantId, id)
  const target = { id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'sessions.revoked', result: 'success', target })
}

/** Values that no event tells: secrets, numbers, and addresses that are sealed. */
const UNTOLD = ['passwordProfile', 'mobilePhone', 'businessPhones', 'otherMails']

/** The event's old and new values, without those. */
export function told(before: Record<string, unknown>, input: UserInput): { changes: string } {
  const hidden = Object.fromEntries(namesIn(input).flatMap(name => (UNTOLD.includes(name) ? [[name, '***']] : [])))
  return changesOf<Record<string, unknown>>({ ...before, ...hidden }, { ...input, ...hidden })
}

/** The refusal of a password, at the property where programs wrote it. */
function inPasswordProfile(refusal: Refusal): Refusal {
  const field = 'passwordProfile/password'
  return new Refusal(refusal.code, refusal.status, {
    field,
    errors: refusal.errors.map(({ code }) => ({ field, code })),
  })
}
