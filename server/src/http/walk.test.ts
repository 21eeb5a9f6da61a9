// Every route is asked by everybody who should get nothing from it. A new route is walked too, or fails here. A long
// file, because all of it needs the one table of routes' bodies.

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import pg from 'pg'
import { createApp } from '../app.ts'
import { createApplication } from '../applications/index.ts'
import { beginCheck, bindBrowser } from '../callers/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId, findUserByName } from '../directory/index.ts'
import { createLog } from '../http/index.ts'
import { inTenant } from '../store/index.ts'
import {
  type TestBrowser,
  type TestRequest,
  type TestResponse,
  type TestServer,
  testServer,
} from '../testing/server.ts'
import { readState } from '../testing/state.ts'
import { takeDueStep } from '../testing/steps.ts'

/** The short run asks fewer pairs of a route and a way to ask it; the long proof asks all. */
const LONG = process.env.PROOF === 'long'

const server = await testServer({ signup: 'open' })
const acme = await findTenantId(server.store, 'acme.example')
const database = new pg.Client({ connectionString: server.databaseUrl })
await database.connect()
after(() => database.end())
const { app, declared } = await createApp(server.services, { trustedProxies: [], log: createLog('silent'), checks: {} })
after(() => app.close())

/** The routes that anybody may ask; others need a session. A line here opens a route to the whole world. */
const open = [
  'GET /captcha',
  'GET /approvals/:id',
  'POST /approvals/:id',
  'POST /approvals/:id/denial',
  'GET /account-check',
  'POST /account-check',
  'GET /announcements/stop/:token',
  'POST /announcements/stop/:token',
  'GET /demo',
  'GET /demo/app',
  'GET /demo/dns',
  'POST /demo/dns/records',
  'DELETE /demo/dns/records/:id',
  'POST /demo/dns/records/:id/removal',
  'POST /demo/dns/faults',
  'POST /demo/clock',
  'GET /tenants/links/:id',
  'GET /demo/outbox',
  'GET /device',
  'GET /error',
  'POST /device',
  'GET /links/:token',
  'GET /links/proved',
  'GET /links/stopped',
  'POST /links/:token',
  'GET /reset',
  'POST /reset',
  'GET /reset/:id',
  'GET /reset/:id/contact',
  'POST /reset/:id/challenges',
  'POST /reset/:id/contact',
  'POST /reset/:id/password',
  'POST /reset/:id/problem',
  'POST /reset/:id/proofs',
  'POST /reset/:id/unlock',
  'GET /help/sign-in',
  'POST /help/sign-in',
  'GET /help/sign-in/:id',
  'POST /help/sign-in/:id/answers',
  'POST /help/sign-in/:id/back',
  'GET /help/sign-in/:id/contact',
  'POST /help/sign-in/:id/contact',
  'GET /help/sign-in/:id/provider',
  'POST /help/sign-in/:id/provider',
  'GET /cases',
  'POST /cases',
  'GET /cases/links',
  'POST /cases/links',
  'GET /cases/:number',
  'POST /cases/:number/challenges',
  'POST /cases/:number/proofs',
  'POST /cases/:number/messages',
  'POST /cases/:number/check',
  'POST /cases/:number/withdrawal',
  'GET /cases/:number/rescue',
  'POST /cases/:number/rescue',
  'GET /rescues/:id',
  'POST /rescues/:id/challenges',
  'POST /rescues/:id/proofs',
  'POST /rescues/:id/finish',
  'POST /rescues/:id/objection',
  'POST /rescues/:id/undo',
  'POST /rescues/:id/withdrawal',
  'GET /account/closed',
  'GET /takeovers',
  'POST /takeovers',
  'GET /takeovers/:id',
  'POST /takeovers/:id/challenges',
  'POST /takeovers/:id/proofs',
  'POST /takeovers/:id/check',
  'POST /takeovers/:id/finish',
  'POST /takeovers/:id/objection',
  'POST /takeovers/:id/undo',
  'POST /takeovers/:id/withdrawal',
  'GET /join/:id',
  'POST /join/:id',
  'GET /start',
  'POST /start',
  'GET /start/:id',
  'POST /start/:id/answers',
  'POST /start/:id/back',
  'POST /start/:id/link',
  'GET /account-check/mail',
  'POST /account-check/mail',
  'GET /signup',
  'POST /signup',
  'GET /signup/:id',
  'POST /signup/:id/challenges',
  'POST /signup/:id/proofs',
  'POST /signup/:id/anyway',
  'POST /signup/:id/organization',
  'POST /signup/:id/administrator',
  'POST /signup/:id/codes',
  'POST /signup/:id/person',
  'GET /signin',
  'POST /signin',
  'GET /signin/:id',
  'POST /signin/:id/cancel',
  'POST /signin/:id/confirm',
  'POST /signin/:id/consent',
  'POST /signin/:id/contact',
  'POST /signin/:id/name',
  'POST /signin/:id/password',
  'POST /signin/:id/account',
  'DELETE /signin/accounts/:account',
  'POST /signin/accounts/:account/removal',
  'POST /signin/:id/pass',
  'POST /signin/:id/passkey',
  'GET /signin/passkey',
  'GET /signin/preview/:tenant',
  'GET /reset/preview/:tenant',
  'POST /signin/passkey',
  'POST /signin/:id/stay',
  'POST /signin/start',
  'GET /support',
  'GET /help',
  'GET /help/:topic',
  'GET /help/administrators',
  'GET /help/administrators/:topic',
  'GET /help/codes/:code',
  'POST /:tenant/v2.0/logout/confirm',
]
/** Served outside the people's routes: files hold nothing of anybody, an application proves itself to its provider, and `/v1.0` and `/scim/v2` take tokens alone. */
const files =
  /^(\/|\/:tenant\/v2\.0\/\*|\/v1\.0\/\*|\/scim\/v2(\/\*)?|\/\.well-known\/(change-password|webauthn|passkey-endpoints)|\/health\/(live|ready)|\/openapi\.json|\/reference(\/:tag)?|(\/admin)?\/assets\/[\w.-]+\.(css|js|svg|png)|\/admin(\/callback|(\/assets)?\/\*)?|\/demo\/outbox\/:id|\/branding\/:tenantId\/(style\.css|logo|[a-z]+(Logo(Dark)?|Image)|favicon))$/

