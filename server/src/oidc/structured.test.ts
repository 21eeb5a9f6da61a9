import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from 'openid-client'
import { deleteApplication, giveOrganizationConsent, takeBackOrganizationConsent } from '../applications/index.ts'
import { PASSWORD } from '../demo/index.ts'
import { addMember, createGroup, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { CALLBACK, payloadOf, redeem, refusedWith, type TestApplication, testProvider } from '../testing/provider.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer({ roles: ['web'] })
const { store, services } = server
const { tenantId, issuer, act, register, discover, ask, signInTo } = await testProvider(server)
const globex = await testProvider(server, 'globex.example')
const person = 'registered@acme.example'
const app = await register({ web: [CALLBACK] })
const config = await discover(app.appId, app.secret)
const resource = await register(
  { web: [] },
  {
    exposedScopes: [
      { value: 'Reports.Read', title: 'Read reports', detail: 'Your reports.', needsAdministrator: false },
    ],
  },
)
const scope = `api://${resource.appId}/Reports.Read`
const agree = ({ appId }: TestApplication, scopes: string[], permissions: string[] = []) =>
  inTenant(store, tenantId, trx => giveOrganizationConsent(trx, act(), appId, { scopes, permissions }))
await agree(app, [scope])

/** The tokens of a new sign-in. */
async function tokensOf(asks: TestApplication = app, more: Record<string, string> = {}) {
  const asked = await ask(asks, more)
  return redeem(asked, await signInTo(server.browser(), asked.to, person, PASSWORD))
}
const isActive = async (token: string, by = config) => (await client.tokenIntrospection(by, token)).active
const change = (columns: string) =>
  store.pool.query(`update users set ${columns} where user_principal_name = $1`, [person])

test('an access token is introspected, by its application and the one that it is for alone', async () => {
  const { access_token: own, id_token: identity } = await tokensOf()
  const found = await client.tokenIntrospection(config, own)
  assert.deepEqual(
    [found.active, found.client_id, found.scope, found.token_type, found.exp! - found.iat!, found.gid],
    [true, app.appId, 'User.Read', 'Bearer', 600, undefined],
  )
  const { access_token: foreign } = await tokensOf(app, { scope })
  const target = await discover(resource.appId, resource.secret)
  const other = await register({ web: [CALLBACK] })
  assert.equal(await isActive(foreign, target), true, 'the application that it is for')
  assert.equal(await isActive(own, target), false)
  assert.equal(await isActive(foreign, await discover(other.appId, other.secret)), false)
  // An id token is none, nor is what another key signed, or nobody (RFC 9068, §4).
  const [head, body] = own.split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
  for (const token of [
    identity!,
    `${head}.${body}.`,
    `${none}.${body}.`,
    `${head}.${body}.${'A'.repeat(342)}`,
    'garbage',
  ])
    assert.equal(await isActive(token), false, token.slice(0, 60))
})

test('a program that proves nothing introspects nothing', async () => {
  const { access_token: token } = await tokensOf()
  const spa = await register({ spa: ['http://localhost:3998/'] })
  for (const form of [
    { client_id: spa.appId },
    { client_id: app.appId },
    { client_id: app.appId, client_secret: 'no' },
  ]) {
    const answer = await fetch(`${issuer.href}/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, token } as Record<string, string>),
    })
    assert.deepEqual([answer.status, (await answer.json()).error], [401, 'invalid_client'], JSON.stringify(form))
  }
})

test('an access token ends with its person’s epoch, their account, the consent and the application', async () => {
  const ends: [string, () => Promise<unknown>, (() => Promise<unknown>)?][] = [
    ['the epoch', () => change('security_epoch = security_epoch + 1')],
    ['the account', () => change('account_enabled = false'), () => change('account_enabled = true')],
    ['consent', () => store.pool.query('delete from user_consents where app_id = $1', [app.appId])],
  ]
  for (const [name, end, undo] of ends) {
    const { access_token: token } = await tokensOf()
    assert.equal(await isActive(token), true, name)
    await end()
    assert.equal(await isActive(token), false, name)
    await undo?.()
  }
  const { access_token: granted } = await tokensOf(app, { scope })
  await inTenant(store, tenantId, trx => takeBackOrganizationConsent(trx, act(), app.appId))
  assert.equal(await isActive(granted), false, 'the organization’s consent')
  await agree(app, [scope])
  const gone = await register({ web: [CALLBACK] })
  const { access_token: left } = await tokensOf(gone)
  await inTenant(store, tenantId, trx => deleteApplication(trx, act(), gone.appId))
  assert.equal(await isActive(left), false, 'the application')
})

test('a revoked access token ends the refresh token beside it, and no other application revokes it', async () => {
  const tokens = await tokensOf()
  const other = await register({ web: [CALLBACK] })
  const elsewhere = await globex.register({ web: [CALLBACK] })
  await assert.rejects(
    client.tokenRevocation(await discover(other.appId, other.secret), tokens.access_token),
    refusedWith(900144),
  )
  // Another tenant does not know the token: that is no error (RFC 7009, §2.2).
  await client.tokenRevocation(await globex.discover(elsewhere.appId, elsewhere.secret), tokens.access_token)
  await client.tokenRevocation(config, 'garbage')
  await client.tokenRevocation(config, tokens.id_token!)
  assert.equal(await isActive(tokens.access_token), true, 'it lives')
  await client.tokenRevocation(config, tokens.access_token)
  assert.equal(await isActive(tokens.access_token), false)
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token!), refusedWith(70000))
})

test('an application that revokes its own token is known by it to /v1.0 no more', async () => {
  const job = await register({ web: [] }, { requestedPermissions: ['User.Read.All'] })
  await agree(job, [], ['User.Read.All'])
  const by = await discover(job.appId, job.secret)
  const scope = `${services.origin}/v1.0/.default`
  const tokens = [
    await client.clientCredentialsGrant(by, { scope }),
    await client.clientCredentialsGrant(by, { scope }),
  ]
  const statuses = () =>
    Promise.all(
      tokens.map(async ({ access_token }) => (await testApi(server).with(access_token)('GET', '/users?$top=1')).status),
    )
  assert.deepEqual(await statuses(), [200, 200])
  await client.tokenRevocation(by, tokens[0]!.access_token)
  assert.deepEqual(await statuses(), [401, 200])
})

test('an application’s own token is introspected and revoked too', async () => {
  const job = await register({ web: [] }, { requestedPermissions: ['User.Read.All'] })
  await agree(job, [], ['User.Read.All'])
  const by = await discover(job.appId, job.secret)
  const tokenOf = async () => (await client.clientCredentialsGrant(by, { scope: '.default' })).access_token
  const [first, second] = [await tokenOf(), await tokenOf()]
  const found = await client.tokenIntrospection(by, first)
  assert.deepEqual([found.active, found.idtyp, found.roles], [true, 'app', ['User.Read.All']])
  await client.tokenRevocation(by, first)
  assert.deepEqual([await isActive(first, by), await isActive(second, by)], [false, true])
  await inTenant(store, tenantId, trx => takeBackOrganizationConsent(trx, act(), job.appId))
  assert.equal(await isActive(second, by), false, 'consent')
})

test('tokens name the groups of a person, and say where too many can be read', async () => {
  const told = await register({ web: [CALLBACK] }, { groupMembershipClaims: 'All' })
  const user = (await inTenant(store, tenantId, trx => findUserByName(trx, tenantId, person)))!
  const join = (count: number) =>
    inTenant(store, tenantId, async trx => {
      const ids: string[] = []
      for (let n = 0; n < count; n++) ids.push(await createGroup(trx, act(), tenantId, { displayName: `Group ${n}` }))
      for (const id of ids) await addMember(trx, tenantId, id, { kind: 'user', id: user.id })
      return ids
    })
  const ids = await join(2)
  const few = await tokensOf(told)
  for (const token of [few.access_token, few.id_token!])
    assert.deepEqual(payloadOf(token).groups.toSorted(), ids.toSorted())
  assert.equal(payloadOf((await tokensOf()).access_token).groups, undefined, 'only where the application asks')
  await join(199)
  const many = await tokensOf(told)
  for (const token of [many.access_token, many.id_token!]) {
    const { groups, hasgroups, _claim_names: names, _claim_sources: sources } = payloadOf(token)
    assert.deepEqual(
      [groups, hasgroups, names, sources],
      [
        undefined,
        true,
        { groups: 'src1' },
        { src1: { endpoint: `${services.origin}/v1.0/users/${user.id}/getMemberObjects` } },
      ],
    )
  }
})

// The last one: the clock of the library stays behind.
test('an access token ends after ten minutes', async () => {
  const { access_token: token } = await tokensOf()
  // To a minute before its end, so that a slow machine does not pass that.
  server.clock.advance(540_000)
  assert.equal(await isActive(token), true)
  server.clock.advance(61_000)
  assert.equal(await isActive(token), false)
})
