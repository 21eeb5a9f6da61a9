// This file is long because one server shows what the API takes, and each door at which a method is offered or accepted.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { afterEach, test } from 'node:test'
import fc from 'fast-check'
import type { Act } from '../act.ts'
import { PASSWORD } from '../demo/index.ts'
import { addMember, createGroup, findAccount, findTenantId, findUserByName, removeMember } from '../directory/index.ts'
import { resetMethods } from '../methods/index.ts'
import { type ConfigurationName, changeProtection, configurationNames, type MethodKind } from '../policies/index.ts'
import { readinessOf } from '../readiness/index.ts'
import { securityInfoOf } from '../registration/index.ts'
import { findSession, strengthOf } from '../sessions/index.ts'
import { askOne, inTenant, type Trx } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { chooseMethods } from '../testing/methodsPolicy.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { chooseSignIn } from '../testing/steps.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const admin = await api.as('admin@acme.example')
const POLICY = '/policies/authenticationMethodsPolicy'
const DEFAULT = '/policies/passwordResetPolicy'
const pathOf = (name: string) => `${POLICY}/authenticationMethodConfigurations/${name}`
const OFF = { state: 'disabled' } as const
const ON = { state: 'enabled', includeTargets: [{ targetType: 'group', id: 'all_users' }], excludeTargets: [] } as const
const everyOn = () => Object.fromEntries(configurationNames.map(name => [name, structuredClone(ON)]))

const act = (): Act => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'operator' },
  trail: { correlationId: services.random.uuid(services.clock()) },
})
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
const userOf = (name: string) => inside(async trx => (await findUserByName(trx, acme, name))!)
const group = await inside(trx => createGroup(trx, act(), acme, { displayName: 'Pilot' }))
const targets = (...ids: string[]) => ids.map(id => ({ targetType: 'group' as const, id }))
const choose = (changes: Partial<Record<ConfigurationName, object>>) => chooseMethods(server, acme, changes)
const join = async (name: string) => {
  const { id } = await userOf(name)
  await inside(trx => addMember(trx, acme, group, { kind: 'user', id }))
  return () => inside(trx => removeMember(trx, act(), group, id))
}
const change = (name: string, body: object, headers: Record<string, string> = {}) =>
  admin('PATCH', pathOf(name), body, headers)
async function refusedWith(answer: ReturnType<typeof admin>, code: string, target?: string) {
  const { status, code: told, json, text } = await answer
  assert.deepEqual([status, told], [400, code], text)
  if (target) assert.equal(json.error.details[0].target, target, text)
  return json.error.details[0].message as string
}

afterEach(async () => {
  await choose(everyOn())
  for (const table of ['counters', 'sends', 'flood_points']) await store.pool.query(`delete from latchkey.${table}`)
})