/** The belongings of a person that others must not touch, as addresses and bodies name them. */
interface Belongings {
  /** Of the browser's reset: its journey, a method on its page, and a challenge with the code that answers it. */
  journey: string
  offered: string
  challenge: string
  code: string
  /** Of the session: a method, a challenge for a fresh proof, one that registers an address, and an event. */
  method: string
  proof: string
  proofCode: string
  registration: string
  registrationCode: string
  event: string
  user: string
  /** A sign-up of the browser, and its code. */
  signup: string
  signupChallenge: string
  signupCode: string
  /** An onboarding of the browser. */
  onboarding: string
  /** A recovery case of the browser, and the code of its mailbox. */
  case: string
  assistant: string
  caseChallenge: string
  caseCode: string
  takeover: string
  takeoverChallenge: string
  takeoverCode: string
  rescue: string
  /** A sign-in to an application, in this browser. */
  signIn: string
  /** What the page sends along that asks before a sign-out. */
  signOut: string
  /** A call that waits for this browser's answer. */
  approval: string
  /** One of "my applications", which the others are not assigned to. */
  application: string
}

const names: [RegExp, keyof Belongings][] = [
  [/^\/reset\/:id/, 'journey'],
  [/^\/approvals\/:id/, 'approval'],
  [/^\/signup\/:id/, 'signup'],
  [/^\/start\/:id/, 'onboarding'],
  [/^\/help\/sign-in\/:id/, 'assistant'],
  [/^\/cases\/:number/, 'case'],
  [/^\/takeovers\/:id/, 'takeover'],
  [/^\/rescues\/:id/, 'rescue'],
  // Of no invitation: a link binds it to its browser first.
  [/^\/join\/:id/, 'signup'],
  [/^\/security-info\/methods\/:id/, 'method'],
  [/^\/security-info\/passkeys\/:id/, 'method'],
  [/^\/account\/activity\/:id/, 'event'],
  [/^\/v1\.0\/users\/:id/, 'user'],
  [/^\/signin\/:id/, 'signIn'],
  [/^\/my-applications\/:id/, 'application'],
  [/^\/demo\/dns\/records\/:id/, 'application'],
  // Of no request: who may read one is its company.
  [/^\/partner-requests\/:id/, 'application'],
  [/^\/partner-invitations\/:id/, 'application'],
  // Of no link and no tenant: theirs are walked by administrators alone.
  [/^\/tenants\/links\/:id/, 'signup'],
  [/^\/tenants\/:id/, 'application'],
]

/** An answer of an authenticator that signs nothing. */
const assertion = {
  id: 'AAAA',
  rawId: 'AAAA',
  type: 'public-key',
  response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA', userHandle: 'AAAA' },
}

