import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY } from '../clock.ts'
import { assignRole, findHelpers, findTenantId, findUserByName, userEntity } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { post } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { store } = server
const acme = await findTenantId(store, 'acme.example')
const api = testApi(server)
const admin = await api.as('admin@acme.example')
const NAME = 'registered@acme.example'
const PASSWORD = 'Demo-passphrase-2026!'

const find = (name: string) => inTenant(store, acme, trx => findUserByName(trx, acme, name))
const rowsOf = async (id: string) => {
  const { rows } = await store.pool.query(
    `select c.relname as table, a.attname as column from pg_constraint k join pg_class c on c.oid = k.conrelid
       join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[2]
     where k.confrelid = 'accounts'::regclass and k.contype = 'f' order by 1`,
  )
  const left = []
  for (const { table, column } of rows) {
    const found = await store.pool.query(`select from ${table} where ${column} = $1`, [id])
    if (found.rowCount) left.push(table)
  }
  return left
}

test('somebody deleted is nobody: at a sign-in, a reset, in their session and to colleagues', async () => {
  const { id } = (await find(NAME))!
  const browser = server.browser()
  assert.equal((await browser.post('/signin', { username: NAME, password: PASSWORD })).status, 200)
  assert.equal((await browser.get('/account')).status, 200)
  const token = await api.tokenOf(NAME)
  assert.equal((await admin('DELETE', `/users/${id}`)).status, 204)

  assert.equal(await find(NAME), undefined)
  assert.equal((await browser.get('/account')).status, 401, 'the session has ended')
  assert.equal((await api.with(token)('GET', '/me')).status, 401)
  const said = async (username: string) => {
    const { status, json } = await post(server.browser(), '/signin', { username, password: PASSWORD })
    return [status, json.code]
  }
  assert.deepEqual(await said(NAME), await said('nobody-at-all@acme.example'))
  const reset = await post(server.browser(), '/reset', { username: NAME })
  assert.deepEqual([reset.status, reset.json.refusal?.code], [201, 'SSPR_0014'], reset.text)
  assert.equal((await admin('GET', `/users/${NAME}`)).status, 404)
  assert.equal((await admin('GET', `/users/${id}/authentication/methods`)).status, 404)
  const listed = await admin('GET', '/users?$top=999&$select=id')
  assert.ok(!listed.json.value.some((one: { id: string }) => one.id === id))
  assert.ok((await rowsOf(id)).includes('methods'), 'what is theirs sleeps')

  const sleeping = `/directory/deletedItems/${id}`
  const { '@odata.etag': etag } = (await admin('GET', sleeping)).json
  const stale = await admin('POST', `${sleeping}/restore`, {}, { 'if-match': 'W/"0"' })
  assert.deepEqual([stale.status, stale.code], [412, 'resource_modified'])
  assert.equal((await admin('POST', `${sleeping}/restore`, {}, { 'if-match': etag })).status, 200)
  const back = await post(server.browser(), '/signin', { username: NAME, password: PASSWORD })
  assert.deepEqual([back.status, back.json.state], [200, 'change-password'], back.text)
  assert.equal((await browser.get('/account')).status, 401, 'what had ended does not come back')
  assert.equal((await api.with(token)('GET', '/me')).status, 401)
})

test('a deleted helper is asked no more, and administrators are not counted by them', async () => {
  const before = await inTenant(store, acme, trx => findHelpers(trx, acme))
  const helper = (await find('helpdesk@acme.example'))!
  assert.ok(before.some(({ id }) => id === helper.id))
  assert.equal((await admin('DELETE', `/users/${helper.id}`)).status, 204)
  const after = await inTenant(store, acme, trx => findHelpers(trx, acme))
  assert.ok(!after.some(({ id }) => id === helper.id))
})