test('the policy has Graph’s shape, and each method is read and changed by its name, with its event', async () => {
  const { status, json, headers } = await admin('GET', POLICY)
  assert.equal(status, 200)
  const campaign = json.registrationEnforcement.authenticationMethodsRegistrationCampaign
  assert.deepEqual(
    [json.id, json.policyMigrationState, json.reconfirmationInDays, campaign.state],
    ['authenticationMethodsPolicy', 'migrationComplete', 180, 'enabled'],
  )
  assert.deepEqual(
    json.authenticationMethodConfigurations.map((one: { id: string; state: string }) => [one.id, one.state]),
    configurationNames.map(name => [name, 'enabled']),
  )
  const pass = await admin('GET', pathOf('temporaryaccesspass'))
  const { '@odata.context': _, '@odata.etag': etag, ...shown } = pass.json
  assert.deepEqual(shown, {
    '@odata.type': '#microsoft.graph.temporaryAccessPassAuthenticationMethodConfiguration',
    id: 'TemporaryAccessPass',
    state: 'enabled',
    includeTargets: [{ targetType: 'group', id: 'all_users', isRegistrationRequired: false }],
    excludeTargets: [],
    defaultLifetimeInMinutes: 60,
    minimumLifetimeInMinutes: 10,
    maximumLifetimeInMinutes: 480,
    defaultLength: 12,
    isUsableOnce: true,
  })
  assert.equal((await admin('GET', pathOf('MicrosoftAuthenticator'))).status, 404)
  assert.equal((await change('MicrosoftAuthenticator', OFF)).status, 404)

  assert.equal(
    (await change('TemporaryAccessPass', { defaultLifetimeInMinutes: 30 }, { 'if-match': etag })).status,
    204,
  )
  assert.equal((await change('TemporaryAccessPass', { isUsableOnce: true }, { 'if-match': etag })).status, 412)
  assert.notEqual((await admin('GET', POLICY)).headers.get('etag'), headers.get('etag'))
  const round = { '@odata.type': shown['@odata.type'], ...OFF, excludeTargets: targets(group.toUpperCase()) }
  const changed = await change('Email', round)
  assert.equal(changed.status, 204, changed.text)
  const email = await admin('GET', pathOf('Email'))
  assert.deepEqual([email.json.state, email.json.excludeTargets], ['disabled', targets(group)])
  const { rows } = await store.pool.query(
    `select target_name, details from latchkey.audit_events where activity = 'methodsPolicy.changed' order by at desc limit 1`,
  )
  assert.equal(rows[0].target_name, 'Email')
  assert.deepEqual(JSON.parse(rows[0].details.changes), {
    state: ['enabled', 'disabled'],
    excludeTargets: [[], targets(group)],
  })
  await choose({ TemporaryAccessPass: { defaultLifetimeInMinutes: 60 } })
})

test('what registration asks is the default reset policy’s', async () => {
  const before = (await admin('GET', DEFAULT)).json.settings
  const enforced = (settings: object) => ({
    registrationEnforcement: { authenticationMethodsRegistrationCampaign: settings },
  })
  const whole = { state: 'disabled', enforceRegistrationAfterAllowedSnoozes: true, snoozeDurationInDays: 0 }
  const { headers } = await admin('GET', POLICY)
  const asked = { reconfirmationInDays: 90, ...enforced(whole) }
  assert.equal((await admin('PATCH', POLICY, asked, { 'if-match': headers.get('etag')! })).status, 204)
  assert.equal((await admin('PATCH', POLICY, asked, { 'if-match': headers.get('etag')! })).status, 412)
  const { settings } = (await admin('GET', DEFAULT)).json
  assert.deepEqual(settings, {
    ...before,
    reconfirmAfterDays: 90,
    registrationRequired: false,
    registrationMayBePutOff: false,
  })
  const { json } = await admin('GET', POLICY)
  assert.equal(json.reconfirmationInDays, 90)
  assert.equal(json.registrationEnforcement.authenticationMethodsRegistrationCampaign.state, 'disabled')
  assert.equal((await admin('PATCH', DEFAULT, { settings: before })).status, 204)
  assert.equal((await admin('GET', POLICY)).json.reconfirmationInDays, before.reconfirmAfterDays)
  for (const [body, code] of [
    [{ displayName: 'x' }, 'property_read_only'],
    [{ authenticationMethodConfigurations: [] }, 'property_read_only'],
    [{ reconfirmationInDays: 731 }, 'property_invalid'],
    [enforced({ snoozeDurationInDays: 3 }), 'property_invalid'],
    [enforced({ includeTargets: targets(group) }), 'property_invalid'],
    [{ foo: 1 }, 'property_unknown'],
  ] as const)
    assert.equal((await admin('PATCH', POLICY, body)).code, code, JSON.stringify(body))
})