/** The body that each changing route takes from the owner of these; undefined: it takes none. */
const bodies: Record<string, (own: Belongings) => Record<string, unknown> | undefined> = {
  'POST /reset': () => ({ username: 'registered@acme.example' }),
  'POST /reset/:id/problem': () => ({ problem: 'forgot' }),
  'POST /reset/:id/challenges': own => ({ method: own.offered }),
  'POST /reset/:id/proofs': own => ({ challenge: own.challenge, code: own.code }),
  'POST /reset/:id/password': () => ({ newPassword: 'Quite-another-kestrel-1' }),
  'POST /reset/:id/unlock': () => undefined,
  'POST /reset/:id/contact': () => undefined,
  'POST /links/:token': () => undefined,
  'POST /announcements/stop/:token': () => undefined,
  'POST /approvals/:id': () => ({ words: 'apple arrow' }),
  'POST /approvals/:id/denial': () => undefined,
  'POST /account-check': () => ({ query: 'acme.example' }),
  'POST /help/sign-in': () => ({ username: 'registered@acme.example' }),
  'POST /help/sign-in/:id/answers': () => ({ question: 'what', answer: 'forgot' }),
  'POST /help/sign-in/:id/back': () => undefined,
  'POST /help/sign-in/:id/contact': () => undefined,
  'POST /help/sign-in/:id/provider': () => undefined,
  'POST /cases': () => ({ kind: 'other', domain: 'acme.example', address: 'bob@new.example', text: 'Help' }),
  'POST /cases/links': () => ({ number: 'LK-BCDFGHJK', address: 'bob@new.example' }),
  'POST /cases/:number/challenges': () => undefined,
  'POST /cases/:number/messages': () => ({ text: 'More' }),
  'POST /cases/:number/check': () => undefined,
  'POST /cases/:number/withdrawal': () => undefined,
  'POST /cases/:number/rescue': () => ({ act: 'newAdministrator' }),
  'POST /rescues/:id/challenges': () => undefined,
  'POST /rescues/:id/proofs': own => ({ challenge: own.caseChallenge, code: own.caseCode }),
  'POST /rescues/:id/finish': () => ({ newPassword: 'Quite-another-kestrel-1' }),
  'POST /rescues/:id/objection': () => ({ reason: 'No.' }),
  'POST /rescues/:id/undo': () => undefined,
  'POST /rescues/:id/withdrawal': () => undefined,
  'POST /cases/:number/closing': () => ({ result: 'resolved' }),
  'POST /cases/:number/proofs': own => ({ challenge: own.caseChallenge, code: own.caseCode }),
  'POST /start': () => ({}),
  'POST /start/:id/answers': () => ({ question: 'has-domain', answer: 'no' }),
  'POST /start/:id/back': () => undefined,
  'POST /start/:id/link': () => ({ address: 'ann@new.example' }),
  'POST /start/:id/tenant': () => ({ use: 'this', willUse: 1 }),
  'POST /account/closure': () => undefined,
  'POST /takeovers': () => ({ domain: 'umbrella.example', address: 'walked@umbrella.example' }),
  'POST /takeovers/:id/challenges': () => undefined,
  'POST /takeovers/:id/proofs': own => ({ challenge: own.takeoverChallenge, code: own.takeoverCode }),
  'POST /takeovers/:id/check': () => undefined,
  'POST /takeovers/:id/finish': () => ({}),
  'POST /takeovers/:id/objection': () => ({ reason: 'No.' }),
  'POST /takeovers/:id/undo': () => undefined,
  'POST /takeovers/:id/withdrawal': () => undefined,
  'POST /account-check/mail': () => ({ address: 'ann@new.example' }),
  'POST /signup': () => ({ address: 'ann@new.example' }),
  'POST /signup/:id/challenges': () => undefined,
  'POST /signup/:id/proofs': own => ({ challenge: own.signupChallenge, code: own.signupCode }),
  'POST /signup/:id/anyway': () => undefined,
  'POST /signup/:id/organization': () => ({ displayName: 'New', country: 'FR', label: 'walked' }),
  'POST /signup/:id/administrator': () => ({
    givenName: 'Ann',
    surname: 'Lee',
    userName: 'ann',
    newPassword: 'Quite-another-kestrel-1',
  }),
  'POST /signup/:id/codes': () => ({ kept: true }),
  'POST /signup/:id/person': () => ({ givenName: 'Ann', surname: 'Lee', newPassword: 'Quite-another-kestrel-1' }),
  'POST /administrators/invitations': () => ({ address: 'second@new.example' }),
  'POST /join/:id': () => ({
    givenName: 'Ann',
    surname: 'Lee',
    userName: 'ann',
    newPassword: 'Quite-another-kestrel-1',
  }),
  'POST /device': () => ({ code: 'BCDF-GHJK' }),
  'POST /signin': () => ({ username: 'registered@acme.example', password: PASSWORD }),
  'POST /signin/start': () => ({ username: 'registered@acme.example' }),
  'POST /signin/:id/cancel': () => undefined,
  'POST /signin/:id/confirm': () => undefined,
  'POST /signin/:id/consent': () => ({ accept: true }),
  'POST /signin/:id/contact': () => undefined,
  'POST /signin/:id/pass': () => ({ pass: 'ABCD-EFGH-JKMN' }),
  'POST /signin/:id/passkey': () => ({ credential: assertion }),
  'POST /signin/passkey': () => ({ credential: assertion }),
  'POST /signin/:id/stay': () => ({ stay: true }),
  'POST /signin/:id/account': () => ({ account: 'an-account' }),
  'DELETE /signin/accounts/:account': () => undefined,
  'POST /signin/accounts/:account/removal': () => undefined,
  'POST /signin/:id/name': () => ({ username: 'registered@acme.example' }),
  'POST /signin/:id/password': () => ({ password: PASSWORD }),
  'POST /security-info/challenges': () => ({ kind: 'email', address: 'elsewhere@mail.example' }),
  'POST /security-info/methods': own => ({ challenge: own.registration, code: own.registrationCode }),
  'POST /security-info/confirmations': own => ({ methods: [own.method] }),
  'POST /security-info/later': () => undefined,
  'POST /security-info/methods/:id/removal': () => undefined,
  'DELETE /security-info/methods/:id': () => undefined,
  'POST /security-info/passkeys/:id/name': () => ({ name: 'Work phone' }),
  'POST /session/challenges': own => ({ method: own.method }),
  'POST /session/proofs': own => ({ challenge: own.proof, code: own.proofCode }),
  'POST /account/password': () => ({ currentPassword: PASSWORD, newPassword: 'Quite-another-kestrel-1' }),
  'POST /account/activity/:id/report': () => undefined,
  'POST /account/announcements': () => undefined,
  'POST /signout': () => undefined,
  'POST /:tenant/v2.0/logout/confirm': own => ({ token: own.signOut, request: '' }),
  'DELETE /my-applications/:id': () => undefined,
  'POST /my-applications/:id/removal': () => undefined,
  'POST /demo/dns/records': () => ({ name: 'walked.example', type: 'TXT', data: 'x' }),
  'DELETE /demo/dns/records/:id': () => undefined,
  'POST /demo/dns/records/:id/removal': () => undefined,
  'POST /tenants/links': () => undefined,
  'POST /tenants/links/:id/confirmation': () => ({ willUse: 3 }),
  'POST /tenants/:id/primary': () => undefined,
  'POST /tenants/:id/switch': () => undefined,
  'DELETE /tenants/:id': () => undefined,
  'POST /tenants/:id/removal': () => undefined,
  'POST /partner-requests/:id/approval': () => ({}),
  'POST /partner-requests/:id/rejection': () => ({}),
  'POST /partner-invitations/:id/acceptance': () => ({ agree: true }),
  'POST /partner-invitations/:id/rejection': () => ({}),
  'POST /tenants/settings': () => ({ publicCheck: 'hidden' }),
  'POST /demo/clock': () => ({ seconds: 1 }),
  'POST /demo/dns/faults': () => ({ name: 'walked.example', fault: 'none' }),
  'POST /domains': () => ({ name: 'walked.example' }),
  'POST /domains/:name/check': () => undefined,
  'POST /domains/:name/contest': () => undefined,
  'POST /domains/:name/takeover': () => ({ address: 'walked@umbrella.example' }),
  'POST /domains/:name/primary': () => ({ renameMe: false }),
  'POST /domains/:name/removal': () => undefined,
  'DELETE /domains/:name': () => undefined,
  'POST /domains/:name/forced-removal': () => ({ disableUserAccounts: true }),
  'POST /organization/branding': () => ({ locale: '0', backgroundColor: '#0b5394' }),
  'POST /organization/branding/previews': () => ({ locale: '0', backgroundColor: '#0b5394' }),
  'POST /organization/branding/pictures': () => ({ locale: '0', kind: 'favicon', picture: 'AAAA' }),
  'POST /organization/branding/pictures/previews': () => ({ locale: '0', kind: 'favicon', picture: 'AAAA' }),
  'POST /organization/branding/pictures/tried': () => ({ locale: '0', kind: 'favicon', tried: 'AAAA' }),
  'POST /organization/branding/pictures/removal': () => ({ locale: '0', kind: 'bannerLogo' }),
  'POST /organization/branding/removal': () => ({ locale: '0' }),
  'POST /organization/branding/name': () => ({ displayName: 'Walked' }),
  'POST /organization/branding/helpdesk': () => ({ helpdesk: 'walked@acme.example' }),
}

