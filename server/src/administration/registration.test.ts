import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const helpdesk = await api.as('helpdesk@acme.example')
const pathOf = (name: string) => `/users/${name}/authentication/requireRegistration`
const KEEP = { keepMethods: true }
const signIn = async (username: string) => {
  const browser = server.browser()
  return { browser, state: granted(await post(browser, '/signin', { username, password: PASSWORD })).state }
}
const setDefault = (settings: Parameters<typeof changeDefaultPolicy>[3]) =>
  inTenant(store, acme, trx => changeDefaultPolicy(trx, { ...services, now: services.clock() }, acme, settings))

test('somebody who is asked confirms what is on record at the next sign-in, once, and reads of it by mail', async context => {
  const name = 'signer@acme.example'
  // Also where nobody else has to register, or confirm.
  await setDefault({ registrationRequired: false, reconfirmAfterDays: 0 })
  context.after(() => setDefault({ registrationRequired: true, reconfirmAfterDays: 180 }))
  const before = await signIn(name)
  assert.equal(before.state, 'signed-in')
  const admin = await api.as('admin@acme.example')
  const { headers } = await admin('GET', `/users/${name}`)
  assert.equal((await helpdesk('POST', pathOf(name), KEEP)).status, 204)
  assert.equal(
    (await admin('GET', `/users/${name}`)).headers.get('etag'),
    headers.get('etag'),
    'their profile is as it was',
  )
  const mail = await server.message(
    ({ to, subject = '' }) => to === 'signer@mail.example' && /check your security info/.test(subject),
  )
  assert.match(mail.text, /next sign-in/)
  assert.equal(granted(await get(before.browser, '/session')).state, 'signed-in', 'sessions go on')

  const { browser, state } = await signIn(name)
  assert.equal(state, 'confirm')
  refused(await post(browser, '/security-info/later'), 409, 'registration_required')
  assert.doesNotMatch((await browser.page('/security-info')).text, /\/security-info\/later/)
  const { methods } = granted(await get(browser, '/security-info'))
  const ids: string[] = methods.flatMap(({ id }: { id?: string }) => id ?? [])
  assert.equal(ids.length, 2)
  granted(await post(browser, '/security-info/confirmations', { methods: ids.slice(0, 1) }))
  assert.equal(granted(await get(browser, '/session')).state, 'confirm', 'each of them')
  granted(await post(browser, '/security-info/confirmations', { methods: ids }))
  assert.equal(granted(await get(browser, '/session')).state, 'signed-in')
  assert.equal((await signIn(name)).state, 'signed-in', 'once')
  const { rows } = await store.pool.query(
    `select actor_name as by from latchkey.audit_events where activity = 'user.registration_required'`,
  )
  assert.deepEqual(rows, [{ by: 'helpdesk@acme.example' }])
})

test('somebody without methods registers them', async context => {
  const name = 'new@acme.example'
  await setDefault({ registrationRequired: false })
  context.after(() => setDefault({ registrationRequired: true }))
  assert.equal((await signIn(name)).state, 'signed-in')
  assert.equal((await helpdesk('POST', pathOf(name), KEEP)).status, 204)
  const { browser, state } = await signIn(name)
  assert.equal(state, 'register')
  refused(await post(browser, '/security-info/later'), 409, 'registration_required')
  const address = 'new@mail.example'
  const { id } = granted(await post(browser, '/security-info/challenges', { kind: 'email', address }), 201)
  granted(await post(browser, '/security-info/methods', { challenge: id, code: await server.code(address) }), 201)
  assert.equal(granted(await get(browser, '/session')).state, 'signed-in')
  await store.pool.query(
    `delete from latchkey.methods where user_id = (select id from latchkey.users where user_principal_name = $1)`,
    [name],
  )
  assert.equal((await signIn(name)).state, 'signed-in', 'they have done it, whatever they remove later')
})

test('who may ask it of whom is judged like the lifting of blocks, alone and row by row', async context => {
  const plain = await api.as('stale@acme.example')
  assert.equal((await plain('POST', pathOf('signer@acme.example'), KEEP)).status, 403)
  assert.deepEqual((await helpdesk('POST', pathOf('admin@acme.example'), KEEP)).code, 'protected_target')
  const stepless = await api.as('helpdesk@acme.example', { acr: 'pwd' })
  assert.equal((await stepless('POST', pathOf('signer@acme.example'), KEEP)).status, 401)
  assert.equal((await helpdesk('POST', pathOf('nobody@acme.example'), KEEP)).status, 404)
  for (const [body, code] of [
    [{}, 'property_required'],
    [{ keepMethods: false }, 'property_invalid'],
    [{ ...KEEP, foo: 1 }, 'property_unknown'],
  ] as const)
    assert.equal((await helpdesk('POST', pathOf('signer@acme.example'), body)).code, code)

  const rows = ['userPrincipalName', 'stale@acme.example', 'admin@acme.example', 'nobody@acme.example']
  const made = await helpdesk('POST', '/bulk/jobs?kind=requireRegistration', rows.join('\n'), {
    'content-type': 'text/csv',
  })
  assert.equal(made.status, 202, made.text)
  for (let job = made.json; !job.endedDateTime; ) job = (await helpdesk('GET', `/bulk/jobs/${made.json.id}`)).json
  const results = (await helpdesk('GET', `/bulk/jobs/${made.json.id}/results`)).json.value
  assert.deepEqual(
    results.map(({ status, code }: { status: number; code: string | null }) => [status, code]),
    [
      [204, null],
      [403, 'protected_target'],
      [404, 'not_found'],
    ],
  )
  await setDefault({ enabled: false })
  context.after(() => setDefault({ enabled: true }))
  assert.equal((await helpdesk('POST', pathOf('signer@acme.example'), KEEP)).code, 'registration_off')
})
