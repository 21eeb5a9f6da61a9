// This file is long because every state of a sign-in is decided in it, with the answer that leads on from it.

import { decodeJwt } from 'jose'
import type { Act } from '../act.ts'
import {
  type Application,
  applicationOf,
  BUILT_IN,
  builtIn,
  findApplication,
  findMissing,
  giveConsent,
  giveOrganizationConsent,
  isAssigned,
  mayConsent,
  mayConsentForOrganization,
  ownerOf,
  readScopes,
  resolveScopes,
  type Scope,
  type UserGrants,
  userGrantsOf,
} from '../applications/index.ts'
import { record } from '../audit/index.ts'
import { MINUTE, plus, SECOND, secondsOf } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import {
  claimApproval,
  claimRefusal,
  type DeviceCode,
  type DeviceRefusal,
  findDeviceCode,
  isAnswerable,
} from '../deviceCodes/index.ts'
import { findTenantId, readName, type Tenant, tenantOf } from '../directory/index.ts'
import { findStepWays, type StepWay } from '../registration/index.ts'
import {
  actIn,
  isFresh,
  lockSession,
  noteUse,
  type Requirement,
  readAskedStrength,
  rotateSession,
  type Session,
  sessionBy,
  strengthOf,
} from '../sessions/index.ts'
import { ask, type Db, inTenant, isOver, type Read, sql, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import {
  addSignIn,
  changeSignIn,
  findSignInRow,
  removeSignIn,
  SIGN_IN_LASTS,
  type SignInRow,
  signInRowBy,
} from './queries.ts'

/** The sign-in of a person in one browser (single sign-on, §2). */
interface Begun {
  id: string
  tenantId: string
  /** The application that asked for it; undefined where the person began it themselves. */
  application: Application | undefined
  /** The device on which the application is; undefined where it is in this browser. */
  device: DeviceCode | undefined
  /** The library's name of the application's request. */
  requestId: string | undefined
  /** Our page that it leads to without an application. */
  next: string | undefined
  /** The name, as typed or as the application hinted. */
  username: string | undefined
  /** The parameters of the application's request. */
  asked: Record<string, string>
  /** Whether it asked for `offline_access`, which the library takes from the parameters. */
  offline: boolean
  expiresAt: Date
}

/** Why a sign-in leads to no application, though the person is signed in. */
export type SignInRefusal = DeviceRefusal | 'device_over' | 'no_second_step' | 'another_account'

/** A sign-in at one moment, computed from its record and the browser's session. */
export type SignIn = Begun &
  (
    | { state: 'choose-account' | 'name' | 'password' | 'expired' | 'over' }
    | { state: Exclude<Requirement, 'second-step'> | 'finished'; session: Session }
    | { state: 'second-step'; session: Session; ways: StepWay[] }
    | { state: 'stay-signed-in'; session: Session }
    | { state: 'confirm-application'; session: Session; application: Application }
    | ({ state: 'consent'; session: Session; application: Application } & Consent)
    | { state: 'refused'; refusal: SignInRefusal; application: Application; approval?: Approval }
  )

/** What a person asks an administrator to agree to, and when they asked. */
export interface Approval {
  session: Session
  scopes: Scope[]
  askedAt: Date | null
}

/** What is agreed to. `scopes`: those that are shown; `missing`: those that nobody agreed to yet; `all`: what the request asks for. */
interface Consent {
  scopes: Scope[]
  missing: Scope[]
  all: Scope[]
  mayConsent: boolean
  mayConsentForOrganization: boolean
  /** Whether the person has asked to agree for everybody, and took a second step for it. */
  forOrganization: boolean
}

/** What a browser shows of itself: its secret, the ticket of its session in the sign-in's tenant, and the accounts that it remembers. */
export interface Visitor {
  browserToken: string | undefined
  ticket: string | undefined
  /** How many accounts the browser remembers. */
  accounts: number
}

/** The request of an application, as the library keeps it. */
export interface Request {
  appId: string
  id: string
  content: Record<string, unknown>
  /** The device that asks. */
  deviceId?: string
}

/** What begins a sign-in: an application's request, or the person who goes on to a page of ours. */
export interface Beginning {
  browser: { token: string; language: string }
  /** The typed name, or the application's hint. */
  username: string | undefined
  /** Whether a password has to be typed, though somebody is signed in. */
  anew: boolean
  request?: Request
  next?: string | undefined
}

/** Begins a sign-in, in this browser alone. Returns its id. */
export async function beginSignIn(db: Db, act: Act, tenantId: string, begun: Beginning): Promise<string> {
  const { now, random, keys } = act
  const id = random.uuid(now)
  const { browser, request } = begun
  const content = request && { ...request.content, ...(await registeredFor(db, tenantId, request)) }
  await inTenant(db, tenantId, trx =>
    trx.last(() =>
      addSignIn(trx, {
        id,
        browser_hash: keys.mac('browser', browser.token),
        app_id: request && request.appId !== BUILT_IN ? request.appId : null,
        request_id: request?.id ?? null,
        request_sealed: content ? keys.seal(requestAt({ id, tenantId }), JSON.stringify(content)) : null,
        device_code_id: request?.deviceId ?? null,
        next: begun.next ?? null,
        typed_name_sealed: begun.username === undefined ? null : sealName(act, { id, tenantId }, begun.username),
        password_from: begun.anew ? now : null,
        language: browser.language,
        created_at: now,
        expires_at: plus(now, SIGN_IN_LASTS),
      }),
    ),
  )
  return id
}

/** What `.default` stands for in a sign-in: what is registered at its beginning. The person would agree to later changes unseen. */
async function registeredFor(
  db: Db,
  tenantId: string,
  { appId, content }: Request,
): Promise<Pick<Asked, 'registered'>> {
  const { params } = content as Asked
  if (!params?.scope?.includes('.default')) return {}
  return { registered: (await findApplication(db, tenantId, appId))?.requestedScopes }
}

/** Begins a sign-in for a device that shows a code, in the browser where it was typed. Returns its id. */
export async function beginDeviceSignIn(
  db: Db,
  act: Act,
  { id, tenantId, appId, request }: DeviceCode,
  { browser, session }: { browser: Beginning['browser']; session: Session | undefined },
): Promise<string> {
  const { login_hint: username, ...params } = request.params
  const { max_age: maxAge } = params
  const oldest = maxAge === undefined ? undefined : plus(act.now, -Number(maxAge) * SECOND)
  const hinted = hintedUser(params)
  const isAnother = session !== undefined && hinted !== undefined && hinted !== session.user.id
  // The provider reads `max_age=0` as `prompt=login`.
  const asksAnew = params.prompt === 'login' || isAnother
  return beginSignIn(db, act, tenantId, {
    browser,
    username: username?.slice(0, 256),
    anew: asksAnew || (oldest !== undefined && session !== undefined && session.passwordAt < oldest),
    request: { appId, id: act.random.uuid(act.now), content: { params }, deviceId: id },
  })
}

const placeOf = ({ id, tenantId }: Pick<SignIn, 'id' | 'tenantId'>) =>
  ({ purpose: 'typed-name', tenantId, rowId: id }) as const
/** Sealed as the typed name is: its hints name people too. */
const requestAt = (signIn: Pick<SignIn, 'id' | 'tenantId'>) => ({ ...placeOf(signIn), purpose: 'request' }) as const
const sealName = ({ keys }: Act, place: Pick<SignIn, 'id' | 'tenantId'>, username: string) =>
  keys.seal(placeOf(place), username)

/** Which sign-in a browser asks for, by its id or its request. `origin`: Latchkey's. */
export interface Asking {
  tenantId: string
  by: { id: string } | { requestId: string }
  visitor: Visitor
  origin: string
}

/** An open sign-in, with the session of its browser, the tenant of both and the request. */
export interface OpenedSignIn {
  signIn: SignIn
  session: Session | undefined
  tenant: Tenant
  /** What the session's person has of the application. */
  grants: UserGrants
  request: Record<string, unknown>
}

/** Opens a sign-in: undefined where it does not exist, or was begun in another browser. */
export async function openSignIn(db: Db, act: Act, asking: Asking): Promise<OpenedSignIn | undefined> {
  const { tenantId, by, visitor, origin } = asking
  if (!visitor.browserToken || ('id' in by && !isUuid(by.id))) return undefined
  const { row, own, tenant, grants, ...found } = await inTenant(db, tenantId, trx => {
    const session = sessionBy(trx, act, visitor.ticket)
    const row = signInRowBy(tenantId, by)
    const appId = sql`begun.app_id`
    const reads = {
      session,
      row,
      own: applicationOf(tenantId, appId),
      // Without a session there is nobody to have any.
      grants: visitor.ticket === undefined ? noGrants : userGrantsOf(tenantId, appId, session.userId),
      tenant: tenantOf(tenantId),
    }
    return trx.last(() => ask(trx, reads, sql`${session.from} ${row.from}`))
  })
  if (!row || !tenant || !act.keys.matches(row.browser_hash, 'browser', visitor.browserToken)) return undefined
  const { id, device_code_id: deviceId, request_sealed: sealed } = row
  const request: Asked = sealed === null ? {} : JSON.parse(act.keys.open(requestAt({ id, tenantId }), sealed))
  const application = own ?? (request.params?.client_id === BUILT_IN ? builtIn(origin, tenantId) : undefined)
  if ((row.app_id ?? request.params?.client_id) !== undefined && !application) return undefined
  const device = deviceId === null ? undefined : await inTenant(db, tenantId, trx => findDeviceCode(trx, act, deviceId))
  const session = found.session && (await noteUse(db, act.now, found.session))
  const facts = { row, request, application, device, session, grants }
  return { signIn: await judge(db, act, asking, facts), session, tenant, grants, request }
}

const noGrants: Read<UserGrants> = {
  sql: sql`null`,
  read: () => ({ consentedScopes: [], roleIds: [], groupIds: [] }),
}

interface Asked extends Record<string, unknown> {
  params?: Record<string, string>
  offline?: boolean
  /** The scopes that the application was registered with at the beginning, where it asked for them. */
  registered?: readonly string[] | undefined
}

/** What an application's request comes to. It was judged at its beginning; what is gone since is left out. */
async function scopesOf(
  db: Db,
  origin: string,
  application: Application,
  { params = {}, registered }: Asked,
): Promise<Scope[]> {
  const asked = readScopes(origin, params.scope ?? '', params.resource)
  if ('refused' in asked) return []
  const owner = ownerOf(asked)
  const target = owner === undefined ? undefined : await findApplication(db, application.tenantId, owner)
  const requestedScopes = application.requestedScopes.filter(one => registered?.includes(one) ?? true)
  const scopes = resolveScopes(asked, { requestedScopes }, target)
  return 'refused' in scopes ? [] : scopes
}

/** Computes a sign-in's state from the facts. */
async function judge(
  db: Db,
  act: Act,
  { tenantId, visitor: { accounts }, origin }: Asking,
  facts: {
    row: SignInRow
    request: Asked
    application: Application | undefined
    device: DeviceCode | undefined
    session: Session | undefined
    /** What the session's person has of the application. */
    grants: UserGrants
  },
): Promise<SignIn> {
  const { row, request, application, device, session, grants } = facts
  const username =
    row.typed_name_sealed === null ? undefined : act.keys.open(placeOf({ id: row.id, tenantId }), row.typed_name_sealed)
  const { params: asked = {}, offline = false } = request
  const begun = {
    id: row.id,
    tenantId,
    application,
    device,
    requestId: row.request_id ?? undefined,
    next: row.next ?? undefined,
    username,
    asked,
    offline,
    expiresAt: row.expires_at,
  }
  if (row.finished_at) return { ...begun, state: 'over' }
  const refusal = device && refusalOf(device, row, act.now)
  if (application && refusal) {
    const asks = refusal === 'needs_administrator' && session && !session.requires && isAbout(session, username)
    const approval = asks && {
      session,
      scopes: await scopesOf(db, origin, application, request),
      askedAt: row.approval_asked_at,
    }
    return { ...begun, application, state: 'refused', refusal, ...(approval && { approval }) }
  }
  if (isOver(row.expires_at, act.now, SIGN_IN_LASTS)) return { ...begun, state: 'expired' }
  if (application && row.declined_at) return { ...begun, application, state: 'refused', refusal: 'declined' }
  const selects = (asked.prompt ?? '').split(' ').includes('select_account') && !row.chosen_at
  if (selects) return { ...begun, state: accounts > 0 ? 'choose-account' : 'name' }
  if (!session || (row.password_from && session.passwordAt < row.password_from) || !isAbout(session, username)) {
    if (username !== undefined) return { ...begun, state: 'password' }
    return { ...begun, state: accounts > 1 ? 'choose-account' : 'name' }
  }
  const hinted = hintedUser(asked)
  if (application && hinted !== undefined && hinted !== session.user.id)
    return { ...begun, application, state: 'refused', refusal: 'another_account' }
  const strength = readAskedStrength(asked)
  const wantsStep = strength.step && strengthOf(session).acr === 'pwd'
  if (session.requires === 'second-step' || (!session.requires && wantsStep)) {
    const ways = await inTenant(db, tenantId, trx => findStepWays(trx, act, session))
    if (session.requires || ways.length > 0) return { ...begun, state: 'second-step', session, ways }
    if (application && !strength.password) return { ...begun, application, state: 'refused', refusal: 'no_second_step' }
  }
  if (session.requires) return { ...begun, state: session.requires, session }
  if (asksToStay(session, row.id)) return { ...begun, state: 'stay-signed-in', session }
  if (!application) return { ...begun, state: 'finished', session }
  const to = { ...begun, application }
  if (!isAssigned(application, grants)) return { ...to, state: 'refused', refusal: 'not_assigned' }
  const scopes = await scopesOf(db, origin, application, request)
  const missing = findMissing(application, grants, scopes)
  // In another tab somebody else may have signed in since: they have confirmed nothing.
  const isConfirmed = row.confirmed_at !== null && row.confirmed_at >= session.createdAt
  const asksAnew = (asked.prompt ?? '').split(' ').includes('consent') && !isConfirmed
  if (missing.length > 0 || asksAnew)
    return judgeConsent(db, act, to, {
      session,
      forOrganization: row.organization_asked_at !== null,
      approvalAskedAt: row.approval_asked_at,
      scopes: asksAnew ? scopes : missing,
      missing,
      all: scopes,
    })
  // It may have lain at a page for long.
  if (isTooOld(session, row.id, asked, act.now))
    return { ...to, state: 'password', username: session.user.userPrincipalName }
  // Another program could have the address of a native application (RFC 8252, §8.6), and another person the device that
  // shows a code (RFC 8628, §5.4).
  if (application.platform === 'publicClient' && !isConfirmed) return { ...to, state: 'confirm-application', session }
  return { ...to, state: 'finished', session }
}

/** Who may agree, and what they must do first: the consent for everybody takes a fresh second step, as in the administration. */
async function judgeConsent(
  db: Db,
  act: Act,
  to: Begun & { application: Application },
  {
    approvalAskedAt,
    ...asked
  }: Omit<Consent, 'mayConsent' | 'mayConsentForOrganization'> & { session: Session; approvalAskedAt: Date | null },
): Promise<SignIn> {
  const { session, missing, all, forOrganization } = asked
  // The built-in application may ask for no more than is agreed to, of anybody.
  const fixed = to.application.appId === BUILT_IN
  const alone = missing.length === 0 || (!fixed && mayConsent(session.policy.userConsent, missing))
  const forAll = !fixed && mayConsentForOrganization(session.user, all)
  if (!alone && !forAll) {
    const approval = { session, scopes: all, askedAt: approvalAskedAt }
    return { ...to, state: 'refused', refusal: 'needs_administrator', ...(!fixed && { approval }) }
  }
  const isDue = forAll && !isStepFresh(session, act.now)
  const ways = isDue ? await inTenant(db, to.tenantId, trx => findStepWays(trx, act, session)) : []
  if (isDue && !alone && ways.length === 0) return { ...to, state: 'refused', refusal: 'no_second_step' }
  if (ways.length > 0 && (!alone || forOrganization))
    return isFresh(session.passwordAt, act.now) && strengthOf(session).acr === 'pwd'
      ? { ...to, state: 'second-step', session, ways }
      : { ...to, state: 'password', username: session.user.userPrincipalName }
  const mayForOrganization = forAll && (!isDue || ways.length > 0)
  return {
    ...to,
    ...asked,
    state: 'consent',
    // For everybody they agree to all of it, so that all of it is shown.
    scopes: mayForOrganization ? all : asked.scopes,
    mayConsent: alone,
    mayConsentForOrganization: mayForOrganization,
  }
}

/** Whether password and second step are as fresh as a grant needs them (administration on the wire, §3.1). */
function isStepFresh(session: Session, now: Date): boolean {
  const { acr, since } = strengthOf(session)
  return acr === 'mfa' && isFresh(since, now)
}

/** What a person may take from the password to the answer, though the application asks for less. */
const ANSWER_TAKES = MINUTE

/**
 * Whether the proof is older than the application takes (OpenID Connect Core, §3.1.2.1). In the sign-in that began the
 * session the newest proof counts: a person whose code comes slowly would else go round for ever.
 */
function isTooOld(session: Session, signInId: string, { max_age: maxAge }: Record<string, string>, now: Date): boolean {
  const { since } = strengthOf(session)
  const given = session.signInId === signInId ? [since, ...session.proofs.map(({ at }) => at)] : [since]
  const lasts = Math.max(Number(maxAge) * SECOND, ANSWER_TAKES)
  return maxAge !== undefined && given.every(at => plus(at, lasts) < now)
}

/** Why a device gets nothing any more. It was told so, or its time is over, or somebody has answered in another browser. */
const refusalOf = (device: DeviceCode, { declined_at }: SignInRow, now: Date): SignInRefusal | undefined =>
  isAnswerable(device, now) || declined_at
    ? undefined
    : device.refusal && device.refusal !== 'declined'
      ? device.refusal
      : 'device_over'

/** The person that a request is about (OpenID Connect Core, §3.1.2.1). The provider has checked the hint at the beginning. */
function hintedUser({ id_token_hint: hint }: Record<string, string>): string | undefined {
  return hint === undefined ? undefined : decodeJwt(hint).sub
}

/** Whether the person is asked to stay signed in: once in the sign-in that began the session. */
const asksToStay = ({ policy, signInId, stayAcceptedAt, stayDeclinedAt }: Session, id: string) =>
  policy.staySignedIn === 'ask' && signInId === id && !stayAcceptedAt && !stayDeclinedAt

/** Whether a session is of the account that the sign-in is about. Another tab may have signed another account in. */
const isAbout = ({ user }: Session, username: string | undefined) =>
  username === undefined || readName(username).folded === readName(user.userPrincipalName).folded

/**
 * Keeps the typed name for the next page. A sign-in without an application moves to the tenant of the name, under its
 * id. Returns its tenant.
 */
export async function nameSignIn(db: Db, act: Act, signIn: SignIn, username: string): Promise<string> {
  const { id, tenantId, application } = signIn
  const target = application ? tenantId : await findTenantId(db, readName(username).domain)
  const named = { typed_name_sealed: sealName(act, { id, tenantId: target }, username), chosen_at: act.now }
  if (target === tenantId) await inTenant(db, tenantId, trx => trx.last(() => changeSignIn(trx, id, named)))
  else {
    const row = await inTenant(db, tenantId, trx => findSignInRow(trx, { id }))
    // First the new one: a browser finds it before the former, wherever this is cut short.
    if (row) await inTenant(db, target, trx => addSignIn(trx, { ...row, request_sealed: null, ...named }))
    await inTenant(db, tenantId, trx => removeSignIn(trx, id))
  }
  return target
}

/** Lets the session stay though the browser closes, or not. Returns its new ticket; undefined where it has ended or was renewed meanwhile. */
export const answerStay = (db: Db, act: Act, signIn: SignIn & { state: 'stay-signed-in' }, stay: boolean) =>
  inTenant(db, signIn.tenantId, async trx => {
    const session = await lockSession(trx, act, signIn.session)
    return session && trx.last(() => rotateSession(trx, act, session, { requires: session.requires, stay }))
  })

/**
 * Records that the person agreed to what is missing, or declined. For the organization they agree to all that the request
 * asks for, after a fresh second step. Throws `consent_not_yours`, and `wrong_state` where the session has ended.
 */
export async function answerConsent(
  db: Db,
  act: Act,
  signIn: SignIn & { state: 'consent' },
  { accept, forOrganization = false }: { accept: boolean; forOrganization?: boolean },
) {
  const { id, tenantId, application, device, missing } = signIn
  await inTenant(db, tenantId, async trx => {
    if (!accept) return changeSignIn(trx, id, { declined_at: act.now })
    // Read anew: a role that was taken away meanwhile, or a session that was ended, agrees to nothing.
    const session = await lockSession(trx, act, signIn.session)
    if (!session) throw refuse('wrong_state')
    if (forOrganization) {
      if (!signIn.mayConsentForOrganization || !mayConsentForOrganization(session.user, signIn.all))
        throw refuse('consent_not_yours')
      if (!isStepFresh(session, act.now)) return void (await changeSignIn(trx, id, { organization_asked_at: act.now }))
      await agreeForOrganization(trx, act, { ...signIn, session })
    } else if (!signIn.mayConsent) throw refuse('consent_not_yours')
    else if (missing.length > 0) await giveConsent(trx, act, session.user, { application, scopes: namesOf(missing) })
    // A person who agreed has also seen which application asks, but not which device.
    if (!device) await changeSignIn(trx, id, { confirmed_at: act.now })
  })
}

const namesOf = (scopes: readonly Scope[]) => scopes.map(({ name }) => name)

async function agreeForOrganization(trx: Trx, act: Act, { session, application, all }: SignIn & { state: 'consent' }) {
  const { id, userPrincipalName: name } = session.user
  const by = { ...act, actor: { kind: 'user', id, name } } as const
  const scopes = namesOf(all).filter(one => one !== 'offline_access')
  await giveOrganizationConsent(trx, by, application.appId, { scopes, permissions: [] })
}

/** Records that the person began the sign-in of this application themselves, or leaves it. A device is answered at once. */
export async function answerConfirmation(
  db: Db,
  act: Act,
  signIn: SignIn & { state: 'confirm-application' },
  goesOn: boolean,
): Promise<void> {
  const { id, tenantId, device, session } = signIn
  await inTenant(db, tenantId, async trx => {
    if (!goesOn) await changeSignIn(trx, id, { declined_at: act.now })
    else if (!device) await changeSignIn(trx, id, { confirmed_at: act.now })
    else if (await claimApproval(trx, act, device.id, { user: session.user, proof: provedBy(session) })) {
      await changeSignIn(trx, id, { confirmed_at: act.now, finished_at: act.now })
      await recordOpened(trx, act, signIn)
    }
  })
}

const provedBy = (session: Session) => {
  const { acr, amr, since } = strengthOf(session)
  return { acr, amr, authTime: secondsOf(since) }
}

/** Tells the device of a sign-in that it gets nothing, where it does not know yet. */
export async function refuseDevice(db: Db, act: Act, signIn: SignIn): Promise<void> {
  if (signIn.state !== 'refused' || !signIn.device) return
  const { tenantId, device, refusal } = signIn
  // The right person may still sign in.
  if (refusal === 'device_over' || refusal === 'another_account') return
  if (isAnswerable(device, act.now)) await inTenant(db, tenantId, trx => claimRefusal(trx, act, device.id, refusal))
}

/** Claims the end of a sign-in to an application: false where it has led there before. */
export const finishSignIn = (db: Db, act: Act, signIn: SignIn) =>
  inTenant(db, signIn.tenantId, async trx => {
    const claimed = await changeSignIn(trx, signIn.id, { finished_at: act.now })
    if (claimed && signIn.state === 'finished') await trx.last(() => recordOpened(trx, act, signIn))
    return claimed
  })

async function recordOpened(
  trx: Trx,
  act: Act,
  { application, session }: { application?: Application | undefined; session: Session },
) {
  const target = { id: session.user.id, name: session.user.userPrincipalName }
  await record(trx, actIn(act, session), {
    activity: 'application.opened',
    result: 'success',
    target,
    details: { application: application?.displayName ?? '' },
  })
}
