import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { changeApplication } from '../applications/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { changeSignInPolicy, type SignInPolicy, signInPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { CALLBACK, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { askProof } from '../testing/steps.ts'
import { answerConsent, openSignIn } from './signIns.ts'

// What a person agrees to is what the page shows, and agreeing for everybody takes what the same grant takes in the administration.
const server = await testServer()
const { tenantId, act, register, ask } = await testProvider(server)
const person = 'registered@acme.example'
const admin = 'admin@acme.example'

const change = (changes: Partial<SignInPolicy>) =>
  inTenant(server.store, tenantId, trx => changeSignInPolicy(trx, tenantId, changes))
// Neither a second step nor staying signed in is asked at a sign-in here.
const HERE = { secondStep: 'off', staySignedIn: 'never' } as const
await change(HERE)
async function choose(context: TestContext, changes: Partial<SignInPolicy>) {
  await change(changes)
  context.after(() => change({ ...signInPolicy.defaults, ...HERE }))
}

const signIn = async (username: string, browser = server.browser()) => {
  granted(await post(browser, '/signin', { username, password: PASSWORD }))
  return browser
}
/** The page to which an application's request leads this browser. */
async function begin(
  browser: TestBrowser,
  app: Awaited<ReturnType<typeof register>>,
  more?: Record<string, string>,
): Promise<string> {
  const { pathname, search } = (await ask(app, more)).to
  return (await browser.page(pathname + search)).headers.get('location')!
}
const prove = async (browser: TestBrowser, { methods }: { methods: { id: string }[] }) =>
  granted(await post(browser, '/session/proofs', await askProof(server, browser, methods[0]!)))
const FOR_ALL = { accept: true, forOrganization: true }
/** What the organization has agreed to. */
const agreedTo = async ({ appId }: { appId: string }): Promise<string[] | undefined> =>
  (await server.store.pool.query('select scopes from latchkey.organization_consents where app_id = $1', [appId]))
    .rows[0]?.scopes

test('consent for everybody takes a second step of the last fifteen minutes', async () => {
  const app = await register({ web: [CALLBACK] })
  const browser = await signIn(admin)
  const at = await begin(browser, app)
  const asked = granted(await get(browser, at))
  assert.deepEqual([asked.state, asked.consent.mayConsentForOrganization], ['consent', true])
  const due = granted(await post(browser, `${at}/consent`, FOR_ALL))
  assert.equal(due.state, 'second-step')
  assert.equal((await browser.page(at)).headers.get('location'), `/session/step?next=${at}`)
  assert.equal(await agreedTo(app), undefined, 'a password alone agrees for nobody else')
  await prove(browser, due)
  assert.match((await browser.page(at)).text, /name="forOrganization"[^>]* checked/, 'the wish is kept')
  server.clock.advance(16 * 60_000)
  assert.deepEqual(
    [granted(await get(browser, at))].map(({ state, username }) => [state, username]),
    [['password', admin]],
  )
  refused(await post(browser, `${at}/consent`, FOR_ALL), 409, 'wrong_state')
  const again = granted(await post(browser, `${at}/password`, { password: PASSWORD }))
  assert.equal(again.state, 'second-step', 'the step of the former session counts no more')
  await prove(browser, again)
  assert.equal(granted(await post(browser, `${at}/consent`, FOR_ALL)).state, 'finished')
  assert.ok((await agreedTo(app))?.includes('User.Read'))
})

test('an administrator without a method for the step agrees for themselves alone', async context => {
  const app = await register({ web: [CALLBACK] })
  await choose(context, { secondStepMethods: ['authenticatorCode'] })
  const browser = await signIn(admin)
  const at = await begin(browser, app)
  assert.equal(granted(await get(browser, at)).consent.mayConsentForOrganization, false)
  assert.doesNotMatch((await browser.page(at)).text, /forOrganization/)
  refused(await post(browser, `${at}/consent`, FOR_ALL), 403, 'consent_not_yours')
  assert.equal(granted(await post(browser, `${at}/consent`, { accept: true })).state, 'finished')
  const over = await begin(browser, app, { scope: 'openid Group.Read.All' })
  const { state, refusal } = granted(await get(browser, over))
  assert.deepEqual([state, refusal.code], ['refused', 'no_second_step'])
  // Its page leads to help, which goes on from the refusal.
  assert.match((await browser.page(over)).text, /href="\/help\/sign-in"/)
  const { known } = granted(await browser.post('/help/sign-in', {}), 201)
  assert.equal(known.from, 'AADSTS50079')
})