test('values out of range, unknown groups and callers without the right are refused, and change nothing', async () => {
  const before = (await admin('GET', POLICY)).json
  const many = targets(...Array.from({ length: 51 }, () => randomUUID()))
  for (const [name, body, code, target] of [
    ['Email', { state: 'on' }, 'property_invalid', 'state'],
    ['Email', { includeTargets: [] }, 'property_invalid', 'includeTargets'],
    ['Email', { includeTargets: many }, 'property_invalid', 'includeTargets'],
    ['Email', { includeTargets: targets(randomUUID()) }, 'policy_invalid', 'includeTargets'],
    [
      'Email',
      { includeTargets: [{ targetType: 'user', id: group }] },
      'property_invalid',
      'includeTargets/0/targetType',
    ],
    ['Email', { excludeTargets: targets('all_users') }, 'property_invalid', 'excludeTargets/0/id'],
    ['Email', { excludeTargets: targets(group, randomUUID()) }, 'policy_invalid', 'excludeTargets'],
    ['Email', { isUsableOnce: true }, 'policy_invalid', 'isUsableOnce'],
    ['Sms', { foo: 1 }, 'property_unknown', 'foo'],
    ['TemporaryAccessPass', { defaultLength: 8 }, 'property_invalid', 'defaultLength'],
    ['TemporaryAccessPass', { maximumLifetimeInMinutes: 481 }, 'property_invalid', 'maximumLifetimeInMinutes'],
    ['TemporaryAccessPass', { minimumLifetimeInMinutes: 61 }, 'policy_invalid', 'defaultLifetimeInMinutes'],
  ] as const)
    await refusedWith(change(name, body), code, target)
  await refusedWith(change('Email', { id: 'Sms' }), 'property_read_only')
  for (const caller of ['prefilled@acme.example', 'helpdesk@acme.example']) {
    const ask = await api.as(caller)
    assert.equal((await ask('GET', pathOf('Email'))).status, 403)
    assert.equal((await ask('PATCH', pathOf('Email'), OFF)).status, 403)
    assert.equal((await ask('PATCH', POLICY, { reconfirmationInDays: 1 })).status, 403)
  }
  const stale = await api.as('admin@acme.example', { ago: 16 })
  assert.equal((await stale('PATCH', pathOf('Email'), OFF)).status, 401)
  const reads = await api.as('admin@acme.example', { scopes: ['Policy.Read.All', 'Policy.ReadWrite.PasswordReset'] })
  assert.equal((await reads('PATCH', pathOf('Email'), OFF)).status, 403)
  assert.deepEqual((await admin('GET', POLICY)).json, before)
})

test('a change that leaves a reset policy, or everyone’s second step, too few methods is refused, by whichever door', async context => {
  const settings = { enabled: true, gates: 1, methods: ['email', 'authenticatorCode'] }
  const list = '/policies/passwordResetPolicies'
  const made = await admin('POST', list, { displayName: 'Field staff', includedGroups: [group], settings })
  assert.equal(made.status, 201, made.text)
  context.after(() => admin('DELETE', `${list}/${made.json.id}`))
  // The app alone is none, because its phone can be lost.
  assert.match(await refusedWith(change('Email', OFF), 'policy_invalid', 'state'), /Field staff/)
  await refusedWith(change('Email', { excludeTargets: targets(group) }), 'policy_invalid', 'excludeTargets')
  const other = await inside(trx => createGroup(trx, act(), acme, { displayName: 'Other' }))
  await refusedWith(change('Email', { includeTargets: targets(other) }), 'policy_invalid', 'includeTargets')
  assert.equal((await change('Email', { includeTargets: targets(other, group) })).status, 204)
  assert.equal((await change('SoftwareOath', OFF)).status, 204)
  await refusedWith(
    admin('PATCH', `${list}/${made.json.id}`, {
      settings: { methods: ['mobilePhone', 'authenticatorCode'], gates: 2 },
    }),
    'policy_invalid',
    'methods',
  )
  await refusedWith(
    admin('PATCH', `${list}/${made.json.id}`, { includedGroups: [] }),
    'policy_invalid',
    'includedGroups',
  )
  await refusedWith(
    admin('POST', list, { displayName: 'No way', settings: { methods: ['email'] } }),
    'policy_invalid',
    'methods',
  )

  await choose(everyOn())
  const step = { secondStep: 'everyone', secondStepMethods: ['authenticatorCode'] }
  assert.equal((await admin('PATCH', '/policies/signInPolicy', step)).status, 204)
  context.after(() => chooseSignIn(context, server, acme, {}))
  const { authenticationMethodConfigurations: told } = (await admin('GET', POLICY)).json
  const needed = told.find(({ id }: { id: string }) => id === 'SoftwareOath').neededBy
  assert.ok(needed.includes('signInPolicy'), needed.join())
  await refusedWith(change('SoftwareOath', OFF), 'policy_invalid', 'state')
  assert.equal((await admin('PATCH', '/policies/signInPolicy', { secondStep: 'off' })).status, 204)
  await refusedWith(change('SoftwareOath', OFF), 'last_global_administrator')
  await refusedWith(change('SoftwareOath', { includeTargets: targets(other) }), 'last_global_administrator')
  const back = await join('admin@acme.example')
  assert.equal((await change('SoftwareOath', { includeTargets: targets(group) })).status, 204)
  await refusedWith(admin('PATCH', '/policies/signInPolicy', { secondStep: 'everyone' }), 'policy_invalid')
  await back()
})

