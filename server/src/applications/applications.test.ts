import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { DAY } from '../clock.ts'
import { keyring, systemRandom } from '../crypto/index.ts'
import { PolicyError } from '../policies/index.ts'
import { resealAll } from '../runtime/seals.ts'
import { inTenant, removeDue, type Trx } from '../store/index.ts'
import { meansAt, readEvents, SECRET, stage } from '../testing/people.ts'
import {
  changeApplication,
  createApplication,
  findApplication,
  findApplicationTenant,
  listApplications,
  type NewApplication,
} from './applications.ts'
import { deleteApplication, deletedApplications, eraseApplication } from './deleted.ts'
import { ApplicationError } from './errors.ts'
import { addSecret, judgeSecret, removeSecret } from './secrets.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const globex = await cast.tenant('globex.example')
const actAt = (milliseconds = 0) => ({ ...meansAt(milliseconds), actor: { kind: 'operator' } as const })
const inAcme = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
const code = (expected: string) => (error: unknown) => error instanceof ApplicationError && error.code === expected

const register = (given: Partial<NewApplication> = {}, tenantId = acme) =>
  inTenant(store, tenantId, trx =>
    createApplication(trx, actAt(), tenantId, { displayName: 'Expenses', addresses: {}, ...given }),
  )
const change = (appId: string, changes: Parameters<typeof changeApplication>[3]) =>
  inAcme(trx => changeApplication(trx, actAt(), appId, changes))
const jwk = (type: 'rsa' | 'ec', options: object) => {
  const { publicKey, privateKey } = generateKeyPairSync(type as 'rsa', options as { modulusLength: number })
  return { open: publicKey.export({ format: 'jwk' }), closed: privateKey.export({ format: 'jwk' }) }
}

test('an application is found by its id, in its tenant alone, with all that was registered', async () => {
  const made = await register({
    addresses: { web: ['http://localhost:3999/callback'] },
    postLogoutRedirectUris: ['http://localhost:3999/signed-out'],
    backChannelLogoutUri: 'http://127.0.0.1:3999/backchannel',
    homePageUrl: 'https://expenses.example/',
    requestedScopes: ['User.Read'],
    requestedPermissions: ['User.Read.All'],
    assignmentRequired: true,
    groupMembershipClaims: 'SecurityGroup',
    optionalClaims: ['email'],
  })
  assert.equal(made.platform, 'web')
  assert.notEqual(made.principalId, made.appId)
  assert.deepEqual(await findApplication(store, acme, made.appId), made)
  assert.equal(await findApplicationTenant(store, made.appId), acme)
  assert.equal(await findApplication(store, globex, made.appId), undefined)
  for (const id of ['', 'x', `${made.appId}'`, made.appId.toUpperCase(), systemRandom.uuid(new Date())]) {
    assert.equal(await findApplication(store, acme, id), undefined)
    assert.equal(await findApplicationTenant(store, id), undefined)
  }
  assert.deepEqual((await readEvents(store, acme)).at(-1), 'application.created success')
})

test('an id belongs to one application of the whole installation', async () => {
  const { appId } = await register()
  await assert.rejects(register({ appId }), code('application_exists'))
  await assert.rejects(register({ appId }, globex), code('application_exists'))
})

test('a registration out of range is refused whole, with what it takes', async () => {
  const before = await inAcme(trx => listApplications(trx, acme))
  const wrong: [Partial<NewApplication> & Record<string, unknown>, string][] = [
    [{ displayName: ' ' }, 'text_invalid'],
    [{ displayName: 'a\nb' }, 'text_invalid'],
    // It would be read as “Globex”.
    [{ displayName: '\u202exebolG' }, 'text_invalid'],
    [{ addresses: { web: ['https://a.example/'], publicClient: ['https://a.example/'] } }, 'one_platform'],
    [{ addresses: { spa: ['com.acme.screen:/callback'] } }, 'address_invalid'],
    [{ postLogoutRedirectUris: ['http://a.example/'] }, 'address_invalid'],
    [{ backChannelLogoutUri: 'http://a.example/' }, 'address_invalid'],
    [{ homePageUrl: 'javascript:alert(1)' }, 'address_invalid'],
    [{ requestedScopes: ['User.Fly'] }, 'scope_unknown'],
    [{ exposedScopes: [{ value: '.default', title: 'All', detail: '', needsAdministrator: true }] }, 'scope_invalid'],
  ]
  for (const [given, expected] of wrong) await assert.rejects(register(given), code(expected), expected)
  const shapes: Record<string, unknown>[] = [
    { assignmentRequired: 'yes' },
    { backChannelLogoutUri: 1 },
    { groupMembershipClaims: 'Everything' },
    { optionalClaims: ['password'] },
    { unknown: true },
    { appRoles: [{ value: 'A', displayName: 'A', allowedMemberTypes: [] }] },
    { appRoles: [{ value: 'A', displayName: 'A', allowedMemberTypes: ['User'], more: 1 }] },
  ]
  for (const given of shapes) await assert.rejects(register(given as Partial<NewApplication>), PolicyError)
  const many = Array.from({ length: 257 }, (_, place) => `https://a.example/${place}`)
  await assert.rejects(register({ addresses: { web: many } }), PolicyError)
  await register({ addresses: { web: many.slice(1) } })
  assert.equal((await inAcme(trx => listApplications(trx, acme))).length, before.length + 1)
})

