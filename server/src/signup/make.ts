import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import {
  assignRole,
  checkUserPrincipalName,
  claimLabel,
  createTenant,
  createUser,
  DirectoryError,
  getUser,
  NOBODYS_TENANT,
  nobody,
  type User,
} from '../directory/index.ts'
import { admitMail } from '../mailboxes/index.ts'
import { findAdministratorAddresses, newSheet, saveCodes, saveMethod } from '../methods/index.ts'
import {
  type PasswordChecks,
  preparePassword,
  readPasswordRules,
  refusedPassword,
  setPassword,
  withNames,
} from '../passwords/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { Refusal } from '../refusals.ts'
import { nextRequirement } from '../registration/index.ts'
import { newSession, rememberDevice, type SessionProof } from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { foldAddress, foldName } from '../typing/index.ts'
import { refuse } from './errors.ts'
import { claimInvitation, type Invitation } from './invitations.ts'
import { type AdmittedContact, tellOfAdministrator, tellOfTenant } from './mails.ts'
import { readPersonName } from './names.ts'
import type { Emergency, Organization, Signup, SignupIn } from './signup.ts'
import { outOfStep } from './steps.ts'

/** What the first administrator types. */
export interface FirstAdministrator {
  givenName: string
  surname: string
  /** What stands before the @. */
  userName: string
  newPassword: string
}

/** The browser in which the administrator is made. `emergencyName`: the display name of the emergency account. */
export interface MakingBrowser {
  suffix: string
  language: string
  deviceCookie: string | undefined
  emergencyName: string
}

/** The name of the account that opens the tenant when every administrator has lost their way. */
const EMERGENCY = 'emergency'

/** Codes of a sheet of the emergency account. */
const CODES = 4

/**
 * Makes the tenant with its first Global Administrator and the emergency account, in one transaction, and signs the
 * administrator in. Of two sign-ups with one label one succeeds, and of two such requests of one sign-up too.
 * Throws `wrong_state`, `user_name_invalid`, `name_*`, `password_*`, `label_taken`.
 */
export async function makeTenant(
  db: Db,
  begun: Act,
  { checks, signup, browser }: { checks: PasswordChecks; signup: Signup; browser: MakingBrowser },
  typed: FirstAdministrator,
): Promise<{ user: User; sessionCookie: string; deviceCookie: string | undefined }> {
  if (signup.state !== 'administrator') throw outOfStep(signup)
  const { organization, address } = signup
  const domain = `${organization.label}.${browser.suffix}`
  const named = readNames(typed, domain)
  const tenantId = begun.random.uuid(begun.now)
  const act = { ...begun, trail: { ...begun.trail, correlationId: signup.id } }
  const rules = await inTenant(db, NOBODYS_TENANT, trx =>
    readPasswordRules(trx, act, { ...nobody(NOBODYS_TENANT), ...named }, 'reset'),
  )
  const judged = await preparePassword(db, act, checks, {
    rules: withNames(rules, [organization.displayName, organization.label]),
    newPassword: typed.newPassword,
  })
  if ('refused' in judged) throw refusedPassword(judged.refused)
  const contact = await admitContact(db, act, signup)
  return inTenant(db, tenantId, async trx => {
    await claimSignup(trx, act, signup)
    await beginTenant(trx, act, { organization, domain, language: browser.language })
    const made = await addAdministrator(trx, act, { ...named, ...displayNameOf(named, browser.language) })
    await setPassword(trx, act, made, { ...judged.prepared, mustChange: false })
    await saveMethod(trx, act, made, { kind: 'email', source: 'person', value: address, provedAt: act.now })
    const emergency = await addEmergency(trx, act, { domain, displayName: browser.emergencyName })
    await keepMade(trx, act, {
      signupId: signup.id,
      userId: made.id,
      ...emergency,
      contact: organization.technicalContact ?? address,
    })
    const user = await getUser(trx, tenantId, made.id)
    await tellOfTenant(trx, act, { user, address, contact, domain })
    return { user, ...(await signInFirst(trx, act, { user, proofs: byMailbox(act) }, browser)) }
  })
}

/** The technical contact, where it is another mailbox than the one that was proved, and may be mailed. */
async function admitContact(
  db: Db,
  act: Act,
  { organization, address }: SignupIn<'administrator'>,
): Promise<AdmittedContact | undefined> {
  const to = organization.technicalContact
  if (to === undefined || foldAddress(to) === foldAddress(address)) return undefined
  // The company is made all the same where the mailbox has had its mails of the day.
  const admitted = await admitMail(db, act, to).catch(error => {
    if (error instanceof Refusal && error.code === 'throttled') return undefined
    throw error
  })
  return admitted && { to, ...admitted }
}

