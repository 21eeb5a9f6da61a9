// This file is long because every URL of sign-in stands in it, with what it takes and where it leads.

import type { FastifyInstance } from 'fastify'
import { type TSchema, Type } from 'typebox'
import type { Act } from '../act.ts'
import { isUuid, supportCode } from '../crypto/index.ts'
import { countUserCode, findByUserCode, giveBackUserCode, isAnswerable } from '../deviceCodes/index.ts'
import { findTenantId, NOBODYS_TENANT, readName } from '../directory/index.ts'
import {
  type Answer,
  brand,
  brandByName,
  brandByPreview,
  CredentialBody,
  credentialIn,
  dropTicket,
  Exactly,
  forgetAccount,
  Id,
  isPartnerPage,
  type Journeys,
  keepAccount,
  keepJourneyBrowser,
  keepTicket,
  noteRefused,
  ownAddress,
  Password,
  readAccounts,
  readJourneyBrowser,
  type SignedInVisit,
  sessionIn,
  signedOutPage,
  stepPages,
  Text,
  typed,
  type Visit,
} from '../http/index.ts'
import type { Credential } from '../passkeys/index.ts'
import { unansweredHome } from '../passwords/index.ts'
import type { Refusal } from '../refusals.ts'
import { findStepWays } from '../registration/index.ts'
import { isSomebodysDevice, type Requirement, ticketFor, ticketsIn } from '../sessions/index.ts'
import { inTenant, isOver } from '../store/index.ts'
import { readUserCode } from '../typing/index.ts'
import { accountsOf, knownAccount } from './accountPages.tsx'
import { askForApproval, findApprovalWay, isUnapproved } from './approval.ts'
import { devicePage } from './devicePages.tsx'
import { LOCKED, refuse } from './errors.ts'
import { signInPage } from './pages.tsx'
import { type PasskeyRequest, signInByPasskey } from './passkey.ts'
import { passkeyOptions, placeOf } from './passkeyPages.tsx'
import { findSignInRow, SIGN_IN_LASTS } from './queries.ts'
import { chooseAccountPage, stepPage } from './signInPages.tsx'
import {
  answerConfirmation,
  answerConsent,
  answerStay,
  beginDeviceSignIn,
  beginSignIn,
  nameSignIn,
  openSignIn,
  refuseDevice,
  type SignIn,
} from './signIns.ts'
import { type SignedIn, type SignInOutcome, type SignInStep, type SigningBrowser, signIn } from './signin.ts'
import { signOut } from './signOut.ts'
import { signInView } from './wire.ts'