interface Step {
  route: string
  method: string
  path: string
  json: TestRequest
  page: TestRequest
  access: unknown
}

/** Every people's route as somebody with these belongings asks for it, in both representations. */
const stepsWith = (own: Belongings, { routes }: TestServer = server): Step[] =>
  routes.map(({ method, url, access }) => {
    const route = `${method} ${url}`
    const [, place] = names.find(([pattern]) => pattern.test(url)) ?? []
    assert.ok(place !== undefined || !url.includes(':id'), `${route}: say in this file what its id stands for`)
    const path = url
      .replace(':id', place ? own[place] : '')
      .replace(':number', own.case)
      .replace(':kind', 'email')
      .replace(':name', 'acme.example')
      .replace(':tenant', acme)
      // Of no link: a valid one is opened by all who have it.
      .replace(':token', 'A'.repeat(43))
    if (method === 'GET') return { route, method, path, access, json: {}, page: { page: true } }
    assert.ok(route in bodies, `${route}: say in this file what it takes`)
    const body = bodies[route]?.(own)
    return { route, method, path, access, json: body ? { json: body } : {}, page: { form: asForm(body ?? {}) } }
  })

function asForm({ methods, ...body }: Record<string, unknown>): Record<string, string> {
  const form = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]))
  if ('newPassword' in form) form.password2 = form.newPassword ?? ''
  for (const id of Array.isArray(methods) ? methods : []) form[`methods.${id}`] = 'true'
  return form
}

let walked = 0
const statuses = new Map<number, number>()

/** Asks, and judges what holds for every answer there is. */
async function walk(
  browser: TestBrowser,
  { method, path }: { method: string; path: string },
  request: TestRequest,
  https = false,
) {
  const answer = await browser.request(method, path, request)
  walked++
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
  const about = `${method} ${path} ${answer.status}`
  const header = (name: string) => answer.headers.get(name) ?? ''
  const policy = header('content-security-policy')
  assert.match(policy, /^default-src 'none';/, about)
  // What sign-in leads back to in a hidden frame holds nothing but its own address.
  assert.match(
    policy,
    path === '/admin/callback' && answer.status === 200 ? /frame-ancestors 'self'/ : /frame-ancestors 'none'/,
    about,
  )
  assert.doesNotMatch(policy, /unsafe|\*|https?:|data:|blob:/, about)
  assert.equal(header('x-content-type-options'), 'nosniff', about)
  assert.equal(header('referrer-policy'), 'same-origin', about)
  const kept = /^(\/admin)?\/(assets|branding)\//.test(path) && answer.status === 200
  assert.match(header('cache-control'), kept ? /^public/ : /^no-store$/, about)
  assert.equal(header('strict-transport-security') !== '', https, about)
  // `/v1.0` reads no cookie, so that a page of any site may ask.
  const isForPrograms = path.startsWith('/v1.0/') || (path === '/openapi.json' && answer.status === 200)
  assert.equal(answer.headers.has('access-control-allow-origin'), isForPrograms, about)
  // No header about the host leads away from here.
  if (answer.headers.has('location')) assert.match(header('location'), /^\/(?!\/)/, about)
  for (const cookie of answer.headers.getSetCookie()) {
    assert.match(cookie, https ? /^__Host-latchkey_\w+=/ : /^latchkey_\w+=/, about)
    assert.match(cookie, /; Path=\/(;|$)/, about)
    assert.match(cookie, /; HttpOnly(;|$)/, about)
    assert.match(cookie, /; SameSite=Lax(;|$)/, about)
    assert.doesNotMatch(cookie, /; Domain=/i, about)
    assert.equal(/; Secure(;|$)/.test(cookie), https, about)
  }
  return answer
}

