import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Role } from '../access/index.ts'
import type { Act } from '../act.ts'
import { addMember, assignRole, createGroup, createUser, findTenantId, findUserByName } from '../directory/index.ts'
import { setPassword } from '../passwords/index.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')

const PASSWORD = 'Demo-passphrase-2026!'
const METHOD = '28c10230-6103-485e-b985-444c60001490'

const act = (): Act => ({
  now: services.clock(),
  random: services.random,
  keys: services.keys,
  actor: { kind: 'operator' },
  trail: { correlationId: services.random.uuid(services.clock()) },
})
const hash = await services.hasher.hash(PASSWORD)
/** Somebody of Acme with this password and these roles, directly or through a group. */
const person = (name: string, { roles = [], inGroup }: { roles?: readonly Role[]; inGroup?: Role } = {}) =>
  inTenant(store, acme, async trx => {
    const userPrincipalName = `${name}@acme.example`
    const user = await createUser(trx, act(), acme, { userPrincipalName, displayName: name })
    await setPassword(trx, act(), user, { hash, history: undefined, mustChange: false })
    for (const role of roles) await assignRole(trx, act(), user.id, role)
    if (inGroup) {
      const group = await createGroup(trx, act(), acme, { displayName: name, isRoleAssignable: true })
      await addMember(trx, acme, group, { kind: 'user', id: user.id })
    }
    return userPrincipalName
  })
const pathOf = (name: string) => `/users/${name}/authentication/methods/${METHOD}/resetPassword`
const reset = (ask: AskApi, name: string, body: unknown = {}, headers?: Record<string, string>) =>
  ask('POST', pathOf(name), body, headers)
const signIn = (username: string, password: string) => server.browser().post('/signin', { username, password })
const eventsOf = (correlationId: string) =>
  inTenant(store, acme, trx =>
    trx
      .selectFrom('audit_events')
      .select(['activity', 'result', 'actor_name', 'target_name', 'details'])
      .where('tenant_id', '=', acme)
      .where('correlation_id', '=', correlationId)
      .execute(),
  )

const admin = await api.as('admin@acme.example')

test('a reset shows its password once, ends what was granted, and asks for another at the sign-in', async () => {
  const name = await person('twice')
  const old = await api.as(name)
  assert.equal((await old('GET', '/me')).status, 200)
  const first = await reset(admin, name)
  const second = await reset(admin, name)
  for (const { status, json, headers } of [first, second]) {
    assert.equal(status, 202)
    assert.match(json.newPassword, /^([0-9A-Z]{4}-){4}[0-9A-Z]{4}$/)
    assert.equal(headers.get('retry-after'), '1')
  }
  assert.equal((await old('GET', '/me')).status, 401, 'a token from before')
  assert.equal((await signIn(name, PASSWORD)).status, 401)
  assert.equal((await signIn(name, first.json.newPassword)).status, 401, 'the first was replaced')
  const { status, json } = await signIn(name, second.json.newPassword)
  assert.deepEqual([status, json.state], [200, 'change-password'])
  const mail = await server.message(({ to, subject = '' }) => to === name && /password was reset/.test(subject))
  assert.equal(mail.text.includes(second.json.newPassword), false)
})

test('what became of a reset is read by its caller alone, for a day', async t => {
  const name = await person('operations')
  const { headers } = await reset(admin, name, { newPassword: 'Seven brown foxes 77' })
  const location = headers.get('location') ?? ''
  const told = await admin('GET', location)
  assert.equal(told.status, 200)
  assert.deepEqual(Object.keys(told.json).sort(), [
    '@odata.context',
    'createdDateTime',
    'id',
    'lastActionDateTime',
    'resourceLocation',
    'status',
    'statusDetail',
  ])
  assert.equal(told.json.status, 'succeeded')
  await person('second-admin', { roles: ['Global Administrator'] })
  const other = await api.as('second-admin@acme.example')
  for (const [ask, path] of [
    [other, location],
    [admin, location.replace(/[^/]+$/, randomUUID())],
    [admin, location.replace(/[^/]+$/, 'x')],
    [admin, location.replace(name, 'new@acme.example').replace(/users\/[^/]+/, 'users/new@acme.example')],
  ] as const)
    assert.equal((await ask('GET', path)).status, 404, path)
  const later = await testServer({ context: t, beside: server })
  later.clock.advance(24 * 3_600_000)
  const then = await testApi(later).as('admin@acme.example')
  assert.equal((await then('GET', location.replace(services.origin, later.services.origin))).status, 404)
})

test('a password that the caller chose is not said again, is judged by every rule, and must be changed too', async () => {
  const name = await person('chosen')
  const weak = await reset(admin, name, { newPassword: 'chosen' })
  assert.equal(weak.status, 400)
  assert.deepEqual(
    weak.json.error.details.map(({ code, target }: { code: string; target: string }) => [code, target]),
    [
      ['password_too_short', 'newPassword'],
      ['password_too_simple', 'newPassword'],
      ['password_contains_name', 'newPassword'],
    ],
  )
  assert.equal((await signIn(name, PASSWORD)).status, 200, 'unchanged')
  const given = await reset(admin, name, { newPassword: 'Seven brown foxes 77' })
  assert.deepEqual([given.status, Object.keys(given.json)], [202, ['@odata.context']])
  const { json } = await signIn(name, 'Seven brown foxes 77')
  assert.equal(json.state, 'change-password')
  const [event] = await eventsOf(given.headers.get('request-id') ?? '')
  assert.deepEqual(
    [event?.activity, event?.actor_name, event?.target_name],
    ['password.given', 'admin@acme.example', name],
  )
  assert.equal(JSON.stringify(event).includes('foxes'), false)
})