test('who keeps a group ends no administration by it', async () => {
  const ways = (settings: object) =>
    choose({ Email: settings, Sms: settings, Voice: settings, SoftwareOath: settings, Fido2: settings })
  const { id } = await userOf('admin@acme.example')
  const inner = await inside(trx => createGroup(trx, act(), acme, { displayName: 'Inner' }))
  const put = (into: string, member: string) =>
    admin('POST', `/groups/${into}/members/$ref`, { '@odata.id': `${services.origin}/v1.0/directoryObjects/${member}` })
  await ways({ excludeTargets: targets(group) })
  await refusedWith(put(group, id), 'last_global_administrator')
  assert.equal((await put(inner, id)).status, 204)
  await refusedWith(put(group, inner), 'last_global_administrator')
  await ways({ excludeTargets: [] })
  assert.equal((await put(group, inner)).status, 204)
  await ways({ includeTargets: targets(group) })
  await refusedWith(admin('DELETE', `/groups/${inner}/members/${id}/$ref`), 'last_global_administrator')
  await refusedWith(admin('DELETE', `/groups/${inner}`), 'last_global_administrator')
  await ways(structuredClone(ON))
  assert.equal((await admin('DELETE', `/groups/${inner}`)).status, 204)
  await ways({ excludeTargets: targets(group) })
  await refusedWith(admin('POST', `/directory/deletedItems/${inner}/restore`), 'last_global_administrator')
})

test('a group that the policy names stays, and a preview tells who would lose their way back', async () => {
  assert.equal((await change('Sms', { includeTargets: targets('all_users', group) })).status, 204)
  await refusedWith(admin('DELETE', `/groups/${group}`), 'in_use')
  await choose(everyOn())

  const { status, json, text } = await admin('POST', '/policies/previews', {
    method: 'PATCH',
    url: pathOf('Email'),
    body: { state: 'disabled' },
  })
  assert.equal(status, 201, text)
  assert.deepEqual([json.status, json.etag], ['succeeded', (await admin('GET', pathOf('Email'))).headers.get('etag')])
  const losing = await admin('GET', `/policies/previews/${json.id}/affectedUsers?$filter=effect eq 'losing'`)
  const names = losing.json.value.map((one: { userPrincipalName: string }) => one.userPrincipalName)
  assert.ok(names.includes('locked@acme.example'), 'they have an address alone')
  assert.ok(!names.includes('registered@acme.example'))
  assert.equal((await admin('GET', pathOf('Email'))).json.state, 'enabled', 'nothing was changed')
  await refusedWith(
    admin('POST', '/policies/previews', { method: 'PATCH', url: pathOf('Email'), body: { state: 'on' } }),
    'property_invalid',
    'state',
  )
  const whole = { method: 'PATCH', url: POLICY, body: { reconfirmationInDays: 1 } }
  assert.equal((await admin('POST', '/policies/previews', whole)).json.counts.losing, 0)
})

const begin = async (username: string, browser = server.browser()) => {
  const started = granted(await post(browser, '/reset', { username }), 201)
  return { browser, path: `/reset/${started.id}`, journey: started }
}
const kindsIn = ({ methods }: { methods: { kind: string }[] }) => methods.map(({ kind }) => kind)
const signIn = async (browser: TestBrowser, username: string) =>
  granted(await post(browser, '/signin', { username, password: PASSWORD })).state