/** The names of an administrator. Throws `user_name_invalid`, `name_*`. */
export const readNames = (typed: Omit<FirstAdministrator, 'newPassword'>, domain: string) => ({
  userPrincipalName: readUserName(typed.userName, domain),
  givenName: readPersonName(typed.givenName, 'givenName'),
  surname: readPersonName(typed.surname, 'surname'),
})

/** The whole name, in the order of the language that it was typed in. */
export const displayNameOf = ({ givenName, surname }: { givenName: string; surname: string }, language: string) => ({
  displayName: language === 'ja' ? `${surname} ${givenName}` : `${givenName} ${surname}`,
  preferredLanguage: language,
})

/** A name in the initial domain, folded. Throws `user_name_invalid`. */
function readUserName(typed: string, domain: string): string {
  const name = foldName(typed)
  try {
    if (name === EMERGENCY) throw refuse('user_name_invalid', { field: 'userName' })
    checkUserPrincipalName(`${name}@${domain}`)
  } catch (error) {
    throw error instanceof DirectoryError ? refuse('user_name_invalid', { field: 'userName' }) : error
  }
  return `${name}@${domain}`
}

/** Makes the tenant with its label, which nobody gets again. Reset is on, with one gate. */
export async function beginTenant(
  trx: Trx,
  act: Act,
  { organization, domain, language }: { organization: Organization; domain: string; language: string },
): Promise<void> {
  const { tenantId } = trx
  const { displayName, country, label } = organization
  const taken = () => refuse('label_taken', { field: 'label' })
  try {
    await createTenant(trx, act, tenantId, { displayName, domain, country, preferredLanguage: language })
  } catch (error) {
    throw error instanceof DirectoryError && error.code === 'domain_taken' ? taken() : error
  }
  if (!(await claimLabel(trx, label))) throw taken()
  await changeDefaultPolicy(trx, act, tenantId, { enabled: true, gates: 1 })
  await record(trx, act, { activity: 'tenant.created', result: 'success', target: { id: tenantId, name: domain } })
}

/** Adds a Global Administrator, with the events of that. */
async function addAdministrator(trx: Trx, act: Act, user: Parameters<typeof createUser>[3]): Promise<User> {
  const made = await createUser(trx, act, trx.tenantId, user)
  await assignRole(trx, act, made.id, 'Global Administrator')
  const target = { id: made.id, name: made.userPrincipalName }
  await record(trx, act, { activity: 'user.created', result: 'success', target })
  return getUser(trx, trx.tenantId, made.id)
}

/** A Global Administrator without a password, who gets one by a code of each of two sheets. */
async function addEmergency(trx: Trx, act: Act, { domain, displayName }: { domain: string; displayName: string }) {
  const { tenantId } = trx
  const user = await addAdministrator(trx, act, { userPrincipalName: `${EMERGENCY}@${domain}`, displayName })
  const { key, codes } = newSheet(act, 2 * CODES)
  const sheets = { A: codes.slice(0, CODES), B: codes.slice(CODES) }
  const id = await saveMethod(trx, act, user, { kind: 'recoveryCode', source: 'person', value: key, provedAt: act.now })
  for (const sheet of ['A', 'B'] as const) await saveCodes(trx, { tenantId, id, sheet }, { key, codes: sheets[sheet] })
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'recovery_codes.issued', result: 'success', target })
  return { emergencyId: user.id, emergency: { userPrincipalName: user.userPrincipalName, codes: sheets } }
}

/** Claims the sign-up, and its invitation, for the tenant that is being made. Throws `wrong_state` where another request of either was quicker. */
async function claimSignup(trx: Trx, { now }: Act, { id, onboardingId, invitationId }: Signup): Promise<void> {
  const claimed = await trx
    .insertInto('signup_tenants')
    .values({
      ...{ tenant_id: trx.tenantId, signup_id: id, onboarding_id: onboardingId ?? null },
      ...{ invitation_id: invitationId ?? null, made_at: now, ask_at: plus(now, DAY) },
    })
    .onConflict(conflict => conflict.doNothing())
    .returning('tenant_id')
    .executeTakeFirst()
  if (!claimed) throw refuse('wrong_state')
}

/** Notes what the sign-up has made, and keeps the emergency account's codes until they are kept elsewhere. */
async function keepMade(
  trx: Trx,
  { keys }: Act,
  made: { signupId: string; userId: string; emergencyId: string; emergency: Emergency; contact: string },
): Promise<void> {
  const { tenantId } = trx
  const place = { purpose: 'emergency-codes', tenantId, rowId: made.signupId } as const
  await trx
    .updateTable('signup_tenants')
    .set({
      user_id: made.userId,
      emergency_id: made.emergencyId,
      codes_sealed: keys.seal(place, JSON.stringify(made.emergency)),
    })
    .where('tenant_id', '=', tenantId)
    .execute()
  await trx
    .updateTable('tenants')
    .set({ emergency_user_id: made.emergencyId, technical_notification_mails: [made.contact] })
    .where('tenant_id', '=', tenantId)
    .execute()
}