/** The URLs of sign-in, sign-out and the session. */
export function signinRoutes(journeys: Journeys) {
  journeys.route({
    method: 'GET',
    url: '/signin',
    access: 'anyone',
    page: async (visit, problem) => {
      await brandByName(visit)
      const isNamed = visit.query.username !== undefined || visit.query.other !== undefined
      const chooses = !isNamed && (!problem || problem.code.startsWith('passkey_'))
      return signInPage(visit, chooses ? await accountsOf(visit) : [], problem)
    },
  })

  journeys.route({
    method: 'GET',
    url: '/signin/preview/:tenant',
    access: 'anyone',
    async page(visit) {
      await brandByPreview(visit, visit.params.tenant ?? '', visit.query.look ?? '')
      return { ...signInPage(visit, []), scripts: [], framed: true }
    },
  })

  journeys.route({
    method: 'POST',
    url: '/signin',
    access: 'anyone',
    flood: 'signin',
    hashes: true,
    body: Exactly({
      username: Text(256),
      password: Password,
    }),
    async handle(visit, { username, password }) {
      const requires = await signInHere(visit, { username, password })
      const next = requires ? stepPages[requires] : (safeNext(journeys, visit.query.next) ?? '/account')
      return { json: { state: requires ?? 'signed-in', next }, next }
    },
    keeps: /^username$/,
  })

  journeys.route({
    method: 'GET',
    url: '/signin/passkey',
    access: 'anyone',
    handle: async visit => ({ json: { options: passkeyOptions(visit) } }),
  })

  journeys.route({
    method: 'POST',
    url: '/signin/passkey',
    access: 'anyone',
    flood: 'step',
    body: Exactly({ credential: CredentialBody, next: Type.Optional(Text(300)) }),
    fromForm: credentialIn,
    async handle(visit, { credential, next }) {
      const { requires } = await passkeyHere(visit, { credential })
      const to = requires ? stepPages[requires] : (safeNext(journeys, next) ?? '/account')
      return { json: { state: requires ?? 'signed-in', next: to }, next: to }
    },
    standsOn: firstPageOf,
  })

  journeys.route({
    method: 'POST',
    url: '/signin/start',
    access: 'anyone',
    flood: 'step',
    body: Type.Union([
      Exactly({ username: Text(256), next: Type.Optional(Text(300)) }),
      Exactly({ account: Id, next: Type.Optional(Text(300)) }),
    ]),
    async handle(visit, { next, ...who }) {
      const { db, act, locale } = visit
      const username = 'account' in who ? knownAccount(visit, who.account).username : who.username
      checkTyped(username)
      const tenantId = await findTenantId(db, readName(username).domain)
      const token = readJourneyBrowser(visit).token ?? act.random.token()
      const id = await beginSignIn(db, act, tenantId, {
        browser: { token, language: locale.language },
        username,
        // An account that was chosen may be signed in here.
        anew: !('account' in who),
        next: safeNext(journeys, next),
      })
      keepJourneyBrowser(visit, token, tenantId)
      return answerBegun(visit, id)
    },
    standsOn: firstPageOf,
    keeps: /^username$/,
  })
  journeys.redirect('/signin/start', () => '/signin')

  journeys.route({
    method: 'DELETE',
    url: '/signin/accounts/:account',
    access: 'anyone',
    flood: 'step',
    async handle(visit) {
      forgetAccount(visit, visit.params.account ?? '')
      return {}
    },
  })
  journeys.route({
    method: 'POST',
    url: '/signin/accounts/:account/removal',
    access: 'anyone',
    flood: 'step',
    async handle(visit) {
      forgetAccount(visit, visit.params.account ?? '')
      const { signin = '' } = visit.query
      return { next: isUuid(signin) ? `/signin/${signin}` : '/signin' }
    },
  })
  journeys.redirect('/signin/accounts/:account/removal', () => '/signin')

  journeys.route({
    method: 'POST',
    url: '/signout',
    access: ['second-step', 'change-password', 'register', 'confirm'],
    async handle(visit) {
      const { session } = visit
      await signOut(visit.db, visit.act, session)
      dropTicket(visit, session.tenantId)
      if (session.stayDeclinedAt) forgetAccount(visit, session.user)
      return { next: signedOutPage(session) }
    },
    standsOn: () => '/account',
  })

  journeys.route({
    method: 'GET',
    url: '/session',
    access: ['second-step', 'change-password', 'register', 'confirm'],
    async handle({ db, act, session }) {
      const { id, userPrincipalName, displayName, tenantId } = session.user
      return {
        json: {
          state: session.requires ?? 'signed-in',
          user: { id, userPrincipalName, displayName, tenantId },
          ...(session.requires === 'second-step' && {
            methods: await inTenant(db, tenantId, trx => findStepWays(trx, act, session)),
          }),
        },
      }
    },
  })

  journeys.redirect('/signout', () => '/account')

  journeys.route({
    method: 'GET',
    url: '/device',
    access: 'anyone',
    page: async (visit, problem) => devicePage(visit, problem),
  })

  journeys.route({
    method: 'POST',
    url: '/device',
    access: 'anyone',
    flood: 'step',
    body: Exactly({ code: Text(64) }),
    async handle(visit, { code }) {
      const userCode = readUserCode(code)
      if (userCode === '') throw refuse('invalid_request', { errors: [{ field: 'code', code: 'required' }] })
      return answerBegun(visit, await beginForDevice(visit, userCode))
    },
    keeps: /^code$/,
  })

  journeys.route({
    method: 'GET',
    url: '/signin/:id',
    access: 'anyone',
    async handle(visit) {
      const signIn = await ownSignIn(visit)
      if (signIn.state === 'expired') throw refuse('journey_expired')
      return { json: await viewOf(visit, signIn) }
    },
    async page(visit, problem) {
      if (visit.params.id === '') return { to: '/signin', moved: true }
      const signIn = await ownSignIn(visit)
      await brand(visit, signIn.tenantId)
      if (signIn.state === 'over' && !signIn.device) return { to: signIn.application?.homePageUrl ?? '/account' }
      if (signIn.state === 'finished' && !signIn.application) return { to: signIn.next ?? '/account' }
      if (signIn.state === 'choose-account' && visit.query.other === undefined)
        return chooseAccountPage(visit, signIn, { accounts: await accountsOf(visit), problem })
      if (!(signIn.state in stepPages) || !isCurrent(visit, signIn)) {
        const approval = isUnapproved(signIn) ? await findApprovalWay(visit.db, visit.act, signIn) : undefined
        const page = stepPage(visit, signIn, { problem, approval })
        const tells = (page.number ?? problem?.number) !== undefined
        return tells ? { ...page, supportCode: supportCodeOf(visit, signIn) } : page
      }
      const page = stepPages[signIn.state as Requirement]
      return { to: signIn.state === 'second-step' ? `${page}?next=/signin/${signIn.id}` : page }
    },
  })

  // biome-ignore lint/complexity/useMaxParams: a step reads as one line of the list
  const step = (
    name: string,
    flood: 'step' | 'signin',
    body: TSchema | undefined,
    work: (visit: Visit, signIn: SignIn, body: never) => Promise<unknown>,
    more: { keeps?: RegExp; fromForm?(form: Record<string, unknown>): unknown } = {},
  ) => {
    journeys.route({
      method: 'POST',
      url: `/signin/:id/${name}`,
      access: 'anyone',
      flood,
      ...(body && { body }),
      ...(flood === 'signin' && { hashes: true }),
      ...more,
      async handle(visit, body) {
        const signIn = await ownSignIn(visit)
        if (signIn.state === 'expired') throw refuse('journey_expired')
        await work(visit, signIn, body as never)
        const after = await ownSignIn(visit)
        // By a step of its own the person goes on with this account.
        if (after.state in stepPages) keepTicket(visit, ticketOf(visit, after)!)
        return visit.html ? { next: `/signin/${signIn.id}` } : { json: await viewOf(visit, after) }
      },
      standsOn: ({ params }) => `${pageOf(params)}${name === 'pass' ? '?way=pass' : ''}`,
    })
    journeys.redirect(`/signin/:id/${name}`, pageOf)
  }

  const name = async (visit: Visit, signIn: SignIn, username: string) => {
    if (!isNaming(signIn)) throw refuse('wrong_state')
    const tenantId = await nameSignIn(visit.db, visit.act, signIn, username)
    keepJourneyBrowser(visit, readJourneyBrowser(visit).token!, tenantId)
  }
  step('account', 'step', Exactly({ account: Id }), (visit, signIn, { account }: { account: string }) =>
    name(visit, signIn, knownAccount(visit, account).username),
  )
  step('name', 'step', Exactly({ username: Text(256) }), async (visit, signIn, { username }: { username: string }) => {
    checkTyped(username)
    await name(visit, signIn, username)
  })
  const enter = (visit: Visit, signIn: SignIn, typed: { password: string; isPass?: true }) => {
    if (signIn.state !== 'password') throw refuse('wrong_state')
    return signInHere(visit, { ...typed, username: signIn.username ?? '', within: withinOf(signIn) })
  }
  const password = Exactly({ password: Password })
  step('password', 'signin', password, (visit, signIn, typed: { password: string }) => enter(visit, signIn, typed))
  const pass = Exactly({ pass: Text(64) })
  step('pass', 'signin', pass, (visit, signIn, { pass }) => enter(visit, signIn, { password: pass, isPass: true }))
  step(
    'passkey',
    'step',
    Exactly({ credential: CredentialBody }),
    async (visit, signIn, { credential }: { credential: Credential }) => {
      if (!isNaming(signIn)) throw refuse('wrong_state')
      const onlyTenant = signIn.application ? signIn.tenantId : undefined
      const { user } = await passkeyHere(visit, { credential, within: { ...withinOf(signIn), onlyTenant } })
      // The passkey has told who it is about, whatever was typed.
      await name(visit, signIn, user.userPrincipalName)
    },
    { fromForm: credentialIn },
  )
  step(
    'stay',
    'step',
    Exactly({ stay: Type.Boolean() }),
    async (visit, signIn, { stay }: { stay: boolean }) => {
      if (signIn.state !== 'stay-signed-in') throw refuse('wrong_state')
      const ticket = await answerStay(visit.db, visit.act, signIn, stay)
      // Another tab has just answered.
      if (!ticket) throw refuse('wrong_state')
      keepTicket(visit, ticket)
    },
    { fromForm: readChoice('stay') },
  )
  step(
    'consent',
    'step',
    Exactly({ accept: Type.Boolean(), forOrganization: Type.Optional(Type.Boolean()) }),
    async (visit, signIn, body: { accept: boolean; forOrganization?: boolean }) => {
      if (signIn.state !== 'consent') throw refuse('wrong_state')
      await answerConsent(visit.db, stepOf(visit, signIn), signIn, body)
    },
    { fromForm: readChoice('accept', 'forOrganization') },
  )
  journeys.route({
    method: 'POST',
    url: '/signin/:id/contact',
    access: 'anyone',
    flood: 'help',
    async handle(visit) {
      const signIn = await ownSignIn(visit)
      if (signIn.state === 'expired') throw refuse('journey_expired')
      if (!isUnapproved(signIn)) throw refuse('wrong_state')
      const json = await askForApproval(visit.db, stepOf(visit, signIn), signIn)
      return { status: 202, json, next: pageOf(visit.params) }
    },
    standsOn: ({ params }) => pageOf(params),
  })
  journeys.redirect('/signin/:id/contact', pageOf)

  for (const [name, goesOn] of [
    ['confirm', true],
    ['cancel', false],
  ] as const)
    step(name, 'step', undefined, async (visit, signIn) => {
      if (goesOn && signIn.state in stepPages) return // with this account
      if (signIn.state !== 'confirm-application') throw refuse('wrong_state')
      await answerConfirmation(visit.db, visit.act, signIn, goesOn)
    })
}