/** Begins a sign-in to an application of the person's tenant, which asks for consent. */
async function beginSignIn(browser: TestBrowser, name: string): Promise<string> {
  const { store, services } = server
  const tenantId = await findTenantId(store, name.split('@')[1]!)
  const act = {
    now: services.clock(),
    random: services.random,
    keys: services.keys,
    actor: { kind: 'operator' } as const,
    trail: { correlationId: services.random.uuid(services.clock()) },
  }
  const addresses = { web: ['https://app.example/callback'] }
  const { appId } = await inTenant(store, tenantId, trx =>
    createApplication(trx, act, tenantId, { displayName: 'Expenses', addresses }),
  )
  const asked = new URLSearchParams({
    client_id: appId,
    response_type: 'code',
    scope: 'openid',
    nonce: 'nonce',
    redirect_uri: addresses.web[0]!,
  })
  const { headers } = await browser.page(`/${tenantId}/v2.0/authorize?${asked}`)
  return headers.get('location')?.split('/').at(-1) ?? ''
}

/** Begins to ask somebody in their browser whether they have called. */
async function beginApproval(browser: TestBrowser, name: string): Promise<string> {
  const { store, services } = server
  const tenantId = await findTenantId(store, name.split('@')[1]!)
  const means = { now: services.clock(), random: services.random, keys: services.keys }
  const linkId = randomUUID()
  const [token = ''] = (browser.cookies.get('latchkey_browser') ?? '').split('.')
  return inTenant(store, tenantId, async trx => {
    const user = (await findUserByName(trx, tenantId, name))!
    const words = ['apple', 'arrow', 'basket', 'blanket', 'bottle', 'bridge']
    await beginCheck(trx, means, user, { askedBy: user.id, means: 'approvalLink', words, linkId })
    return bindBrowser(trx, means, linkId, token)
  })
}

/** A browser that is signed in and has begun a reset, with everything in it that can be left open. */
async function openEverything(name: string, address: string): Promise<{ browser: TestBrowser; own: Belongings }> {
  const browser = server.browser()
  const send = async (path: string, body: unknown) => {
    const answer = await walk(browser, { method: 'POST', path }, { json: body })
    assert.ok(answer.status < 300, `${path}: ${answer.text}`)
    return answer.json
  }
  const read = async (path: string) => (await walk(browser, { method: 'GET', path }, {})).json
  const codeFor = async (work: () => Promise<unknown>, to = address) => {
    const [before] = await server.outbox()
    await work()
    return server.code(to, before)
  }
  const byMail = (methods: { kind: string; id: string }[]) => methods.find(({ kind }) => kind === 'email')?.id ?? ''
  const { id: journey, methods } = await send('/reset', { username: name })
  const offered = byMail(methods)
  let challenge = ''
  const code = await codeFor(async () => {
    challenge = (await send(`/reset/${journey}/challenges`, { method: offered })).challenge.id
  })
  const joining = `joining.${address}`
  const { id: signup, challenge: asked } = await send('/signup', { address: joining })
  const signupCode = await server.code(joining)
  const { id: onboarding } = await send('/start', {})
  const asking = `asking.${address}`
  const { id: assistant } = await send('/help/sign-in', { username: name })
  const helped = await send('/cases', { kind: 'other', domain: 'acme.example', address: asking, text: 'Help' })
  const caseCode = await server.code(asking)
  const nowhere = `nowhere-${randomBytes(4).toString('hex')}.example`
  const locked = `locked@${nowhere}`
  const shut = await send('/cases', { kind: 'other', domain: nowhere, address: locked, text: 'Help' })
  const opened = await send(`/cases/${shut.number}/proofs`, {
    challenge: shut.challenge.id,
    code: await server.code(locked),
  })
  const rescue = await send(`/cases/${opened.number}/rescue`, { act: 'newAdministrator' })
  const claiming = `claiming-${address.replace(/@.*/, '')}@umbrella.example`
  const claimed = await send('/takeovers', { domain: 'umbrella.example', address: claiming })
  const takeoverCode = await server.code(claiming)
  await send('/signin', { username: name, password: PASSWORD })
  await takeDueStep(server, browser)
  const method = byMail((await read('/security-info')).methods)
  let proof = ''
  const ask = async () => {
    proof = (await send('/session/challenges', { method })).challenge.id
  }
  await send('/session/proofs', { code: await codeFor(ask), challenge: proof })
  let registration = ''
  const fresh = `fresh.${address}`
  const registrationCode = await codeFor(async () => {
    registration = (await send('/security-info/challenges', { kind: 'email', address: fresh })).id
  }, fresh)
  const proofCode = await codeFor(ask)
  const event = (await read('/account/activity')).activity[0].id
  const user = (await read('/session')).user.id
  const signIn = await beginSignIn(browser, name)
  const { text } = await walk(browser, { method: 'GET', path: `/${acme}/v2.0/logout` }, { page: true })
  const signOut = /name="token" value="([\w-]+)"/.exec(text)?.[1] ?? ''
  const approval = await beginApproval(browser, name)
  const { applications } = await read('/my-applications')
  const mine: { id: string } | undefined = applications.find(
    ({ displayName }: { displayName: string }) => displayName === 'Payroll',
  )
  return {
    browser,
    own: {
      journey,
      offered,
      challenge,
      code,
      signup,
      signupChallenge: asked.id,
      signupCode,
      assistant,
      case: helped.number,
      onboarding,
      caseChallenge: helped.challenge.id,
      caseCode,
      takeover: claimed.id,
      takeoverChallenge: claimed.challenge.id,
      takeoverCode,
      rescue: rescue.id,
      method,
      proof,
      proofCode,
      registration,
      registrationCode,
      event,
      user,
      signIn,
      signOut,
      approval,
      application: mine?.id ?? signIn,
    },
  }
}

