import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { giveOrganizationConsent } from '../applications/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { readEvents } from '../testing/people.ts'
import { CALLBACK, redeem, refusedWith, type TestApplication, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { listOwnApplications } from './applications.ts'

const server = await testServer()
const { store } = server
const { tenantId, act, register, ask, signInTo } = await testProvider(server)
const person = 'registered@acme.example'

/** One's applications that a test registered, by name. */
const listed = async (browser: TestBrowser, name: string) =>
  (await browser.get('/my-applications')).json.applications.filter(
    (one: { displayName: string }) => one.displayName === name,
  )

/** Signs in to an application, and gets its tokens. */
async function open(app: TestApplication, browser: TestBrowser, name = person) {
  const asked = await ask(app)
  const tokens = await redeem(asked, await signInTo(browser, asked.to, name, PASSWORD))
  return { config: asked.config, refreshToken: tokens.refresh_token!, token: tokens.access_token }
}

test('a person sees what they agreed to, in their words, with the day', async () => {
  const app = await register({ web: [CALLBACK] }, { displayName: 'Seen', homePageUrl: 'https://seen.example/' })
  const browser = server.browser()
  await open(app, browser)
  const [found] = await listed(browser, 'Seen')
  const { consent, ...rest } = found
  assert.deepEqual(rest, {
    id: app.appId,
    displayName: 'Seen',
    homePageUrl: 'https://seen.example/',
    organizationConsent: null,
  })
  assert.deepEqual(consent.scopes.toSorted(), ['User.Read', 'openid', 'profile'])
  assert.ok(Date.now() - Date.parse(consent.since) < 60_000)
  const { text } = await browser.page('/my-applications')
  const { t } = server.services.words.in('en')
  for (const words of ['Seen', t('scopes.User_Read.detail'), t('scopes.profile.title')])
    assert.ok(text.includes(words), words)
  assert.ok((await browser.page('/account')).text.includes('href="/my-applications"'))
})

test('what was taken back ends the tokens of that person and application, and is asked for again', async () => {
  const [app, other] = [await register({ web: [CALLBACK] }), await register({ web: [CALLBACK] })]
  const browser = server.browser()
  const [first, second] = [await open(app, browser), await open(app, server.browser())]
  const beside = await open(other, browser)
  const another = await open(app, server.browser(), 'signer@acme.example')
  assert.equal((await browser.request('DELETE', `/my-applications/${app.appId}`)).status, 204)
  for (const { config, refreshToken, token } of [first, second]) {
    await assert.rejects(client.refreshTokenGrant(config, refreshToken), refusedWith(50173))
    assert.equal((await client.tokenIntrospection(config, token)).active, false)
  }
  assert.ok((await client.refreshTokenGrant(beside.config, beside.refreshToken)).access_token, 'another application')
  assert.ok((await client.refreshTokenGrant(another.config, another.refreshToken)).access_token, 'another person')
  assert.ok((await readEvents(store, tenantId)).includes('consent.taken_back success'))
  const { to } = await ask(app)
  assert.match((await browser.page(to.pathname + to.search)).headers.get('location')!, /^\/signin\//)
  assert.equal((await browser.request('DELETE', `/my-applications/${app.appId}`)).status, 404, 'it is gone')
})

test('access that the organization agreed to can be ended, though its consent stays', async () => {
  const app = await register({ web: [CALLBACK] }, { displayName: 'General' })
  await inTenant(store, tenantId, trx =>
    giveOrganizationConsent(trx, act(), app.appId, {
      scopes: ['openid', 'profile', 'User.Read'],
      permissions: [],
    }),
  )
  const browser = server.browser()
  const { config, refreshToken } = await open(app, browser)
  const [found] = await listed(browser, 'General')
  assert.deepEqual(
    [found.consent, found.organizationConsent.scopes.toSorted()],
    [null, ['User.Read', 'openid', 'profile']],
  )
  const done = await browser.submit(`/my-applications/${app.appId}/removal`, {})
  assert.equal(done.headers.get('location'), '/my-applications?removed')
  await assert.rejects(client.refreshTokenGrant(config, refreshToken), refusedWith(50173))
  assert.equal((await listed(browser, 'General')).length, 1)
})

test('what any number of applications may do is read at once, on one connection after another', async context => {
  const names = Array.from({ length: 12 }, (_, place) => `Owner ${place}`)
  for (const title of names) {
    const exposed = { value: 'Use', title, detail: title, needsAdministrator: false }
    const owner = await register({ web: [CALLBACK] }, { exposedScopes: [exposed] })
    const app = await register({ web: [CALLBACK] }, { displayName: 'Reader' })
    const scopes = [`api://${owner.appId}/Use`, 'openid']
    await inTenant(store, tenantId, trx => giveOrganizationConsent(trx, act(), app.appId, { scopes, permissions: [] }))
  }
  const user = await inTenant(store, tenantId, trx => findUserByName(trx, tenantId, person))
  let taken = 0
  const take = () => void taken++
  store.requests.on('acquire', take)
  context.after(() => store.requests.off('acquire', take))
  const found = (await listOwnApplications(store, user!)).filter(({ displayName }) => displayName === 'Reader')
  // Jobs may take one meanwhile.
  assert.ok(taken < names.length, `${taken} connections`)
  const titles = found.map(({ scopes }) => scopes.flatMap(({ words }) => words?.title ?? []))
  assert.deepEqual(titles.flat().toSorted(), names.toSorted(), 'each shows its own')
})

test('nobody ends what is not theirs', async () => {
  const app = await register({ web: [CALLBACK] }, { assignmentRequired: true })
  const browser = server.browser()
  await browser.post('/signin', { username: person, password: PASSWORD })
  for (const id of [app.appId, 'none', tenantId])
    assert.equal((await browser.request('DELETE', `/my-applications/${id}`)).status, 404, id)
  assert.equal((await server.browser().get('/my-applications')).status, 401)
})