/** Whether a sign-in asks who the person is. */
const isNaming = ({ state }: SignIn) => ['choose-account', 'name', 'password'].includes(state)

/** The first page, of a form there. */
function firstPageOf(visit: Visit) {
  const next = typed(visit, 'next')
  return ownAddress({ ...visit, path: '/signin', query: next === undefined ? {} : { next } })
}

/** The page of a sign-in. Its id is as anybody may have written it. */
const pageOf = ({ id = '' }: Record<string, string>) => `/signin/${encodeURIComponent(id)}`

/** Reads yes and no from the fields of a form that mean them: the button that was pressed, or a box that was ticked. */
const readChoice =
  (...names: string[]) =>
  (form: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(form).map(([name, value]) => [
        name,
        names.includes(name) && (value === 'true' || value === 'false') ? value === 'true' : value,
      ]),
    )

function checkTyped(username: string) {
  if (username.trim() === '') throw refuse('invalid_request', { errors: [{ field: 'username', code: 'required' }] })
}

/** The sign-in of the URL, which this browser has begun. */
async function ownSignIn(visit: Visit): Promise<SignIn> {
  const { db, act, params, services, cookies } = visit
  const browser = readJourneyBrowser(visit)
  for (const tenantId of browser.tenants) {
    const ticket = ticketFor(cookies.get('session'), tenantId)
    const visitor = { browserToken: browser.token, ticket, accounts: readAccounts(visit).length }
    const found = await openSignIn(db, act, { tenantId, by: { id: params.id ?? '' }, visitor, origin: services.origin })
    if (!found) continue
    // Nobody's tenant has no looks, and its name is nobody's.
    if (tenantId !== NOBODYS_TENANT) visit.tenant = found.tenant
    await refuseDevice(db, act, found.signIn)
    // The pages of a requirement, and those that a sign-in without an application leads to, are of the current session. A
    // link of another site can begin an application's: it must not choose the account of the forms in open tabs.
    const { state, application } = found.signIn
    if (ticket && !application && (state in stepPages || state === 'finished')) keepTicket(visit, ticket)
    return found.signIn
  }
  throw refuse('not_found')
}