/** Ids of the same shapes that nobody has, with the same codes. */
const unknownLike = (own: Belongings): Belongings => ({
  ...own,
  ...Object.fromEntries(
    Object.entries(own)
      .filter(([name]) => !/code$/i.test(name))
      .map(([name, id]) => [name, id.length === 36 ? unusedUuid(id) : randomBytes(16).toString('base64url')]),
  ),
})

/** Of the same version and time, as the database orders by it. */
const unusedUuid = (like: string) => `${like.slice(0, 15)}${randomUUID().slice(15)}`

const owner = await openEverything('registered@acme.example', 'registered@mail.example')

test('lesson 53: no route comes to be that does not say who may ask, and what anybody may ask for is listed', () => {
  assert.throws(() => app.get('/undeclared', async () => 'x'), /GET \/undeclared does not say who may ask/)
  assert.throws(() => app.route({ method: 'POST', url: '/undeclared', config: {}, handler: async () => 'x' }), /says?/)
  const anyone = server.routes.filter(({ access }) => access === 'anyone').map(({ method, url }) => `${method} ${url}`)
  assert.deepEqual(anyone.sort(), [...open].sort())
  const people = new Map(server.routes.map(({ method, url, access }) => [`${method} ${url}`, access]))
  const forms = new Set(server.routes.filter(({ method }) => method === 'POST').map(({ url }) => url))
  let known = 0
  for (const { method, url, access } of declared) {
    const line = people.get(`${method === 'HEAD' ? 'GET' : method} ${url}`)
    if (line !== undefined) {
      assert.deepEqual(access, line, `${method} ${url}`)
      known++
      // The rest has no session: files, health, the way back from the address of a form, and agents, who have keys.
    } else
      assert.ok(
        files.test(url) || forms.has(url) || url === '/agents' || url.startsWith('/messages/'),
        `${method} ${url} is no people's route: list it in this file`,
      )
  }
  assert.ok(known >= server.routes.length)
  console.log(`${declared.length} routes, ${server.routes.length} of them people's, ${anyone.length} for anybody`)
})

test('lesson 53: without a session nothing is told or done', { timeout: 180_000 }, async () => {
  const ended = server.browser()
  await walk(
    ended,
    { method: 'POST', path: '/signin' },
    { json: { username: 'stale@acme.example', password: PASSWORD } },
  )
  const cookie = ended.cookies.get('latchkey_session') ?? ''
  await walk(ended, { method: 'POST', path: '/signout' }, {})
  const forged = owner.browser.cookies.get('latchkey_session') ?? ''
  const cookies = ['', cookie, `${forged.slice(0, -2)}xx`, forged.split('.').slice(0, 2).join('.'), 'x', '..', '%00']
  const before = await readState(database)
  let refusals = 0
  for (const [place, session] of cookies.entries())
    for (const [number, step] of stepsWith(owner.own).entries()) {
      const { journey, signIn } = owner.own
      if (step.access === 'anyone' && ![journey, signIn].some(id => step.path.includes(id))) continue
      // Each route is asked without a cookie, and with two of those that are no session.
      if (!LONG && session && (place + number) % 3 !== 0) continue
      for (const representation of ['json', 'page'] as const) {
        const browser = server.browser()
        if (session) browser.cookies.set('latchkey_session', session)
        const answer = await walk(browser, step, step[representation])
        const about = `${step.route} as ${representation} with "${session}": ${answer.text.slice(0, 200)}`
        if (step.access === 'anyone') assert.ok([404, 303].includes(answer.status), `${answer.status} ${about}`)
        else if (representation === 'json' && !(step.method === 'GET' && !hasJson(step)))
          assert.deepEqual([answer.status, answer.json?.code], [401, 'not_signed_in'], about)
        else assert.ok(answer.status === 303 || answer.status === 401, `${answer.status} ${about}`)
        if (answer.status === 303 && step.access !== 'anyone')
          assert.match(answer.headers.get('location') ?? '', /^\/signin(\?next=|$)/, about)
        for (const id of Object.values(owner.own)) assert.ok(!answer.text.includes(id) || step.path.includes(id), about)
        refusals++
      }
    }
  assert.deepEqual(await readState(database), before)
  console.log(`${refusals} requests without a session were refused`)
})

