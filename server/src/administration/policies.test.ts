import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { addMember, createGroup, findTenantId, findUserByName } from '../directory/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const globex = await findTenantId(store, 'globex.example')
const admin = await api.as('admin@acme.example')
const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
const LIST = '/policies/passwordResetPolicies'
const DEFAULT = '/policies/passwordResetPolicy'

const groupIn = (tenantId: string) =>
  inTenant(store, tenantId, trx => createGroup(trx, means(), tenantId, { displayName: 'Field staff' }))
const group = await groupIn(acme)

const eventsOf = (activity: string) =>
  inTenant(store, acme, trx =>
    trx
      .selectFrom('audit_events')
      .select(['actor_name as by', 'target_name as target', 'details'])
      .where('tenant_id', '=', acme)
      .where('activity', '=', activity)
      .orderBy('at', 'desc')
      .execute(),
  )

test('a policy is made, read, changed and removed, each with its event', async () => {
  const body = { displayName: 'Field staff', includedGroups: [group], settings: { enabled: true, gates: 2 } }
  const made = await admin('POST', LIST, body)
  assert.equal(made.status, 201, made.text)
  const { id, priority, settings } = made.json
  assert.equal(made.headers.get('location'), `${services.origin}/v1.0${LIST}/${id}`)
  assert.deepEqual([settings.gates, settings.coolingOffHours, made.json.includedGroups], [2, 0, [group]])
  assert.equal((await eventsOf('policy.created'))[0]?.by, 'admin@acme.example')
  const listed = await admin('GET', `${LIST}?$orderby=priority&$count=true`)
  assert.deepEqual(
    listed.json.value.map((one: { isDefault: boolean }) => one.isDefault),
    [...Array(listed.json['@odata.count'] - 1).fill(false), true],
  )
  const taken = await admin('POST', LIST, { displayName: 'Other', priority })
  assert.deepEqual([taken.status, taken.code, taken.json.error.details[0].target], [400, 'ObjectConflict', 'priority'])

  const etag = made.headers.get('etag')!
  const changed = await admin('PATCH', `${LIST}/${id}`, { settings: { gates: 1 } }, { 'if-match': etag })
  assert.equal(changed.status, 204, changed.text)
  const stale = await admin('PATCH', `${LIST}/${id}`, { settings: { gates: 2 } }, { 'if-match': etag })
  assert.deepEqual([stale.status, stale.json.error.code], [412, 'resourceModified'])
  const { json } = await admin('GET', `${LIST}/${id}`)
  assert.deepEqual([json.settings.gates, json.settings.enabled], [1, true], 'what was left out stays')
  const [event] = await eventsOf('policy.changed')
  assert.deepEqual(JSON.parse(event!.details.changes!), { gates: [2, 1] }, 'old and new')

  assert.equal((await admin('DELETE', `${LIST}/${id}`)).status, 204)
  assert.equal((await admin('GET', `${LIST}/${id}`)).status, 404)
  assert.equal((await admin('DELETE', `${LIST}/${id}`)).status, 404)
})

test('the default policy has no groups, no place and no end', async () => {
  const { json } = await admin('GET', DEFAULT)
  for (const [body, target] of [
    [{ priority: 3 }, 'priority'],
    [{ includedGroups: [group] }, 'includedGroups'],
    [{ excludedGroups: [] }, 'excludedGroups'],
  ] as const) {
    const { status, code, json } = await admin('PATCH', DEFAULT, body)
    assert.deepEqual([status, code, json.error.details[0].target], [400, 'policy_invalid', target])
  }
  assert.equal((await admin('DELETE', `${LIST}/${json.id}`)).code, 'policy_invalid')
  assert.equal((await admin('PATCH', DEFAULT, { settings: { coolingOffHours: 24 } })).status, 204)
  assert.equal((await admin('GET', DEFAULT)).json.settings.coolingOffHours, 24)
})

