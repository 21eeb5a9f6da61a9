import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { beforeEach, test } from 'node:test'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { assignRole, createUser, findTenantId, findUserByName } from '../directory/index.ts'
import { newKey, saveMethod } from '../methods/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { readinessOf } from '../readiness/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
const act = (): Act => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'operator' },
  trail: { correlationId: services.random.uuid(services.clock()) },
})

const PHONE = '3179e48a-750b-4051-897c-87b9720928f7'
const OFFICE = 'e37fc753-ff3b-4958-9484-eaa9425c82bc'
const EMAIL = '3ddfcfc8-9383-446f-83cc-3ab9be4be18f'

const userOf = (name: string) => inside(async trx => (await findUserByName(trx, acme, name))!)
const readinessFor = async (name: string) => {
  const user = await userOf(name)
  return inside(async trx => (await readinessOf(trx, act(), [user]))[0]!)
}
const person = (name: string, roles: readonly Role[] = []) =>
  inside(async trx => {
    const userPrincipalName = `${name}@acme.example`
    const user = await createUser(trx, act(), acme, { userPrincipalName, displayName: name })
    for (const role of roles) await assignRole(trx, act(), user.id, role)
    return userPrincipalName
  })
const pathOf = (name: string, list: string, id?: string) =>
  `/users/${name}/authentication/${list}${id === undefined ? '' : `/${id}`}`
const eventsOf = (target: string) =>
  inside(trx =>
    trx
      .selectFrom('audit_events')
      .select(['activity', 'reason', 'actor_name'])
      .where('tenant_id', '=', acme)
      .where('target_name', '=', target)
      .orderBy('id')
      .execute(),
  )
// Each writes as many credentials in a minute as one caller may.
let admin = await api.as('admin@acme.example')
let admins = 0
beforeEach(async () => {
  admin = await api.as(await person(`admin-${++admins}`, ['Global Administrator']))
})
const list = async (name: string, of: string, ask: AskApi = admin) => (await ask('GET', pathOf(name, of))).json.value

test('an administrator registers a phone of each type, changes and removes it', async () => {
  const name = await person('phoned')
  assert.deepEqual(await list(name, 'phoneMethods'), [])
  const mobile = { phoneNumber: '+46 70 174 06 05', phoneType: 'MOBILE' }
  const { status, json, headers } = await admin('POST', pathOf(name, 'phoneMethods'), mobile)
  assert.equal(status, 201)
  const { '@odata.context': _, '@odata.etag': etag, ...told } = json
  assert.deepEqual(told, {
    id: PHONE,
    phoneNumber: '+46 701740605',
    phoneType: 'mobile',
    smsSignInState: 'notSupported',
  })
  assert.equal(headers.get('etag'), etag)
  const read = await admin('GET', headers.get('location') ?? '')
  assert.deepEqual([read.status, read.json.phoneNumber, read.headers.get('etag')], [200, '+46 701740605', etag])
  const again = await admin('POST', pathOf(name, 'phoneMethods'), mobile)
  assert.deepEqual([again.status, again.code, again.json.error.details[0].target], [400, 'ObjectConflict', 'phoneType'])
  const office = { phoneNumber: '+12065550111', phoneType: 'office' }
  assert.equal((await admin('POST', pathOf(name, 'phoneMethods'), office)).status, 201)
  assert.equal((await list(name, 'phoneMethods')).length, 2)

  const change = { phoneNumber: '+12065550112' }
  const path = pathOf(name, 'phoneMethods', PHONE)
  assert.equal((await admin('PATCH', path, change, { 'if-match': 'W/"x"' })).status, 412)
  assert.equal((await admin('PATCH', path, change, { 'if-match': etag })).status, 204)
  assert.equal((await admin('PATCH', path, change, { 'if-match': etag })).status, 412, 'it has changed since')
  const numbers = async () => (await list(name, 'phoneMethods')).map((one: { phoneNumber: string }) => one.phoneNumber)
  assert.deepEqual(await numbers(), ['+1 2065550112', '+1 2065550111'])
  const typed = await admin('PATCH', path, { ...change, phoneType: 'office' })
  assert.deepEqual([typed.status, typed.code], [400, 'property_invalid'])
  for (const phoneNumber of ['123', '+1 555', 'x'])
    for (const refused of [
      await admin('PATCH', path, { phoneNumber }),
      await admin('POST', pathOf('new@acme.example', 'phoneMethods'), { phoneNumber, phoneType: 'mobile' }),
    ])
      assert.deepEqual([refused.status, refused.code], [400, 'phone_invalid'], phoneNumber)
  const third = await admin('POST', pathOf(name, 'phoneMethods'), { ...mobile, phoneType: 'alternateMobile' })
  assert.deepEqual([third.status, third.json.error.code], [501, 'NotImplemented'])

  assert.equal((await admin('DELETE', pathOf(name, 'phoneMethods', OFFICE))).status, 204)
  assert.deepEqual(await numbers(), ['+1 2065550112'])
  assert.equal((await admin('DELETE', pathOf(name, 'phoneMethods', OFFICE))).status, 404)
  assert.equal((await admin('DELETE', pathOf(name, 'phoneMethods', randomUUID()))).status, 404)
  assert.equal((await admin('PATCH', pathOf(name, 'phoneMethods', OFFICE), change)).status, 404)
  const events = (await eventsOf(name)).filter(({ activity }) => activity !== 'methods.read')
  assert.deepEqual(
    events.map(({ activity, reason }) => [activity, reason]),
    [
      ['method.added', 'mobilePhone'],
      ['method.added', 'officePhone'],
      ['method.changed', 'mobilePhone'],
      ['method.removed', 'officePhone'],
    ],
  )
})