const hasJson = ({ route }: Step) =>
  server.routes.some(({ method, url, hasJson }) => hasJson && `${method} ${url}` === route)

test('what belongs to somebody else is answered like what does not exist', { timeout: 180_000 }, async () => {
  const strangers = {
    colleague: await openEverything('admin@acme.example', 'admin@mail.example'),
    'somebody of another tenant': await openEverything('two-gates@globex.example', 'two-gates@mail.example'),
    'nobody at all': { browser: server.browser(), own: undefined },
  }
  let compared = 0
  let turn = 0
  for (const [who, { browser, own }] of Object.entries(strangers)) {
    // In addresses and bodies; then, where the stranger has a journey, in bodies alone.
    const variants = [owner.own, ...(own ? [{ ...owner.own, journey: own.journey }] : [])]
    for (const theirs of variants) {
      turn++
      const missing = { ...unknownLike(theirs), ...(theirs !== owner.own && { journey: theirs.journey }) }
      const steps = stepsWith(theirs)
      const imagined = stepsWith(missing)
      for (const [place, step] of steps.entries()) {
        const other = imagined[place]!
        if (JSON.stringify([step.path, step.json]) === JSON.stringify([other.path, other.json])) continue
        // Each stranger asks each route in one of the ways, the next stranger in the other.
        const ways = (['json', 'page'] as const).filter((_, way) => LONG || (turn + place + way) % 2 === 0)
        for (const representation of ways) {
          const told = plain(await walk(browser, step, step[representation]), theirs)
          const imaginary = plain(await walk(browser, other, other[representation]), missing)
          const about = `${who}: ${step.route} as ${representation}`
          assert.deepEqual(told, imaginary, about)
          assert.ok(told.status >= 300 && told.status < 500, `${about}: ${told.status}`)
          compared++
        }
      }
    }
  }
  console.log(`${compared} pairs of somebody else's and nobody's were compared`)

  // Nothing of the owner's was used up on the way.
  const { browser, own } = owner
  for (const [path, body, status] of [
    ['/session/proofs', { challenge: own.proof, code: own.proofCode }, 200],
    [`/reset/${own.journey}/proofs`, { challenge: own.challenge, code: own.code }, 200],
  ] as const) {
    const answer = await walk(browser, { method: 'POST', path }, { json: body })
    assert.equal(answer.status, status, `${path}: ${answer.text}`)
  }
  assert.equal(
    (await walk(browser, { method: 'GET', path: `/reset/${own.journey}` }, {})).json.state,
    'choose-password',
  )
})

/** An answer without the requested ids, and without parts that change by themselves. */
function plain({ status, headers, text }: TestResponse, ids: Belongings) {
  const without = (told: string) =>
    Object.values(ids).reduce((left, id) => left.replaceAll(id, '…').replaceAll(encodeURIComponent(id), '…'), told)
  return { status, location: without(headers.get('location') ?? ''), text: without(text) }
}

test('lesson 5: a link that a mail scanner opens changes nothing, whatever it carries', {
  timeout: 180_000,
}, async () => {
  const { browser, own } = owner
  const steps = stepsWith(own)
  // Each page is opened with all that any form could send it.
  const fields: Record<string, string> = Object.assign({}, ...steps.map(({ page }) => page.form ?? {}))
  const carried = new URLSearchParams({ ...fields, _method: 'POST', report: 'true', confirm: 'true' })
  const before = await readState(database)
  const count = async () => (await database.query('select from latchkey.audit_events')).rowCount
  const events = await count()
  const cookies = [...browser.cookies]
  let opened = 0
  for (const { path, route } of steps)
    for (const method of ['GET', 'HEAD'])
      for (const request of [{}, { page: true } as const]) {
        const headers = { 'sec-fetch-site': 'cross-site', 'x-http-method-override': 'POST' }
        const answer = await walk(browser, { method, path: `${path}?${carried}` }, { ...request, headers })
        assert.ok(answer.status < 500, `${method} ${route}: ${answer.status}`)
        if (answer.status < 400) opened++
      }
  assert.ok(opened > 60, `only ${opened} could be opened`)
  assert.deepEqual(await readState(database), before)
  assert.equal(await count(), events, 'nor is anything recorded as done')
  assert.deepEqual([...browser.cookies], cookies)
  for (const path of ['/session', `/reset/${own.journey}`]) assert.equal((await browser.get(path)).status, 200, path)
})