/** The answer to the beginning of a sign-in. A browser reads its page next. */
async function answerBegun(visit: Visit, id: string): Promise<Answer> {
  const location = pageOf({ id })
  if (visit.html) return { next: location }
  return { status: 201, location, json: await viewOf(visit, await ownSignIn({ ...visit, params: { id } })) }
}

const ticketOf = ({ cookies }: Visit, { tenantId }: SignIn) => ticketFor(cookies.get('session'), tenantId)

/** Whether the session of a sign-in is the current one, whose are the pages of what it must do. */
const isCurrent = (visit: Visit, signIn: SignIn) =>
  ticketsIn(visit.cookies.get('session'))[0] === ticketOf(visit, signIn)

/** Begins the sign-in for a device, in this browser. A wrong code counts, and throws `device_code_wrong` or `device_code_over`. */
async function beginForDevice(visit: Visit, userCode: string): Promise<string> {
  const { db, act, address, locale } = visit
  const browserToken = readJourneyBrowser(visit).token
  const cookie = visit.cookies.get('device')
  const deviceCookie = (await isSomebodysDevice(db, act, cookie)) ? cookie : undefined
  const guesser = { address, browserToken, deviceCookie }
  const wait = await countUserCode(db, act, guesser)
  if (wait > 0) throw refuse('throttled', { retryAfter: wait })
  const device = await findByUserCode(db, act, userCode)
  if (!device) throw refuse('device_code_wrong')
  if (!isAnswerable(device, act.now)) throw refuse('device_code_over')
  await giveBackUserCode(db, act, guesser)
  const session = await sessionIn(visit, device.tenantId)
  const browser = { token: browserToken ?? act.random.token(), language: locale.language }
  keepJourneyBrowser(visit, browser.token, device.tenantId)
  return beginDeviceSignIn(db, act, device, { browser, session })
}