test('an address must not lead back to the account, also by another domain or a sub-address', async () => {
  const name = await person('mailed')
  const post = (emailAddress: string) => admin('POST', pathOf(name, 'emailMethods'), { emailAddress })
  for (const address of [name, 'MAILED+else@acme.example']) {
    const { status, code, json } = await post(address)
    assert.deepEqual(
      [status, code, json.error.details[0].target],
      [400, 'email_is_this_account', 'emailAddress'],
      address,
    )
  }
  const odd = await post('not an address')
  assert.deepEqual([odd.status, odd.code], [400, 'email_invalid'])
  await inside(trx => changeDefaultPolicy(trx, act(), acme, { ownDomainEmailAllowed: false }))
  const own = await post('else@acme.example')
  await inside(trx => changeDefaultPolicy(trx, act(), acme, { ownDomainEmailAllowed: true }))
  assert.deepEqual([own.status, own.code], [400, 'email_own_domain'])
  const { status, json } = await post('mailed@mail.example')
  assert.deepEqual([status, json.id, json.emailAddress], [201, EMAIL, 'mailed@mail.example'])
  assert.equal((await post('other@mail.example')).code, 'ObjectConflict')
})

test('a person’s own address is told of the change to another, which cools off and is an administrator’s word', async () => {
  const name = 'registered@acme.example'
  await inside(trx => changeDefaultPolicy(trx, act(), acme, { coolingOffHours: 48 }))
  const path = pathOf(name, 'emailMethods', EMAIL)
  assert.equal((await admin('PATCH', path, { emailAddress: 'planted@mail.example' })).status, 204)
  await inside(trx => changeDefaultPolicy(trx, act(), acme, { coolingOffHours: 0 }))
  const mail = await server.message(
    ({ to, subject = '' }) => to === 'registered@mail.example' && /changed/.test(subject),
  )
  assert.equal(mail.text.includes('planted'), false)
  const [row] = await inside(async trx => {
    const { id } = (await findUserByName(trx, acme, name))!
    return trx
      .selectFrom('methods')
      .select(['source', 'confirmed_at', 'proved_at', 'created_at'])
      .where('tenant_id', '=', acme)
      .where('user_id', '=', id)
      .where('kind', '=', 'email')
      .execute()
  })
  assert.deepEqual([row?.source, row?.confirmed_at, row?.proved_at], ['administrator', null, null])
  assert.ok(services.clock().getTime() - row!.created_at.getTime() < 60_000, 'it cools off from now')
  // Later acts are told at the address of before too.
  assert.equal((await admin('DELETE', path)).status, 204)
  await server.message(({ to, subject = '' }) => to === 'registered@mail.example' && /removed/.test(subject))
})

test('an administrator’s entry never counts in an administrator’s own reset', async () => {
  const name = await person('second-admin', ['Global Administrator'])
  await admin('POST', pathOf(name, 'phoneMethods'), { phoneNumber: '+46701740605', phoneType: 'mobile' })
  await admin('POST', pathOf(name, 'emailMethods'), { emailAddress: 'second@mail.example' })
  const { isRegistered, isCapable, refusal, methodsRegistered } = await readinessFor(name)
  assert.deepEqual([isRegistered, isCapable, refusal, methodsRegistered], [false, false, 'SSPR_0014', []])
  const plain = await person('plain-one')
  await admin('POST', pathOf(plain, 'emailMethods'), { emailAddress: 'plain-one@mail.example' })
  assert.equal((await readinessFor(plain)).isCapable, true)
})