test('lesson 16: what another site’s page causes is refused at every changing route, and nothing is done', {
  timeout: 180_000,
}, async () => {
  const { browser, own } = await openEverything('two-gates@globex.example', 'two-gates@mail.example')
  const { origin } = server.services
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'cross-site', origin },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `${origin}.evil.example` },
    { origin: origin.replace('http:', 'https:') },
  ]
  const changing = stepsWith(own).filter(({ method }) => method !== 'GET')
  const before = await readState(database)
  const cookies = [...browser.cookies]
  let refusals = 0
  for (const [number, step] of changing.entries())
    for (const [place, headers] of foreign.entries())
      for (const representation of ['json', 'page'] as const) {
        // Each route is asked in two of these ways: one place judges for all.
        if (!LONG && (place + number) % 4 !== 0) continue
        // A form's `Sec-Fetch-Site` would decide alone.
        const request =
          representation === 'page' && !('sec-fetch-site' in headers)
            ? { ...step.json, headers: { accept: 'text/html', ...headers } }
            : { ...step[representation], headers }
        const answer = await walk(browser, step, request)
        const about = `${step.route} as ${representation} from ${JSON.stringify(headers)}: ${answer.text.slice(0, 200)}`
        assert.equal(answer.status, 403, about)
        if (answer.json) assert.equal(answer.json.code, 'cross_site', about)
        assert.deepEqual(answer.headers.getSetCookie(), [], about)
        refusals++
      }
  assert.deepEqual(await readState(database), before)
  assert.deepEqual([...browser.cookies], cookies)
  // The same requests from our own pages do something. Spending a code comes before voiding it, and the end of a
  // session last.
  const turn = ({ route }: Step) =>
    /(proofs|security-info\/methods)$/.test(route)
      ? 0
      : /(signin|signout|logout\/confirm|password|report)$/.test(route)
        ? 2
        : 1
  let done = 0
  for (const step of changing.toSorted((one, other) => turn(one) - turn(other))) {
    const answer = await walk(browser, step, step.json)
    assert.notEqual(answer.json?.code, 'cross_site', step.route)
    if (answer.status < 400) done++
  }
  assert.ok(done >= 8, `${done} of ${changing.length} did something`)
  assert.notDeepEqual(await readState(database), before)
  console.log(`${refusals} requests of other sites were refused; ${done} of the same ones are fine from our own`)
})

test('every answer carries the security headers, whatever its status', { timeout: 180_000 }, async () => {
  const browser = server.browser()
  for (const step of stepsWith(owner.own))
    for (const representation of ['json', 'page'] as const)
      if (step.method === 'GET') {
        const answer = await walk(owner.browser, step, step[representation])
        assert.ok(answer.status < 500, `${step.route}: ${answer.text}`)
      }
  for (const { method, url } of declared) {
    const path = url.replace(':tenantId', owner.own.user).replace(':id', owner.own.journey).replace(':kind', 'x')
    if (method === 'GET') await walk(browser, { method, path }, { page: true })
    for (const other of ['OPTIONS', 'PUT', 'HEAD']) await walk(browser, { method: other, path }, {})
  }
  const odd: [string, string, TestRequest, number][] = [
    ['GET', '/%zz', {}, 400],
    ['GET', '/nowhere', {}, 404],
    ['GET', '/nowhere', { page: true }, 404],
    ['POST', '/signin', { json: {}, headers: { 'content-type': 'text/xml' } }, 415],
    ['POST', '/signin', { json: { username: 'x'.repeat(70_000) } }, 413],
    ['POST', '/signin', { form: { username: 'x'.repeat(70_000) } }, 413],
    ['POST', '/signin', { json: 5 }, 400],
  ]
  for (const [method, path, request, status] of odd)
    assert.equal((await walk(browser, { method, path }, request)).status, status, `${method} ${path}`)
  await database.query('alter table latchkey.sessions rename to gone')
  try {
    for (const request of [{}, { page: true } as const])
      assert.equal((await walk(owner.browser, { method: 'GET', path: '/account' }, request)).status, 500)
    assert.equal((await walk(owner.browser, { method: 'GET', path: '/session' }, {})).status, 500)
  } finally {
    await database.query('alter table latchkey.gone rename to sessions')
  }
  for (const status of [200, 201, 204, 303, 400, 401, 403, 404, 413, 415, 500])
    assert.ok(statuses.has(status), `no answer with ${status}`)
  assert.equal(statuses.get(500), 3, 'nothing fails but what had to: the three requests without a table')
})

test('lesson 59: on https every answer says so, and every cookie is one that no sub-domain can plant', async t => {
  const secure = await testServer({ context: t, demo: false, origin: 'https://id.acme.example' })
  const browser = secure.browser()
  const username = 'registered@acme.example'
  for (const step of stepsWith(owner.own, secure))
    for (const representation of ['json', 'page'] as const)
      await walk(secure.browser(), step, step[representation], true)
  await walk(browser, { method: 'GET', path: '/signin?lang=fr' }, { page: true }, true)
  await walk(browser, { method: 'POST', path: '/reset' }, { json: { username } }, true)
  await walk(browser, { method: 'POST', path: '/signin' }, { json: { username, password: PASSWORD } }, true)
  await walk(browser, { method: 'GET', path: '/%zz' }, {}, true)
  const named = (prefix: string) =>
    ['accounts', 'browser', 'device', 'lang', 'session'].map(name => `${prefix}latchkey_${name}`)
  assert.deepEqual([...browser.cookies.keys()].sort(), named('__Host-'))
  // The plain name, which a sub-domain could set, is not read.
  const planted = secure.browser()
  planted.cookies.set('latchkey_session', browser.cookies.get('__Host-latchkey_session') ?? '')
  assert.equal((await walk(planted, { method: 'GET', path: '/session' }, {}, true)).status, 401)
  assert.equal((await walk(browser, { method: 'GET', path: '/session' }, {}, true)).status, 200)
  await walk(browser, { method: 'POST', path: '/signout' }, {}, true)
  const told = [...statuses].sort().map(([status, count]) => `${status}: ${count}`)
  console.log(`${walked} requests to ${server.routes.length} people's routes (${told.join(', ')})`)
})