test('settings out of range, at odds or unknown are refused with their name, and nothing is changed', async () => {
  const before = (await admin('GET', DEFAULT)).json
  for (const [settings, target] of [
    [{ gates: 3 }, 'gates'],
    [{ gates: 2, methods: ['email'] }, 'methods'],
    [{ questionsToReset: 5, questionsToRegister: 3 }, 'questionsToReset'],
    [{ gatez: 1 }, 'gatez'],
    [{ enabled: 'true' }, 'enabled'],
    [{ coolingOffHours: 1, reconfirmAfterDays: -1 }, 'reconfirmAfterDays'],
  ] as const) {
    const { status, code, json } = await admin('PATCH', DEFAULT, { settings })
    assert.deepEqual([status, code, json.error.details[0].target], [400, 'policy_invalid', target])
  }
  for (const [body, code] of [
    [{ id: before.id }, 'property_read_only'],
    [{ foo: 1 }, 'property_unknown'],
    [{ displayName: 1 }, 'property_invalid'],
    [{ displayName: 'a\u0007b' }, 'property_invalid'],
  ] as const)
    assert.equal((await admin('PATCH', DEFAULT, body)).code, code)
  assert.deepEqual((await admin('GET', DEFAULT)).json, before)
  assert.equal((await admin('POST', LIST, {})).code, 'property_required')
  for (const id of ['x', await groupIn(globex), services.random.uuid(services.clock())]) {
    const { status, json } = await admin('POST', LIST, { displayName: 'Nobody', includedGroups: [id] })
    assert.equal(status, 400, id)
    assert.match(json.error.details[0].target, /^includedGroups/, id)
  }
})

test('protection and sign-in are the tenant’s own', async () => {
  const path = '/policies/passwordProtectionPolicy'
  const { json, headers } = await admin('GET', path)
  assert.deepEqual([json.temporaryPasswordHours, json.lockoutThreshold], [72, 10])
  const etag = headers.get('etag')!
  assert.equal((await admin('PATCH', path, { temporaryPasswordHours: 2_160 }, { 'if-match': etag })).status, 204)
  assert.equal((await admin('PATCH', path, { temporaryPasswordHours: 1 }, { 'if-match': etag })).status, 412)
  const over = await admin('PATCH', path, { temporaryPasswordHours: 2_161 })
  assert.deepEqual(
    [over.status, over.code, over.json.error.details[0].target],
    [400, 'policy_invalid', 'temporaryPasswordHours'],
  )
  const [event] = await eventsOf('protection.changed')
  assert.deepEqual(JSON.parse(event!.details.changes!), { temporaryPasswordHours: [72, 2_160] })
  assert.equal(
    (await admin('GET', path, undefined, { 'if-none-match': (await admin('GET', path)).headers.get('etag')! })).status,
    304,
  )
  assert.equal((await admin('PATCH', '/policies/signInPolicy', { secondStep: 'everyone' })).status, 204)
  assert.equal((await admin('GET', '/policies/signInPolicy')).json.secondStep, 'everyone')
  assert.equal((await admin('PATCH', '/policies/signInPolicy', { secondStep: 'administrators' })).status, 204)
})

test('banned words are added and taken off, each told', async () => {
  const path = '/policies/passwordProtectionPolicy/bannedWords'
  const { json } = await admin('POST', `${path}/add`, { words: ['Kestrel', 'abc', 'KESTREL'] })
  assert.deepEqual([json.added, json.present, json.refused.length], [['kestrel'], ['kestrel'], 1])
  assert.ok((await admin('GET', path)).json.value.includes('kestrel'))
  assert.deepEqual((await admin('POST', `${path}/remove`, { words: ['kestrel', 'never'] })).json.removed, ['kestrel'])
  const [event] = await eventsOf('policy.changed')
  assert.equal(JSON.stringify(event).includes('kestrel'), false, 'the log does not hold the words')
})

test('who may read and write policies: by role, with a fresh second step', async () => {
  const plain = await api.as('prefilled@acme.example')
  const helpdesk = await api.as('helpdesk@acme.example')
  for (const ask of [plain, helpdesk]) {
    assert.equal((await ask('GET', DEFAULT)).status, 403)
    assert.equal((await ask('PATCH', DEFAULT, { settings: { enabled: false } })).status, 403)
  }
  const stale = await api.as('admin@acme.example', { ago: 16 })
  assert.equal((await stale('GET', DEFAULT)).status, 200)
  for (const ask of [stale, await api.as('admin@acme.example', { acr: 'pwd' })]) {
    const { status, json, headers } = await ask('PATCH', DEFAULT, { settings: { enabled: false } })
    assert.deepEqual([status, json.error.code], [401, 'Authentication_StepUpRequired'])
    assert.match(
      headers.get('www-authenticate') ?? '',
      /insufficient_user_authentication.*acr_values="mfa", max_age="900"/,
    )
  }
  const own = await api.as('admin@acme.example', { scopes: ['Policy.Read.All'] })
  assert.equal((await own('PATCH', DEFAULT, { settings: { enabled: false } })).status, 403, 'a scope that only reads')
  assert.equal((await admin('GET', DEFAULT)).json.settings.enabled, true)
  const other = await testApi(server, 'globex.example')
    .as('admin@globex.example')
    .catch(() => undefined)
  if (other) assert.notEqual((await other('GET', DEFAULT)).json.id, (await admin('GET', DEFAULT)).json.id)
})