/** A step of the sign-in, whose events share its id. */
const stepOf = ({ act }: Visit, { id }: SignIn): Act => ({ ...act, trail: { ...act.trail, correlationId: id } })

async function viewOf(visit: Visit, signIn: SignIn) {
  const tenant = await brand(visit, signIn.tenantId)
  const accounts = signIn.state === 'choose-account' ? await accountsOf(visit) : []
  const options = isNaming(signIn) ? passkeyOptions(visit, signIn.id) : undefined
  const more = { tenant, accounts, options, supportCode: supportCodeOf(visit, signIn) }
  return signInView(visit.services.origin, visit.locale, signIn, more)
}

const withinOf = ({ tenantId, id, application }: SignIn): SignInStep => ({ tenantId, id, appId: application?.appId })

const supportCodeOf = ({ act }: Visit, { tenantId, id }: SignIn) => supportCode(act, tenantId, id)

/** Signs in in this browser. Returns what the session must do first. */
async function signInHere(
  visit: Visit,
  given: { username: string; password: string; isPass?: true; within?: SignInStep },
): Promise<Requirement | null> {
  const { db, act, services } = visit
  const result = await signIn(db, act, services.passwordChecks, {
    ...given,
    ...browserOf(visit),
  })
  if (result.outcome === 'signed-in') {
    keepSignedIn(visit, result)
    return result.requires
  }
  const refusal = refusalOf(result)
  const code = result.outcome === 'incorrect' && result.retryAfter ? `AADSTS${LOCKED}` : refusal.code
  noteRefused(visit, { code, username: given.username })
  throw refusal
}