test('a reset offers and accepts what is on, and a proof by what was turned off meanwhile passes no gate', async () => {
  const username = 'registered@acme.example'
  const { browser, path, journey } = await begin(username)
  const email = journey.methods.find(({ kind }: { kind: string }) => kind === 'email')
  const asked = granted(await post(browser, `${path}/challenges`, { method: email.id }), 201)
  const code = await server.code('registered@mail.example')
  await choose({ Email: OFF, Sms: OFF })
  const proof = await post(browser, `${path}/proofs`, { challenge: asked.challenge.id, code })
  const { state, gates, methods } = granted(await get(browser, path))
  assert.deepEqual([state, gates.passed], ['verify', 0], proof.text)
  assert.deepEqual(kindsIn({ methods }), ['mobilePhone', 'officePhone', 'securityQuestions'])
  refused(await post(browser, `${path}/challenges`, { method: email.id }), 422, 'method_unavailable')
  const phone = methods.find(({ kind }: { kind: string }) => kind === 'mobilePhone')
  assert.deepEqual(phone.channels, ['voice'])
  const number = { method: phone.id, phoneNumber: '+12065550110' }
  refused(await post(browser, `${path}/challenges`, { ...number, channel: 'sms' }), 422, 'method_unavailable')
  const page = (await browser.page(path)).text
  assert.match(page, /\.voice"/)
  assert.doesNotMatch(page, /\.sms"/)
  granted(await post(browser, `${path}/challenges`, { ...number, channel: 'voice' }), 201)
  await choose({ Voice: OFF })
  assert.deepEqual(kindsIn(granted(await get(browser, path))), ['securityQuestions'])
})

test('a method for a group is that of its members, and conceals who they are', async context => {
  await choose({ Sms: { includeTargets: targets(group) }, Voice: OFF, Email: { excludeTargets: targets(group) } })
  const offered = async (username: string) => kindsIn((await begin(username)).journey)
  assert.deepEqual(await offered('signer@acme.example'), ['email'])
  context.after(await join('signer@acme.example'))
  assert.deepEqual(await offered('signer@acme.example'), ['mobilePhone'])
  assert.deepEqual(await offered('stale@acme.example'), ['email'])

  await inside(trx => changeProtection(trx, acme, { concealAccounts: true }))
  context.after(() => inside(trx => changeProtection(trx, acme, { concealAccounts: false })))
  const seen = await Promise.all(
    ['signer@acme.example', 'stale@acme.example', 'nobody-at-all@acme.example'].map(async username => {
      const { browser, path } = await begin(username)
      const { methods } = granted(await post(browser, `${path}/problem`, { problem: 'forgot' }))
      const answers = []
      for (const { id, kind } of methods.filter((one: { kind: string }) => /email|mobilePhone/.test(one.kind))) {
        const number = kind === 'mobilePhone' && { channel: 'sms', phoneNumber: '+12065550112' }
        const { challenge } = granted(await post(browser, `${path}/challenges`, { method: id, ...number }), 201)
        answers.push([kind, challenge.delivery])
      }
      return {
        kinds: methods.map(({ kind, channels }: { kind: string; channels?: string[] }) => [kind, channels]),
        answers,
      }
    }),
  )
  assert.deepEqual(seen[0], seen[2])
  assert.deepEqual(seen[1], seen[2])
  assert.ok(
    seen[2]!.kinds.some(([kind, channels]: [string, string[]]) => kind === 'mobilePhone' && channels.join() === 'sms'),
  )
  const sent = (await server.outbox()).filter(({ kind }) => kind === 'code').map(({ to }) => to)
  assert.ok(!sent.includes('+12065550112'), 'text messages are off for that person')
  assert.ok(!sent.slice(0, 4).includes('signer@mail.example'))

  // A phone that is on by calls alone is offered text messages like everybody's, and gets none.
  await choose({ Voice: { ...ON } })
  const { browser, path } = await begin('stale@acme.example')
  const { methods } = granted(await post(browser, `${path}/problem`, { problem: 'forgot' }))
  const phone = methods.find(({ kind }: { kind: string }) => kind === 'mobilePhone')
  assert.deepEqual(phone.channels, ['sms', 'voice'])
  const number = { method: phone.id, phoneNumber: '+12065550112' }
  granted(await post(browser, `${path}/challenges`, { ...number, channel: 'sms' }), 201)
  granted(await post(browser, `${path}/challenges`, { ...number, channel: 'voice' }), 201)
  await server.message(({ to }) => to === '+12065550112')
  const codes = (await server.outbox()).filter(({ to }) => to === '+12065550112')
  assert.deepEqual([...new Set(codes.map(({ channel }) => channel))], ['voice'])
})

test('people register what is on for them, by the channels that are on', async () => {
  const browser = server.browser()
  assert.equal(await signIn(browser, 'new@acme.example'), 'register')
  const kinds = async () => kindsIn(granted(await get(browser, '/security-info')))
  const before = await kinds()
  await choose({ Email: OFF, Fido2: OFF, Sms: OFF, SoftwareOath: OFF })
  assert.deepEqual(
    await kinds(),
    before.filter(kind => !['email', 'passkey', 'authenticatorCode'].includes(kind)),
  )
  for (const body of [
    { kind: 'email', address: 'new@mail.example' },
    { kind: 'authenticatorCode' },
    { kind: 'passkey' },
  ])
    refused(await post(browser, '/security-info/challenges', body), 422, 'method_unavailable')
  const phone = { kind: 'mobilePhone', phoneNumber: '+12065550123' }
  refused(await post(browser, '/security-info/challenges', { ...phone, channel: 'sms' }), 422, 'method_unavailable')
  const page = (await browser.page('/security-info/set-up/mobilePhone')).text
  assert.match(page, /value="voice"/)
  assert.doesNotMatch(page, /value="sms"/)
  const { id } = granted(await post(browser, '/security-info/challenges', { ...phone, channel: 'voice' }), 201)
  const code = await server.code('+12065550123')
  await choose({ Voice: OFF })
  refused(await post(browser, '/security-info/methods', { challenge: id, code }), 422, 'method_unavailable')
  assert.deepEqual(await kinds(), ['securityQuestions'])
})

test('a second step is taken by what is on; whose only ways are off proves one of them, and registers another', async context => {
  const ADMIN = 'admin@acme.example'
  await choose({ Email: OFF })
  const browser = server.browser()
  assert.equal(await signIn(browser, ADMIN), 'second-step')
  assert.deepEqual(kindsIn(granted(await get(browser, '/session'))), ['mobilePhone'])
  await choose({ Sms: OFF, Voice: OFF })
  assert.deepEqual(granted(await get(browser, '/session')).methods, [], 'in a session that waits for it too')

  const next = server.browser()
  assert.equal(await signIn(next, ADMIN), 'register')
  refused(await post(next, '/security-info/later'), 409, 'registration_required')
  refused(await post(next, '/security-info/challenges', { kind: 'authenticatorCode' }), 403, 'proof_needed')
  const { methods } = granted(await get(next, '/security-info'))
  const email = methods.find(({ kind }: { kind: string }) => kind === 'email')
  assert.equal(email.editable, false)
  const { challenge } = granted(await post(next, '/session/challenges', { method: email.id }), 201)
  const proved = await post(next, '/session/proofs', {
    challenge: challenge.id,
    code: await server.code('admin@mail.example'),
  })
  assert.equal(granted(proved).state, 'register', 'what is off is no second step')
  const device = newAuthenticator()
  await registerPasskey(next, device)
  assert.equal(granted(await post(next, '/security-info/later')).state, 'signed-in')
  const { id } = await userOf(ADMIN)
  context.after(() =>
    store.pool.query('delete from latchkey.methods where user_id = $1 and kind = $2', [id, 'passkey']),
  )
  context.after(() => store.pool.query('delete from latchkey.passkeys where user_id = $1', [id]))
  const again = server.browser()
  assert.equal(await signIn(again, ADMIN), 'second-step')
  assert.deepEqual(kindsIn(granted(await get(again, '/session'))), ['passkey'], 'it is no way of a password alone')

  // Its own sign-in, while it is on and not.
  const bySelf = async () => {
    const stranger = server.browser()
    const { options } = granted(await get(stranger, '/signin/passkey'))
    return post(stranger, '/signin/passkey', { credential: device.getJSON(services.origin, options) })
  }
  granted(await bySelf())
  const signedIn = server.browser()
  const { options } = granted(await get(signedIn, '/signin/passkey'))
  granted(await post(signedIn, '/signin/passkey', { credential: device.getJSON(services.origin, options) }))
  const before = await findSession(store, act(), signedIn.cookies.get('latchkey_session'))
  assert.equal(strengthOf(before!).acr, 'mfa')
  await choose({ Fido2: OFF, Email: { ...ON } })
  refused(await bySelf(), 422, 'passkey_incorrect')
  const cookie = signedIn.cookies.get('latchkey_session')
  assert.equal(
    strengthOf((await findSession(store, act(), cookie))!).acr,
    'pwd',
    'what it opened is no second step now',
  )
  const info = await signedIn.page('/security-info')
  assert.equal(info.status, 200)
  assert.doesNotMatch(info.text, /set-up\/passkey/, 'none is offered beside those on record')
  await choose({ Fido2: { ...ON, excludeTargets: targets(group) } })
  granted(await bySelf())
  const back = await join(ADMIN)
  refused(await bySelf(), 422, 'passkey_incorrect')
  await back()
})

test('readiness and reports count what is on', async () => {
  const username = 'locked@acme.example'
  const helpdesk = await api.as('helpdesk@acme.example')
  const readiness = async () => (await helpdesk('GET', `/users/${username}/authentication/resetReadiness`)).json
  const detailsPath = '/reports/authenticationMethods/userRegistrationDetails'
  const details = async () =>
    (await admin('GET', `${detailsPath}?$filter=userPrincipalName eq 'signer@acme.example'`)).json.value[0]
  assert.deepEqual([(await readiness()).isCapable, (await details()).isMfaCapable], [true, true])
  await choose({ Email: OFF, Sms: OFF, Voice: OFF })
  const { isCapable, isRegistered, refusal, methodsRegistered } = await readiness()
  assert.deepEqual([isCapable, isRegistered, refusal, methodsRegistered], [false, false, 'SSPR_0014', ['email']])
  const { isMfaCapable, isMfaRegistered, isSsprCapable } = await details()
  assert.deepEqual([isMfaCapable, isMfaRegistered, isSsprCapable], [false, true, false])
  const own = (await admin('GET', `/users/${username}/effectivePolicies`)).json
  assert.deepEqual(own.passwordResetPolicy.settings.methods, ['passkey', 'securityQuestions', 'authenticatorCode'])
  assert.ok(!own.signInPolicy.secondStepMethods.includes('email'))
})

test('access passes last as the policy says, and open nothing once they are off', async () => {
  const name = 'signer@acme.example'
  const path = `/users/${name}/authentication/temporaryAccessPassMethods`
  await choose({
    TemporaryAccessPass: { defaultLifetimeInMinutes: 30, minimumLifetimeInMinutes: 20, maximumLifetimeInMinutes: 40 },
  })
  await refusedWith(admin('POST', path, { lifetimeInMinutes: 19 }), 'property_invalid', 'lifetimeInMinutes')
  await refusedWith(admin('POST', path, { lifetimeInMinutes: 41 }), 'property_invalid', 'lifetimeInMinutes')
  await refusedWith(admin('POST', path, { isUsableOnce: false }), 'property_invalid', 'isUsableOnce')
  await choose({ TemporaryAccessPass: { isUsableOnce: false } })
  const { json } = await admin('POST', path, { isUsableOnce: false })
  assert.equal(json.lifetimeInMinutes, 30)
  const open = async () => {
    const browser = server.browser()
    const { id } = (await browser.post('/signin/start', { username: name })).json
    return (await browser.post(`/signin/${id}/pass`, { pass: json.temporaryAccessPass })).status
  }
  const reason = async () => (await admin('GET', `${path}/${json.id}`)).json.methodUsabilityReason
  assert.equal(await open(), 200)
  await choose({ TemporaryAccessPass: { excludeTargets: targets(group) } })
  assert.equal(await open(), 200)
  const back = await join(name)
  assert.deepEqual([await open(), await reason()], [401, 'disabledByPolicy'])
  await refusedWith(admin('POST', path, {}), 'method_off')
  await back()
  assert.equal(await open(), 200)
  await choose({ TemporaryAccessPass: { isUsableOnce: true } })
  assert.deepEqual([await open(), await reason()], [401, 'oneTimeUsed'])
  await choose({
    TemporaryAccessPass: { defaultLifetimeInMinutes: 60, minimumLifetimeInMinutes: 10, maximumLifetimeInMinutes: 480 },
  })
})

/** What has to be on for a kind, told apart from the code that it judges. */
const needs: Record<MethodKind, ConfigurationName[]> = {
  passkey: ['Fido2'],
  mobilePhone: ['Sms', 'Voice'],
  officePhone: ['Voice'],
  email: ['Email'],
  authenticatorCode: ['SoftwareOath'],
  securityQuestions: [],
  recoveryCode: [],
}

test('whatever is on for whom, what is off is offered, counted and asked nowhere', async context => {
  const people = ['registered@acme.example', 'admin@acme.example', 'signer@acme.example', 'new@acme.example']
  context.after(await join('signer@acme.example'))
  context.after(await join('admin@acme.example'))
  const users = await Promise.all(people.map(userOf))
  const baseline = await inside(trx => readinessOf(trx, act(), users))
  const setting = fc.record({
    state: fc.constantFrom('enabled' as const, 'enabled' as const, 'disabled' as const),
    includeTargets: fc.constantFrom(targets('all_users'), targets(group), targets('all_users', group)),
    excludeTargets: fc.constantFrom(targets(), targets(), targets(group)),
  })
  const policies = fc.record(Object.fromEntries(configurationNames.map(name => [name, setting])))
  await fc.assert(
    fc.asyncProperty(policies, async chosen => {
      await choose(chosen)
      const isOn = (name: ConfigurationName, inGroup: boolean) => {
        const { state, includeTargets, excludeTargets } = chosen[name]!
        const isNamed = (those: { id: string }[]) =>
          those.some(({ id }) => id === 'all_users' || (inGroup && id === group))
        return state === 'enabled' && isNamed(includeTargets) && !isNamed(excludeTargets)
      }
      await inside(async trx => {
        for (const [place, user] of users.entries()) {
          const inGroup = ['signer@acme.example', 'admin@acme.example'].includes(people[place]!)
          const may = (kind: MethodKind) => needs[kind].length === 0 || needs[kind].some(name => isOn(name, inGroup))
          const { policy } = await findAccount(trx, { id: user.id })
          const info = await askOne(trx, securityInfoOf(act(), user))
          const [readiness] = await readinessOf(trx, act(), [user])
          for (const kinds of [
            policy.settings.methods,
            policy.plain.methods,
            resetMethods(act(), policy, info.recorded).map(({ kind }) => kind),
            info.signIn.secondStepMethods,
            info.step.methods.map(({ kind }) => kind),
            info.step.others.map(({ kind }) => kind),
            info.entries.filter(({ editable }) => editable).map(({ kind }) => kind),
            readiness!.methodsOn,
          ])
            assert.deepEqual(
              kinds.filter(kind => !may(kind)),
              [],
              people[place],
            )
          const channels = baseline[place]!.channels.filter(channel =>
            isOn(({ sms: 'Sms', voice: 'Voice', email: 'Email' } as const)[channel], inGroup),
          )
          assert.deepEqual(readiness!.channels.toSorted(), channels.toSorted(), 'and what is on is not forgotten')
        }
      })
    }),
    { numRuns: 40 },
  )
})