test('a role has a value that tokens can name, once, and keeps its id while its value stays', async () => {
  const role = (value: string, more: object = {}) => ({
    value,
    displayName: value,
    allowedMemberTypes: ['User' as const],
    ...more,
  })
  for (const value of ['', ' ', '.a', 'a b', 'a"b', 'ü', 'x'.repeat(121)])
    await assert.rejects(register({ appRoles: [{ ...role(value), displayName: 'A' }] }), code('role_invalid'), value)
  for (const id of ['x', '00000000-0000-0000-0000-000000000000'])
    await assert.rejects(register({ appRoles: [role('A', { id })] }), code('role_invalid'))
  await assert.rejects(register({ appRoles: [role('A', { displayName: '' })] }), code('text_invalid'))
  await assert.rejects(register({ appRoles: [role('A'), role('A')] }), code('role_duplicate'))
  const id = systemRandom.uuid(new Date())
  await assert.rejects(register({ appRoles: [role('A', { id }), role('B', { id })] }), code('role_duplicate'))
  const twice = { allowedMemberTypes: ['User', 'User'] }
  await assert.rejects(register({ appRoles: [role('A', twice)] }), code('role_invalid'))

  const made = await register({ appRoles: [role('Report.Reader'), role('Report.Writer')] })
  const [reader] = made.appRoles
  const changed = await change(made.appId, { appRoles: [role('Report.Auditor'), role('Report.Reader')] })
  assert.deepEqual(changed.appRoles[1], reader)
  assert.notEqual(changed.appRoles[0]!.id, made.appRoles[1]!.id)
})

test('an application without addresses, secrets and keys can still become one of another platform', async () => {
  const plain = await register()
  const spa = { addresses: { spa: ['https://a.example/'] } }
  assert.equal((await change(plain.appId, spa)).platform, 'spa')
  const secret = await register()
  await inAcme(trx => addSecret(trx, actAt(), secret.appId, { displayName: 'one', days: 1 }))
  await assert.rejects(change(secret.appId, spa), code('one_platform'))
})

test('a change keeps what it does not name, and the platform', async () => {
  const made = await register({ addresses: { spa: ['https://a.example/'] }, homePageUrl: 'https://a.example/' })
  const changed = await change(made.appId, { displayName: 'Notes', assignmentRequired: true })
  assert.deepEqual(changed, { ...made, displayName: 'Notes', assignmentRequired: true, version: 2 })
  assert.deepEqual(await findApplication(store, acme, made.appId), changed)
  await assert.rejects(change(made.appId, { addresses: { web: ['https://a.example/'] } }), code('one_platform'))
  const moved = await change(made.appId, { addresses: { spa: ['https://b.example/'] } })
  assert.deepEqual(moved.redirectUris, ['https://b.example/'])
  assert.deepEqual((await change(made.appId, { addresses: { spa: [] } })).redirectUris, [])
  await assert.rejects(change(systemRandom.uuid(new Date()), {}), code('application_not_found'))
})

test('a public key is one of RS256, PS256 or ES256, and never a private one', async () => {
  const rsa = jwk('rsa', { modulusLength: 2048 })
  const ec = jwk('ec', { namedCurve: 'P-256' })
  const kept = [{ ...rsa.open, kid: 'one', use: 'sig', alg: 'PS256' }, { ...ec.open, alg: 'ES256' }, rsa.open]
  assert.deepEqual((await register({ publicKeys: kept })).publicKeys, kept)
  const wrong = [
    rsa.closed,
    ec.closed,
    { kty: 'oct', k: 'c2VjcmV0' },
    {},
    { kty: 'RSA', n: 'x' },
    { ...rsa.open, alg: 'RS512' },
    { ...rsa.open, alg: 'HS256' },
    { ...ec.open, alg: 'RS256' },
    { ...rsa.open, use: 'enc' },
    jwk('rsa', { modulusLength: 1024 }).open,
    jwk('ec', { namedCurve: 'P-384' }).open,
  ]
  for (const key of wrong)
    await assert.rejects(register({ publicKeys: [key] }), code('key_invalid'), JSON.stringify(key))
  const native = { publicClient: ['http://localhost/'] }
  await assert.rejects(register({ addresses: native, publicKeys: [ec.open] }), code('public_client'))
})