test('a session that ends while its person agrees gives no consent', async () => {
  const app = await register({ web: [CALLBACK] })
  const browser = await signIn(person)
  const at = await begin(browser, app)
  const visitor = {
    browserToken: browser.cookies.get('latchkey_browser')?.split('.')[0],
    ticket: browser.cookies.get('latchkey_session'),
    accounts: 0,
  }
  const asking = { tenantId, by: { id: at.split('/').at(-1)! }, visitor, origin: server.services.origin }
  const { signIn: opened } = (await openSignIn(server.store, act(), asking))!
  assert.ok(opened.state === 'consent')
  granted(await post(browser, '/signout'), 204)
  await assert.rejects(answerConsent(server.store, act(), opened, { accept: true }), { code: 'wrong_state' })
  const { rows } = await server.store.pool.query('select from latchkey.user_consents where app_id = $1', [app.appId])
  assert.equal(rows.length, 0)
})

test('who may agree for everybody is shown all that they would agree to', async () => {
  const app = await register({ web: [CALLBACK] })
  const browser = await signIn(admin)
  const own = await begin(browser, app, { scope: 'openid profile' })
  granted(await post(browser, `${own}/consent`, { accept: true }))
  const shown = async (scope: string) => {
    const { consent } = granted(await get(browser, await begin(browser, app, { scope })))
    return consent.scopes.map(({ value }: { value: string }) => value)
  }
  assert.deepEqual(await shown('openid profile User.Read'), ['openid', 'profile', 'User.Read'])
  const colleague = await signIn(person)
  const theirs = await begin(colleague, app, { scope: 'openid profile' })
  granted(await post(colleague, `${theirs}/consent`, { accept: true }))
  const at = await begin(colleague, app, { scope: 'openid profile User.Read' })
  const { consent } = granted(await get(colleague, at))
  assert.deepEqual(
    consent.scopes.map(({ value }: { value: string }) => value),
    ['User.Read'],
    'others read what is new',
  )
})

test('what an application is registered with while its page is open is not agreed to', async context => {
  await choose(context, { userConsent: 'all' })
  const app = await register({ web: [CALLBACK] }, { requestedScopes: ['User.Read'] })
  const browser = await signIn(person)
  const ofAll = { scope: 'openid .default' }
  const at = await begin(browser, app, ofAll)
  const shown = async (path: string) =>
    granted(await get(browser, path)).consent.scopes.map(({ value }: { value: string }) => value)
  assert.deepEqual(await shown(at), ['openid', 'User.Read'])
  await inTenant(server.store, tenantId, trx =>
    changeApplication(trx, act(), app.appId, { requestedScopes: ['User.Read', 'User.ReadWrite'] }),
  )
  assert.deepEqual(await shown(at), ['openid', 'User.Read'])
  const { state, next } = granted(await post(browser, `${at}/consent`, { accept: true }))
  assert.equal(state, 'finished')
  const { rows } = await server.store.pool.query('select scopes from latchkey.user_consents where app_id = $1', [
    app.appId,
  ])
  assert.deepEqual(
    rows.map(({ scopes }) => scopes.sort()),
    [['User.Read', 'openid']],
  )
  const more = (await browser.page(new URL(next).pathname)).headers.get('location')!
  assert.match(more, /^\/signin\//, 'no code: the rest is asked for')
  assert.deepEqual(await shown(more), ['User.ReadWrite'])
})

test('what one person confirmed counts for nobody who signs in after them', async () => {
  const app = await register({ publicClient: [CALLBACK] })
  const browser = await signIn('signer@acme.example')
  const own = await begin(browser, app)
  granted(await post(browser, `${own}/consent`, { accept: true }))
  await signIn(person, browser)
  const at = await begin(browser, app)
  assert.equal(granted(await post(browser, `${at}/consent`, { accept: true })).state, 'finished')
  server.clock.advance(1_000)
  await signIn('signer@acme.example', browser)
  assert.equal(granted(await get(browser, at)).state, 'confirm-application')
  assert.equal(granted(await post(browser, `${at}/confirm`)).state, 'finished')
})

test('the page names the host that the application is answered at, not another one of its addresses', async () => {
  const app = await register({ web: ['https://first.example/callback', CALLBACK] })
  const browser = await signIn(person)
  const at = await begin(browser, app)
  assert.equal(granted(await get(browser, at)).application.host, 'localhost:3999')
  const { text } = await browser.page(at)
  assert.match(text, /Expenses is at localhost:3999\./)
  assert.doesNotMatch(text, /first\.example/)
})