test('the policies of one person are those of the reset, with the floor of administrators', async () => {
  const path = (name: string) => `/users/${name}/effectivePolicies`
  const person = (await inTenant(store, acme, trx => findUserByName(trx, acme, 'disabled@acme.example')))!
  const standard = (await admin('GET', DEFAULT)).json
  const before = (await admin('GET', path(person.id))).json
  assert.deepEqual(
    [before.passwordResetPolicy.id, before.passwordResetPolicy.settings, before.isAdministrator],
    [standard.id, standard.settings, false],
  )
  const team = await groupIn(acme)
  const made = await admin('POST', LIST, { displayName: 'Team', includedGroups: [team], settings: { gates: 2 } })
  await inTenant(store, acme, trx => addMember(trx, acme, team, { kind: 'user', id: person.id }))
  const { json } = await admin('GET', path('disabled@acme.example'))
  assert.deepEqual(json.passwordResetPolicy, { id: made.json.id, displayName: 'Team', settings: made.json.settings })
  const {
    '@odata.etag': _,
    '@odata.context': __,
    id: ___,
    ...signIn
  } = (await admin('GET', '/policies/signInPolicy')).json
  assert.deepEqual(json.signInPolicy, signIn)
  const own = (await admin('GET', path('admin@acme.example'))).json
  const { gates, methods, enabled } = own.passwordResetPolicy.settings
  assert.deepEqual([own.isAdministrator, gates, enabled, methods.includes('securityQuestions')], [true, 2, true, false])
  assert.equal((await admin('GET', path('nobody@acme.example'))).status, 404)
  assert.equal((await (await api.as('helpdesk@acme.example'))('GET', path(person.id))).status, 403)
  assert.equal((await admin('DELETE', `${LIST}/${made.json.id}`)).status, 204)
})

test('a repeated POST makes one policy, whatever came between', async () => {
  const key = { 'idempotency-key': 'policy-1' }
  const body = { displayName: 'Once' }
  const answers = await Promise.all(Array.from({ length: 50 }, () => admin('POST', LIST, body, key)))
  const made = answers.filter(({ status }) => status === 201)
  assert.ok(made.length >= 1)
  assert.equal(new Set(made.map(({ json }) => json.id)).size, 1)
  const others = answers.map(({ status, code }) => `${status} ${code}`)
  assert.deepEqual([...new Set([...others, '201 undefined', '409 idempotency_in_progress'])].length, 2, others.join())
  const named = (await admin('GET', `${LIST}?$filter=displayName eq 'Once'`)).json.value
  assert.equal(named.length, 1)
  const again = await admin('POST', LIST, body, key)
  assert.deepEqual(
    [again.status, again.json.id, again.headers.get('location')],
    [201, named[0].id, made[0]!.headers.get('location')],
  )
  const other = await admin('POST', LIST, { displayName: 'Twice' }, key)
  assert.deepEqual([other.status, other.code], [400, 'idempotency_key_reused'])
  assert.equal((await admin('POST', LIST, body, { 'idempotency-key': 'ä' })).status, 400)
  // Bodies may hold passwords, which a copy of the database alone must not let anybody guess.
  const { rows } = await store.pool.query('select body_hash from latchkey.repeatable_requests')
  const plain = createHash('sha256').update(JSON.stringify(body)).digest()
  assert.ok(rows.length > 0 && rows.every(({ body_hash: kept }) => !plain.equals(kept)))
  // A refused request leaves its key free.
  const free = { 'idempotency-key': 'policy-2' }
  assert.equal((await admin('POST', LIST, { displayName: 'Bad', settings: { gates: 9 } }, free)).status, 400)
  assert.equal((await admin('POST', LIST, { displayName: 'Good' }, free)).status, 201)
  // The answer got lost with its process: the log tells what became of it.
  await store.pool.query('update latchkey.repeatable_requests set status = null, location = null')
  const found = await admin('POST', LIST, body, key)
  assert.deepEqual([found.status, found.json?.id], [201, named[0].id])
})

test('policies that are made at once without a place each get one', async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, n) => admin('POST', LIST, { displayName: `At once ${n}`, includedGroups: [group] })),
  )
  assert.deepEqual(
    made.map(({ status }) => status),
    Array(8).fill(201),
  )
  assert.equal(new Set(made.map(({ json }) => json.priority)).size, 8)
  for (const { json } of made) assert.equal((await admin('DELETE', `${LIST}/${json.id}`)).status, 204)
})
