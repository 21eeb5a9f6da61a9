import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApplication, deleteApplication } from '../applications/index.ts'
import { DAY, HOUR, plus } from '../clock.ts'
import { keyring } from '../crypto/index.ts'
import { assignRole, createUser, findTenantId } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { meansAt } from '../testing/people.ts'
import { SECRET, testServer } from '../testing/server.ts'
import { readToken } from './tokens.ts'

const server = await testServer()
const { store, services } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const admin = await api.as('admin@acme.example')
const act = () => ({
  ...meansAt(),
  now: services.clock(),
  keys: services.keys,
  actor: { kind: 'operator' as const },
  trail: { correlationId: services.random.uuid(services.clock()) },
})

const program = () =>
  inTenant(store, acme, trx =>
    createApplication(trx, act(), acme, { displayName: 'HR', addresses: { web: ['http://localhost:3999/callback'] } }),
  )
const one = await program()
const path = `/servicePrincipals/${one.principalId}/scimTokens`
const users = async (token: string) => (await api.with(token)('GET', `${services.origin}/scim/v2/Users?count=1`)).status

test('a token is told once, opens SCIM alone, and ends when it is removed', async () => {
  const made = await admin('POST', path, { displayName: 'Workday' })
  assert.equal(made.status, 201, made.text)
  const { token, ...told } = made.json
  assert.match(token, new RegExp(`^scim\\.${acme}\\.[\\w-]{43}$`))
  assert.equal(await users(token), 200)
  assert.equal((await api.with(token)('GET', '/users')).status, 401)
  const listed = await admin('GET', path)
  assert.equal(listed.text.includes(token), false)
  assert.deepEqual(
    listed.json.value.map(({ id, displayName }: { id: string; displayName: string }) => [id, displayName]),
    [[told.id, 'Workday']],
  )
  assert.ok(Date.parse(listed.json.value[0].lastUsedDateTime) <= services.clock().getTime())
  assert.equal((await admin('GET', `${path}/${told.id}`)).json.id, told.id)
  const { rows } = await store.pool.query('select t::text as row from latchkey.scim_tokens t')
  assert.equal(JSON.stringify(rows).includes(token), false)
  const events = await store.pool.query(
    `select e::text as row from latchkey.audit_events e where activity like 'application.scim_token%'`,
  )
  assert.equal(events.rows.length, 1)
  assert.equal(JSON.stringify(events.rows).includes(token), false)
  // Another's text in place of its own, and one of another tenant.
  for (const wrong of [`${token}x`, token.replace(acme, await findTenantId(store, 'globex.example'))])
    assert.equal(await users(wrong), 401)
  assert.equal((await admin('DELETE', `${path}/${told.id}`)).status, 204)
  assert.equal(await users(token), 401)
  assert.equal((await admin('DELETE', `${path}/${told.id}`)).status, 404)
})

test('a token lasts a year at most, and there are ten', async () => {
  const at = (days: number) => plus(services.clock(), days * DAY).toISOString()
  for (const expiresDateTime of [at(-1), at(366), 'tomorrow'])
    assert.equal((await admin('POST', path, { expiresDateTime })).code, 'property_invalid', expiresDateTime)
  const short = await admin('POST', path, { expiresDateTime: at(1) })
  assert.equal(await users(short.json.token), 200)
  for (let n = 1; n < 10; n++) assert.equal((await admin('POST', path, {})).status, 201)
  assert.equal((await admin('POST', path, {})).code, 'quota_exceeded')
  server.clock.advance(DAY + HOUR)
  assert.equal(await users(short.json.token), 401)
  await removeExpired(services)
  const again = await api.as('admin@acme.example')
  assert.equal((await again('GET', path)).json.value.length, 9)
})

test('a token takes the right to provision, and the principal', async () => {
  const plain = await api.as('helpdesk@acme.example')
  assert.equal((await plain('POST', path, {})).status, 403)
  const weak = await api.as('admin@acme.example', { acr: 'pwd' })
  assert.equal((await weak('POST', path, {})).code, 'step_up')
  const program = await api.asApplication(['Scim.ReadWrite.All', 'Application.ReadWrite.All'])
  assert.equal((await program('POST', path, {})).status, 403, 'a program makes itself no token')
  const boss = await api.as('admin@acme.example')
  const unknown = await boss('POST', `/servicePrincipals/${services.random.uuid(services.clock())}/scimTokens`, {})
  assert.equal(unknown.status, 404)
  const globex = await findTenantId(store, 'globex.example')
  await inTenant(store, globex, async trx => {
    const names = { userPrincipalName: 'boss@globex.example', displayName: 'Boss' }
    const { id } = await createUser(trx, act(), globex, names)
    await assignRole(trx, act(), id, 'Global Administrator')
  })
  const foreign = await testApi(server, 'globex.example').as('boss@globex.example')
  assert.equal((await foreign('GET', path)).status, 404)
})

test('a token in use outlives a rotation of secrets, and goes with its application', async () => {
  const two = await program()
  const boss = await api.as('admin@acme.example')
  const { json } = await boss('POST', `/servicePrincipals/${two.principalId}/scimTokens`, {})
  const newer = 'a secret that came later in this test: 77'
  const read = async (secrets: string[]) =>
    readToken(store, { now: services.clock(), keys: keyring(secrets) }, json.token)
  assert.equal(await read([newer]), undefined)
  assert.equal((await read([newer, SECRET]))?.appId, two.appId)
  assert.equal((await read([newer]))?.actor.name, 'HR')
  await inTenant(store, acme, trx => deleteApplication(trx, act(), two.appId))
  assert.equal(await read([newer]), undefined)
})