test('a secret is told once, kept as a sealed hash, and holds from its start to its end', async () => {
  const { appId } = await register()
  const add = (days: number, at = 0) =>
    inAcme(trx => addSecret(trx, actAt(at), appId, { displayName: 'For the server', days }))
  const [short, long] = [await add(1), await add(730, DAY / 2)]
  assert.ok(Buffer.from(short.secretText, 'base64url').length >= 32)
  assert.notEqual(short.secretText, long.secretText)
  const { rows } = await store.pool.query('select s::text as text from latchkey.application_secrets s')
  for (const { text } of rows) for (const { secretText } of [short, long]) assert.ok(!text.includes(secretText))

  const found = (await findApplication(store, acme, appId))!
  assert.deepEqual(
    found.secrets.map(({ id, hint, expiresAt }) => [id, hint, expiresAt]),
    [short, long].map(({ id, secretText, expiresAt }) => [id, secretText.slice(0, 3), expiresAt]),
  )
  const judge = (at: number, text: string, keys = meansAt().keys) =>
    judgeSecret({ ...meansAt(at), keys }, found, text).verdict
  assert.equal(judge(DAY / 2, short.secretText), 'right')
  assert.equal(judge(DAY / 2, long.secretText), 'right')
  assert.equal(judge(DAY / 2 - 1, long.secretText), 'wrong', 'it has not begun')
  assert.equal(judge(DAY - 1, short.secretText), 'right')
  assert.equal(judge(DAY, short.secretText), 'expired')
  assert.equal(judge(DAY, long.secretText), 'right')
  assert.equal(judge(DAY / 2 + 730 * DAY, long.secretText), 'expired')
  for (const text of ['', short.secretText.slice(0, -1), `${short.secretText}x`, short.secretText.toLowerCase()])
    assert.equal(judge(DAY / 2, text), 'wrong')

  await inAcme(trx => removeSecret(trx, actAt(), appId, short.id))
  const after = (await findApplication(store, acme, appId))!
  assert.equal(judgeSecret(meansAt(), after, short.secretText).verdict, 'wrong')
  await assert.rejects(
    inAcme(trx => removeSecret(trx, actAt(), appId, short.id)),
    code('secret_not_found'),
  )
})

test('a secret outlives the installation’s own, which are changed more often', async () => {
  const { appId } = await register()
  const { secretText } = await inAcme(trx => addSecret(trx, actAt(), appId, { displayName: 'One', days: 730 }))
  const newer = 'a newer secret that only tests have: 71'
  await resealAll(store, { ...meansAt(), keys: keyring([newer, SECRET]) })
  const found = (await findApplication(store, acme, appId))!
  assert.equal(judgeSecret({ ...meansAt(), keys: keyring([newer]) }, found, secretText).verdict, 'right')
  await resealAll(store, { ...meansAt(), keys: keyring([SECRET, newer]) })
})

test('a secret lasts at most two years, an application has twenty, and a public one none', async () => {
  const { appId } = await register()
  const add = (days: number, of = appId) => inAcme(trx => addSecret(trx, actAt(), of, { displayName: 'One', days }))
  for (const days of [0, -1, 1.5, 731, Number.NaN]) await assert.rejects(add(days), code('secret_lifetime'))
  for (let count = 0; count < 20; count++) await add(1)
  await assert.rejects(add(1), code('secrets_at_most'))
  for (const addresses of [{ spa: ['https://a.example/'] }, { publicClient: ['http://localhost/'] }])
    await assert.rejects(add(1, (await register({ addresses })).appId), code('public_client'))
  const foreign = await register({}, globex)
  await assert.rejects(add(1, foreign.appId), code('application_not_found'))
})

test('an application that is erased takes its secrets along, and a deleted one keeps them', async () => {
  const { appId } = await register()
  await inAcme(trx => addSecret(trx, actAt(), appId, { displayName: 'One', days: 1 }))
  await assert.rejects(
    inTenant(store, globex, trx => deleteApplication(trx, actAt(), appId)),
    code('application_not_found'),
  )
  await inAcme(trx => deleteApplication(trx, actAt(), appId))
  assert.equal(await findApplicationTenant(store, appId), undefined)
  const secrets = async () =>
    (await store.pool.query('select 1 from latchkey.application_secrets where app_id = $1', [appId])).rows.length
  assert.equal(await secrets(), 1)
  await inAcme(trx => eraseApplication(trx, actAt(), appId))
  assert.equal(await secrets(), 0)
  await assert.rejects(
    inAcme(trx => deleteApplication(trx, actAt(), appId)),
    code('application_not_found'),
  )
  assert.ok((await readEvents(store, acme)).includes('application.deleted success'))
})

test('a deleted application is erased after thirty days', async () => {
  const { appId } = await register()
  await inAcme(trx => deleteApplication(trx, actAt(), appId))
  const count = async () =>
    (await store.pool.query('select from latchkey.registered_applications where app_id = $1', [appId])).rowCount
  await removeDue(store, meansAt(29 * DAY), [deletedApplications])
  assert.equal(await count(), 1)
  await removeDue(store, meansAt(31 * DAY), [deletedApplications])
  assert.equal(await count(), 0)
})