/** The mailbox was proved, and is a method of the account. */
const byMailbox = ({ now }: Act): SessionProof[] => [
  { kind: 'email', channel: 'email', at: now, isStep: true, remember: false },
]

/** The session of an account that was just made, with the methods that were `proofs`. What is missing is another way. */
export async function signInFirst(
  trx: Trx,
  act: Act,
  { user, proofs }: { user: User; proofs: SessionProof[] },
  browser: Pick<MakingBrowser, 'language' | 'deviceCookie'>,
) {
  const { requires } = await nextRequirement(trx, act, user, { proofs, deviceCookie: undefined })
  const target = { id: user.id, name: user.userPrincipalName }
  const sessionCookie = await newSession(trx, act, user, {
    requires,
    language: browser.language,
    proofs,
    isProved: true,
  })
  const deviceCookie =
    requires === null
      ? await rememberDevice(trx, act, user, { former: browser.deviceCookie, step: undefined })
      : undefined
  await record(
    trx,
    { ...act, actor: { kind: 'user', ...target } },
    { activity: 'signin.succeeded', result: 'success', reason: 'sign-up', target },
  )
  return { sessionCookie, deviceCookie }
}

/**
 * Makes the account of an invited administrator and signs it in. The mailbox that the invitation was sent to is its first
 * method. Throws `user_name_invalid`, `user_name_taken`, `name_*`, `password_*`, `link_expired`.
 */
export async function joinTenant(
  db: Db,
  begun: Act,
  {
    checks,
    invitation,
    browser,
  }: { checks: PasswordChecks; invitation: Invitation; browser: Pick<MakingBrowser, 'language' | 'deviceCookie'> },
  typed: FirstAdministrator,
): Promise<{ user: User; sessionCookie: string; deviceCookie: string | undefined }> {
  const { tenantId, id } = invitation
  const act = { ...begun, trail: { ...begun.trail, correlationId: id } }
  const { rules, named } = await inTenant(db, tenantId, async trx => {
    const named = readNames(typed, invitation.domain)
    return { named, rules: await readPasswordRules(trx, act, { ...nobody(tenantId), ...named }, 'reset') }
  })
  const judged = await preparePassword(db, act, checks, { rules, newPassword: typed.newPassword })
  if ('refused' in judged) throw refusedPassword(judged.refused)
  return inTenant(db, tenantId, async trx => {
    const { address, invitedBy } = await claimInvitation(trx, act, id)
    const told = await findAdministratorAddresses(trx, act)
    const made = await addAdministrator(trx, act, { ...named, ...displayNameOf(named, browser.language) }).catch(
      error => {
        throw error instanceof DirectoryError && error.code === 'user_exists'
          ? refuse('user_name_taken', { field: 'userName' })
          : error
      },
    )
    await setPassword(trx, act, made, { ...judged.prepared, mustChange: false })
    await saveMethod(trx, act, made, { kind: 'email', source: 'person', value: address, provedAt: act.now })
    const user = await getUser(trx, tenantId, made.id)
    await tellOfAdministrator(trx, act, { user, invitedBy, told })
    const target = { id: user.id, name: user.userPrincipalName }
    const joining = { ...act, actor: { kind: 'user', ...target } as const }
    await record(trx, joining, { activity: 'administrator.joined', result: 'success', target })
    return { user, ...(await signInFirst(trx, act, { user, proofs: byMailbox(act) }, browser)) }
  })
}

/** That the emergency account's codes are kept: from now on nobody is shown them. Throws `wrong_state`. */
export async function keepCodes(db: Db, begun: Act, signup: Signup): Promise<void> {
  if (signup.state !== 'keep-codes') throw outOfStep(signup)
  const { tenantId, userId, userPrincipalName } = signup.made
  const act = { ...begun, trail: { ...begun.trail, correlationId: signup.id } }
  await inTenant(db, tenantId, async trx => {
    const kept = await trx
      .updateTable('signup_tenants')
      .set({ codes_sealed: null, kept_at: act.now })
      .where('tenant_id', '=', tenantId)
      .where('kept_at', 'is', null)
      .returning('tenant_id')
      .executeTakeFirst()
    if (!kept) throw refuse('wrong_state')
    const target = { id: userId, name: userPrincipalName }
    await record(
      trx,
      { ...act, actor: { kind: 'user', ...target } },
      { activity: 'signup.finished', result: 'success', target: { id: tenantId, name: userPrincipalName } },
    )
  })
}