test('a temporary password works no longer than the company says', async t => {
  const name = await person('late')
  const { newPassword } = (await reset(admin, name)).json
  const later = await testServer({ context: t, beside: server })
  later.clock.advance(73 * 3_600_000)
  const { status, json } = await later.browser().post('/signin', { username: name, password: newPassword })
  assert.deepEqual([status, json.code], [403, 'temporary_password_expired'])
})

test('nobody resets themselves here, and no password of a directory is made up', async () => {
  const own = await reset(admin, 'admin@acme.example')
  assert.deepEqual([own.status, own.code], [400, 'own_account'])
  const elsewhere = await reset(admin, 'onpremises@acme.example')
  assert.deepEqual([elsewhere.status, elsewhere.code], [400, 'property_required'])
  const given = await reset(admin, 'onpremises@acme.example', { newPassword: 'Seven brown foxes 77' })
  assert.deepEqual([given.status, given.code], [400, 'mastered_elsewhere'])
  const nobody = await reset(admin, randomUUID())
  assert.deepEqual([nobody.status, nobody.json.error.code], [404, 'Request_ResourceNotFound'])
})

test('a reset takes a fresh second step, and a person', async () => {
  const name = await person('stepped')
  for (const signedIn of [{ acr: 'pwd' }, { acr: 'mfa', ago: 16 }] as const) {
    const { status, json, headers } = await reset(await api.as('admin@acme.example', signedIn), name)
    assert.deepEqual([status, json.error.code], [401, 'Authentication_StepUpRequired'])
    assert.match(headers.get('www-authenticate') ?? '', /insufficient_user_authentication.*max_age="900"/)
  }
  const scoped = await reset(await api.as('admin@acme.example', { scopes: ['User.ReadWrite.All'] }), name)
  assert.equal(scoped.status, 403)
  const program = await api.asApplication(['UserAuthenticationMethod.ReadWrite.All', 'User.ReadWrite.All'])
  assert.equal((await reset(program, name)).status, 403)
  assert.equal((await signIn(name, PASSWORD)).status, 200, 'unchanged')
})

/** Who may reset whom (partner center and work accounts, §3.6): columns of actors, rows of roles that the target holds. */
const matrix: [target: Role | 'plain' | 'group', ...may: string[]][] = [
  ['plain', 'PW', 'HD', 'AA', 'UA', 'PAA', 'GA'],
  ['Directory Readers', 'PW', 'HD', 'AA', 'UA', 'PAA', 'GA'],
  ['Guest Inviter', 'PW', 'HD', 'AA', 'UA', 'PAA', 'GA'],
  ['Password Administrator', 'PW', 'HD', 'AA', 'UA', 'PAA', 'GA'],
  ['Helpdesk Administrator', 'HD', 'UA', 'PAA', 'GA'],
  ['Reports Reader', 'HD', 'AA', 'UA', 'PAA', 'GA'],
  ['Groups Administrator', 'UA', 'PAA', 'GA'],
  ['Authentication Administrator', 'AA', 'PAA', 'GA'],
  ['User Administrator', 'UA', 'PAA', 'GA'],
  ['Global Reader', 'PAA', 'GA'],
  ['Global Administrator', 'PAA', 'GA'],
  ['group', 'PAA', 'GA'],
]
const actors: Record<string, Role> = {
  PW: 'Password Administrator',
  HD: 'Helpdesk Administrator',
  AA: 'Authentication Administrator',
  UA: 'User Administrator',
  PAA: 'Privileged Authentication Administrator',
  GA: 'Global Administrator',
}

test('each role resets those below it, and nobody else', async () => {
  const targets = await Promise.all(
    matrix.map(async ([held], place) => {
      const roles = held === 'plain' || held === 'group' ? [] : [held]
      return person(`target${place}`, { roles, ...(held === 'group' && { inGroup: 'Reports Reader' as const }) })
    }),
  )
  for (const [short, role] of Object.entries(actors)) {
    const ask = await api.as(await person(`actor-${short.toLowerCase()}`, { roles: [role] }))
    for (const [place, [held, ...may]] of matrix.entries()) {
      const { status, code } = await reset(ask, targets[place]!, { newPassword: 'Seven brown foxes 77' })
      const expected = may.includes(short) ? [202, undefined] : [403, 'protected_target']
      assert.deepEqual([status, code], expected, `${role} of ${held}`)
    }
  }
})

test('one caller resets thirty passwords a minute at most', async () => {
  const busy = await api.as(await person('busy', { roles: ['Helpdesk Administrator'] }))
  const name = await person('reset-often')
  const { id } = await inTenant(store, acme, async trx => (await findUserByName(trx, acme, name))!)
  const statuses = await Promise.all(Array.from({ length: 32 }, () => reset(busy, id, { newPassword: 'short' })))
  assert.equal(statuses.filter(({ status }) => status === 400).length, 30)
  const over = statuses.filter(({ status }) => status === 429)
  assert.equal(over.length, 2)
  for (const { headers } of over) assert.ok(Number(headers.get('retry-after')) > 0)
})