test('who may restore or erase is judged by the roles that sleep', async () => {
  const [keeper, deleted] = [(await find('new@acme.example'))!, (await find('stale@acme.example'))!]
  const means = { now: server.services.clock(), random: server.services.random, keys: server.services.keys }
  await inTenant(store, acme, async trx => {
    await assignRole(trx, means, keeper.id, 'User Administrator')
    await assignRole(trx, means, deleted.id, 'Privileged Role Administrator')
  })
  assert.equal((await admin('DELETE', `/users/${deleted.id}`)).status, 204)
  const weaker = await api.as('new@acme.example')
  for (const [method, path] of [
    ['POST', `/directory/deletedItems/${deleted.id}/restore`],
    ['DELETE', `/directory/deletedItems/${deleted.id}`],
  ] as const) {
    const { status, code } = await weaker(method, path)
    assert.deepEqual([status, code], [403, 'protected_target'], path)
  }
  assert.equal((await admin('POST', `/directory/deletedItems/${deleted.id}/restore`)).status, 200)
})

test('a registered address that becomes the account itself by a rename or a restore sleeps', async () => {
  const isAsleep = async (id: string): Promise<boolean> => {
    const { blocks } = (await admin('GET', `/users/${id}/authentication/resetReadiness`)).json
    return blocks.some(({ kind }: { kind: string }) => kind === 'email')
  }
  const give = (id: string, emailAddress: string) =>
    admin('POST', `/users/${id}/authentication/emailMethods`, { emailAddress })
  const restored = (await find('locked@acme.example'))!.id
  const renamed = (await find('signer@acme.example'))!.id
  for (const [id, name] of [
    [restored, 'spare-one@acme.example'],
    [renamed, 'spare-two@acme.example'],
  ] as const) {
    for (const { id: old } of (await admin('GET', `/users/${id}/authentication/emailMethods`)).json.value)
      assert.equal((await admin('DELETE', `/users/${id}/authentication/emailMethods/${old}`)).status, 204)
    const given = await give(id, name)
    assert.equal(given.status, 201, given.text)
    assert.equal(await isAsleep(id), false)
  }
  await admin('DELETE', `/users/${restored}`)
  const back = await admin('POST', `/directory/deletedItems/${restored}/restore`, {
    newUserPrincipalName: 'spare-one@acme.example',
  })
  assert.equal(back.status, 200, back.text)
  assert.equal((await admin('PATCH', `/users/${renamed}`, { userPrincipalName: 'spare-two@acme.example' })).status, 204)
  for (const id of [restored, renamed]) assert.ok(await isAsleep(id))
})

test('after thirty days everything of theirs is erased, and the audit log stays', async () => {
  const { id } = (await find(NAME))!
  assert.equal((await admin('DELETE', `/users/${id}`)).status, 204)
  assert.ok((await rowsOf(id)).length > 3)
  server.clock.advance(29 * DAY)
  await removeExpired(server.services)
  assert.notDeepEqual(await rowsOf(id), [])
  server.clock.advance(2 * DAY)
  await removeExpired(server.services)
  assert.deepEqual(await rowsOf(id), [])
  const again = await api.as('admin@acme.example')
  assert.equal((await again('POST', `/directory/deletedItems/${id}/restore`)).status, 404)
  const { rowCount } = await store.pool.query('select from audit_events where target_id = $1', [id])
  assert.ok(rowCount! > 0)
})

test('every folded column of an account is what the query of a list compares with', async () => {
  const values = { city: 'ＴＯＫＹＯ', department: 'Straße', surname: 'ΟΔΟΣ', mail: 'Ada@Mail.example' }
  const id = (await find('new@acme.example'))!.id
  const again = await api.as('admin@acme.example')
  assert.equal((await again('PATCH', `/users/${id}`, values)).status, 204)
  const { properties } = userEntity(acme)
  const { rows } = await store.pool.query('select * from accounts where id = $1', [id])
  for (const [name, value] of Object.entries(values))
    assert.equal(rows[0][`${name}_folded`], properties[name]!.folded!.fold(value), name)
})
