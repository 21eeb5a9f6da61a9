import type { Act } from '../act.ts'
import {
  type Application,
  findApplication,
  findMissing,
  findUserGrants,
  giveConsent,
  isAssigned,
  mayConsent,
  ownerOf,
  readScopes,
  resolveScopes,
  type Scope,
} from '../applications/index.ts'
import { record } from '../audit/index.ts'
import { plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { type SignInPolicy, signInPolicyOf } from '../policies/index.ts'
import type { Requirement, Session } from '../sessions/index.ts'
import { askOne, type Db, inTenant, isOver } from '../store/index.ts'
import { SIGN_IN_LASTS } from './lasts.ts'
import { changeSignIn, findSignInRow, type SignInRow } from './queries.ts'

/** The sign-in of a person to an application, in one browser (single sign-on, §2). */
interface Begun {
  id: string
  tenantId: string
  application: Application
  /** The library's name of the application's request. */
  requestId: string
  /** The name, as typed or as the application hinted. */
  username: string | undefined
  /** The parameters of the application's request. */
  asked: Record<string, string>
  /** Whether it asked for `offline_access`, which the library takes from the parameters. */
  offline: boolean
  expiresAt: Date
}

/** Why a sign-in leads to no application, though the person is signed in. */
export type SignInRefusal = 'not_assigned' | 'needs_administrator' | 'declined'

/** A sign-in at one moment, computed from its record and the browser's session. */
export type SignIn = Begun &
  (
    | { state: 'name' | 'password' | 'expired' | 'over' }
    | { state: Requirement | 'confirm-application' | 'finished'; session: Session }
    | { state: 'consent'; session: Session; scopes: Scope[]; missing: Scope[] }
    | { state: 'refused'; refusal: SignInRefusal }
  )

/** What a browser shows of itself: its secret, and its session of the sign-in's tenant. */
export interface Visitor {
  browserToken: string | undefined
  session: Session | undefined
}

/** The request of an application, as the library keeps it. */
export interface Request {
  id: string
  content: Record<string, unknown>
  /** Whether a password has to be typed, though somebody is signed in. */
  anew: boolean
  loginHint: string | undefined
}

/** Begins a sign-in for an application's request, in this browser alone. Returns its id. */
export async function beginSignIn(
  db: Db,
  act: Act,
  tenantId: string,
  appId: string,
  request: Request,
  browser: { token: string; language: string },
): Promise<string> {
  const { now, random, keys } = act
  const id = random.uuid(now)
  const place = { purpose: 'typed-name', tenantId, rowId: id } as const
  await inTenant(db, tenantId, trx =>
    trx
      .insertInto('sign_ins')
      .values({
        tenant_id: tenantId,
        id,
        browser_hash: keys.mac('browser', browser.token),
        app_id: appId,
        request_id: request.id,
        request: JSON.stringify(request.content),
        typed_name_sealed: request.loginHint === undefined ? null : keys.seal(place, request.loginHint),
        password_from: request.anew ? now : null,
        language: browser.language,
        created_at: now,
        expires_at: plus(now, SIGN_IN_LASTS),
      })
      .execute(),
  )
  return id
}

/** Opens a sign-in by its id or its request: undefined where it does not exist, or was begun in another browser. */
export async function openSignIn(
  db: Db,
  act: Act,
  tenantId: string,
  by: { id: string } | { requestId: string },
  visitor: Visitor,
  origin: string,
): Promise<{ signIn: SignIn; request: Record<string, unknown> } | undefined> {
  if (!visitor.browserToken || ('id' in by && !isUuid(by.id))) return undefined
  const [row, policy] = await inTenant(db, tenantId, trx =>
    trx.last(() => Promise.all([findSignInRow(trx, by), askOne(trx, signInPolicyOf(tenantId))])),
  )
  if (!row || !act.keys.matches(row.browser_hash, 'browser', visitor.browserToken)) return undefined
  const application = await findApplication(db, tenantId, row.app_id)
  if (!application) return undefined
  const request = row.request as Asked
  return {
    signIn: await judge(db, act, row, {
      application,
      policy,
      session: visitor.session,
      scopesOf: () => scopesOf(db, origin, application, request),
    }),
    request,
  }
}

interface Asked extends Record<string, unknown> {
  params?: Record<string, string>
  offline?: boolean
}

/** What an application's request comes to. It was judged at its beginning; what is gone since is left out. */
async function scopesOf(db: Db, origin: string, application: Application, { params = {} }: Asked): Promise<Scope[]> {
  const asked = readScopes(origin, params.scope ?? '', params.resource)
  if ('refused' in asked) return []
  const owner = ownerOf(asked)
  const target = owner === undefined ? undefined : await findApplication(db, application.tenantId, owner)
  const scopes = resolveScopes(asked, application, target)
  return 'refused' in scopes ? [] : scopes
}

/** Computes a sign-in's state from the facts. */
async function judge(
  db: Db,
  act: Act,
  row: SignInRow,
  facts: { application: Application; policy: SignInPolicy; session: Session | undefined; scopesOf(): Promise<Scope[]> },
): Promise<SignIn> {
  const { application, policy, session, scopesOf } = facts
  const { tenantId, platform } = application
  const username =
    row.typed_name_sealed === null
      ? undefined
      : act.keys.open({ purpose: 'typed-name', tenantId, rowId: row.id }, row.typed_name_sealed)
  const { params: asked = {}, offline = false } = row.request as Asked
  const begun = {
    id: row.id,
    tenantId,
    application,
    requestId: row.request_id,
    username,
    asked,
    offline,
    expiresAt: row.expires_at,
  }
  if (row.finished_at) return { ...begun, state: 'over' }
  if (isOver(row.expires_at, act.now, SIGN_IN_LASTS)) return { ...begun, state: 'expired' }
  if (row.declined_at) return { ...begun, state: 'refused', refusal: 'declined' }
  if (!session || (row.password_from && session.passwordAt < row.password_from))
    return { ...begun, state: username === undefined ? 'name' : 'password' }
  if (session.requires) return { ...begun, state: session.requires, session }
  const grants = await findUserGrants(db, application, session.user.id)
  if (!isAssigned(application, grants)) return { ...begun, state: 'refused', refusal: 'not_assigned' }
  const scopes = await scopesOf()
  const missing = findMissing(application, grants, scopes)
  if (missing.length > 0 && !mayConsent(policy.userConsent, missing))
    return { ...begun, state: 'refused', refusal: 'needs_administrator' }
  const asksAnew = (asked.prompt ?? '').split(' ').includes('consent') && !row.confirmed_at
  if (missing.length > 0 || asksAnew)
    return { ...begun, state: 'consent', session, scopes: asksAnew ? scopes : missing, missing }
  // Another program could have the address of a native application (RFC 8252, §8.6).
  if (platform === 'publicClient' && !row.confirmed_at) return { ...begun, state: 'confirm-application', session }
  return { ...begun, state: 'finished', session }
}

/** Keeps the typed name for the next page. */
export const nameSignIn = (db: Db, { keys }: Act, { id, tenantId }: SignIn, username: string): Promise<boolean> =>
  inTenant(db, tenantId, trx =>
    changeSignIn(trx, id, { typed_name_sealed: keys.seal({ purpose: 'typed-name', tenantId, rowId: id }, username) }),
  )

/** Records that the person agreed to what is missing, or declined. */
export async function answerConsent(db: Db, act: Act, signIn: SignIn & { state: 'consent' }, accepts: boolean) {
  const { id, tenantId, session, application, missing } = signIn
  await inTenant(db, tenantId, async trx => {
    if (accepts) {
      const names = missing.map(({ name }) => name)
      if (names.length > 0) await giveConsent(trx, act, session.user, application, names)
      // Who agreed has also seen which application asks.
      await changeSignIn(trx, id, { confirmed_at: act.now })
    } else await changeSignIn(trx, id, { declined_at: act.now })
  })
}

/** Records that the person began the sign-in of this application themselves, or leaves it. */
export const answerConfirmation = (db: Db, { now }: Act, { id, tenantId }: SignIn, goesOn: boolean) =>
  inTenant(db, tenantId, trx => changeSignIn(trx, id, goesOn ? { confirmed_at: now } : { declined_at: now }))

/** Claims the end of a sign-in: false where it has led to its application before. */
export const finishSignIn = (
  db: Db,
  act: Act,
  { id, tenantId, application, state }: SignIn,
  session: Session | undefined,
) =>
  inTenant(db, tenantId, async trx => {
    const claimed = await changeSignIn(trx, id, { finished_at: act.now })
    if (claimed && session && state === 'finished') {
      const target = { id: session.user.id, name: session.user.userPrincipalName }
      const own = {
        ...act,
        actor: { kind: 'user', ...target },
        trail: { ...act.trail, correlationId: session.correlationId },
      } as const
      await record(trx, own, {
        activity: 'application.opened',
        result: 'success',
        target,
        details: { application: application.displayName },
      })
    }
    return claimed
  })