test('an app is removed by its id, and no key is shown', async () => {
  const name = await person('apped')
  const user = await userOf(name)
  const key = newKey()
  await inside(trx => saveMethod(trx, act(), user, { kind: 'authenticatorCode', source: 'person', value: key }))
  const { json, text } = await admin('GET', pathOf(name, 'softwareOathMethods'))
  const [{ id, ...rest }] = json.value
  assert.deepEqual(rest, { secretKey: null })
  assert.equal(text.includes(key), false)
  assert.equal((await admin('DELETE', pathOf(name, 'softwareOathMethods', randomUUID()))).status, 404)
  assert.equal((await admin('DELETE', pathOf(name, 'softwareOathMethods', id))).status, 204)
  assert.deepEqual(await list(name, 'softwareOathMethods'), [])
  assert.equal((await admin('DELETE', pathOf(name, 'fido2Methods', randomUUID()))).status, 404)
})

test('one’s own methods are read at /me, and changed only where one proves who one is', async () => {
  const own = await api.as('signer@acme.example')
  const { json } = await own('GET', '/me/authentication/phoneMethods')
  assert.equal(json.value[0].phoneNumber, '+1 2065550114')
  assert.equal((await own('GET', `/me/authentication/methods/${EMAIL}`)).json.emailAddress, 'signer@mail.example')
  const [password] = (await own('GET', '/me/authentication/passwordMethods')).json.value
  assert.equal(password.password, null)
  assert.equal((await own('DELETE', `/me/authentication/phoneMethods/${PHONE}`)).status, 405)
  const scoped = await api.as('signer@acme.example', { scopes: ['UserAuthenticationMethod.Read'] })
  assert.equal((await scoped('GET', '/me/authentication/emailMethods')).status, 200)
  assert.equal((await scoped('GET', pathOf('new@acme.example', 'emailMethods'))).status, 403)
  const oneself = await admin('DELETE', pathOf(`admin-${admins}@acme.example`, 'phoneMethods', PHONE))
  assert.deepEqual([oneself.status, oneself.code], [400, 'own_account'])
  assert.deepEqual(
    (await eventsOf('signer@acme.example')).filter(({ activity }) => activity === 'methods.read'),
    [],
    'one’s own reading is no event',
  )
})

test('readers read and write nothing, a help desk does neither, and each reading of another is an event', async () => {
  const reader = await api.as(await person('reader', ['Global Reader']))
  const helpdesk = await api.as('helpdesk@acme.example')
  const name = 'stale@acme.example'
  const phone = { phoneNumber: '+46701740605' }
  for (const [ask, status] of [
    [reader, 200],
    [helpdesk, 403],
    [await api.as('new@acme.example'), 403],
  ] as const) {
    for (const one of ['methods', 'phoneMethods', 'emailMethods', 'fido2Methods', 'softwareOathMethods'])
      assert.equal((await ask('GET', pathOf(name, one))).status, status, one)
    for (const [method, path, body] of [
      ['PATCH', pathOf(name, 'phoneMethods', PHONE), phone],
      ['DELETE', pathOf(name, 'phoneMethods', PHONE), undefined],
      ['POST', pathOf('new@acme.example', 'emailMethods'), { emailAddress: 'planted@mail.example' }],
    ] as const)
      assert.equal((await ask(method, path, body)).status, 403, path)
  }
  const reads = (await eventsOf(name)).filter(({ activity }) => activity === 'methods.read')
  assert.deepEqual(reads, Array(5).fill({ activity: 'methods.read', reason: null, actor_name: 'reader@acme.example' }))
  const stepless = await api.as(`admin-${admins}@acme.example`, { ago: 16 })
  assert.equal((await stepless('PATCH', pathOf(name, 'phoneMethods', PHONE), phone)).status, 401)
  assert.equal((await list(name, 'phoneMethods'))[0].phoneNumber, '+1 2065550112', 'unchanged')
  const lesser = await api.as(await person('methods-admin', ['Authentication Administrator']))
  const above = await lesser('GET', pathOf('admin@acme.example', 'methods'))
  assert.deepEqual([above.status, above.code], [403, 'protected_target'])
})