function refusalOf(result: Exclude<SignInOutcome, SignedIn>): Refusal {
  if (result.outcome === 'disabled') return refuse('account_disabled')
  if (result.outcome === 'temporary-over') return refuse('temporary_password_expired')
  if (result.outcome === 'wrong-tenant') return refuse('wrong_tenant')
  if (result.outcome === 'unknown') return unansweredHome()
  return refuse('invalid_credentials', result.retryAfter ? { retryAfter: result.retryAfter, number: LOCKED } : {})
}

/** The same by a passkey, which tells whose it is. */
async function passkeyHere(visit: Visit, given: Pick<PasskeyRequest, 'credential' | 'within'>): Promise<SignedIn> {
  const { db, act, services } = visit
  const result = await signInByPasskey(db, act, services, {
    ...given,
    place: placeOf(visit, given.within?.id),
    ...browserOf(visit),
  })
  if (result.outcome === 'unknown') throw refuse('passkey_unknown')
  if (result.outcome === 'incorrect') throw refuse('passkey_incorrect')
  if (result.outcome === 'over') throw refuse('passkey_over')
  if (result.outcome === 'disabled') throw refuse('account_disabled')
  if (result.outcome === 'wrong-tenant') throw refuse('wrong_tenant')
  keepSignedIn(visit, result)
  return result
}

const browserOf = ({ cookies, locale }: Visit): SigningBrowser => ({
  deviceCookie: cookies.get('device'),
  sessionCookie: cookies.get('session'),
  language: locale.language,
})

function keepSignedIn(visit: Visit, { sessionCookie, deviceCookie, requires, user }: SignedIn) {
  keepTicket(visit, sessionCookie)
  if (deviceCookie) visit.cookies.set('device', deviceCookie)
  if (requires === null) keepAccount(visit, user)
  visit.cookies.clear('refused')
}

/** The page after a sign-in: one of our own, from the route table, an onboarding or what a partner handed on. Other addresses would let a link lead away. */
function safeNext(journeys: Journeys, next: string | undefined): string | undefined {
  if (/^\/start\/[\w-]{36}$/.test(next ?? '') || isPartnerPage(next ?? '')) return next
  return journeys.table.find(line => line.hasPage && line.access !== 'anyone' && line.url === next)?.url
}

/** The pages of what a session must do first, and of the second step that a sign-in asks for. */
const FIRST = /^\/(session\/|security-info(\/|$)|account\/password$)/
const SIGN_IN = /^\/signin\/([\w-]+)$/

/**
 * Keeps the opener of the pages of what a session must do first, while they lead back to a sign-in that an application
 * waits for. The application may have opened it in a popup, and one answer with a stricter policy would cut its handle.
 */
export function keepOpeners(app: FastifyInstance) {
  app.addHook('onSend', async ({ visit }, reply) => {
    const { session } = visit
    if (!session || !visit.html || !FIRST.test(visit.path) || reply.statusCode >= 500) return
    if (await isAwaited({ ...visit, session })) reply.header('cross-origin-opener-policy', 'unsafe-none')
  })
}

/** Whether the page leads back to a sign-in of this browser that has not answered its application yet. */
async function isAwaited(visit: SignedInVisit): Promise<boolean> {
  const { db, act, session, query } = visit
  const [, id] = SIGN_IN.exec(query.next ?? '') ?? SIGN_IN.exec(session.next ?? '') ?? []
  const { token } = readJourneyBrowser(visit)
  if (!id || !isUuid(id) || !token) return false
  const row = await inTenant(db, session.tenantId, trx => trx.last(() => findSignInRow(trx, { id })))
  if (!row?.request_id || row.device_code_id || row.finished_at || isOver(row.expires_at, act.now, SIGN_IN_LASTS))
    return false
  return act.keys.matches(row.browser_hash, 'browser', token)
}
