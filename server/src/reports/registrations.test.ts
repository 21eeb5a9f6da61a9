import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { DAY } from '../clock.ts'
import { assignRole, findTenantId, findUserByName, listUsers, type User } from '../directory/index.ts'
import { addPasskey } from '../passkeys/index.ts'
import { changeDefaultPolicy } from '../policies/index.ts'
import { readinessOf } from '../readiness/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { keepRegistrationSummaries } from './registrationSummaries.ts'
import { refreshAllRegistrations } from './registrations.ts'

const server = await testServer({ roles: ['web'] })
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const admin = await api.as('admin@acme.example')
const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
const act = (): Act => ({ ...means(), actor: { kind: 'operator' }, trail: { correlationId: randomUUID() } })
const inside = <T>(work: (trx: Trx) => Promise<T>) => inTenant(store, acme, work)
const userOf = async (name: string): Promise<User> =>
  (await inside(trx => findUserByName(trx, acme, `${name}@acme.example`)))!

const ROOT = '/reports/authenticationMethods'
const DETAILS = `${ROOT}/userRegistrationDetails`
const PASSKEY = {
  publicKey: Buffer.alloc(77),
  signCount: 0,
  aaguid: randomUUID(),
  transports: [],
  maySync: true,
  synced: true,
  rpId: 'localhost',
  name: null,
  byPassword: false,
}
interface Details {
  id: string
  userPrincipalName: string
  isAdmin: boolean
  isSsprRegistered: boolean
  isSsprEnabled: boolean
  isSsprCapable: boolean
  methodsRegistered: string[]
  refusal: string | null
  policyId: string
}
const list = async (query = ''): Promise<Details[]> => {
  const answer = await admin('GET', `${DETAILS}?$top=999${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json.value
}
const filtered = (filter: string) => list(`&$filter=${encodeURIComponent(filter)}`)
const namesOf = (details: Details[]) => details.map(({ userPrincipalName }) => userPrincipalName).sort()

/** What the rules of the reset say of everybody now. */
async function judged() {
  const users = await inside(trx => listUsers(trx, acme))
  const found = await inside(trx => readinessOf(trx, act(), users))
  return found.map(({ userId: id, isRegistered, isEnabled, isCapable, refusal, policyId }) => ({
    id,
    isSsprRegistered: isRegistered,
    isSsprEnabled: isEnabled,
    isSsprCapable: isCapable,
    refusal,
    policyId,
  }))
}
const told = (details: Details[]) =>
  details.map(({ id, isSsprRegistered, isSsprEnabled, isSsprCapable, refusal, policyId }) => ({
    id,
    isSsprRegistered,
    isSsprEnabled,
    isSsprCapable,
    refusal,
    policyId,
  }))
const byId = <T extends { id: string }>(rows: T[]) => rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))

test('the report says of everybody what the rules of the reset say', async () => {
  assert.deepEqual(byId(told(await list())), byId(await judged()))
  const one = await userOf('registered')
  const { json } = await admin('GET', `${DETAILS}/${one.id}`)
  const { '@odata.context': _, lastUpdatedDateTime, policyId, ...details } = json
  assert.deepEqual(details, {
    id: one.id,
    userPrincipalName: one.userPrincipalName,
    userDisplayName: one.displayName,
    userType: 'member',
    isAdmin: false,
    isSsprEnabled: true,
    isSsprRegistered: true,
    isSsprCapable: true,
    isMfaRegistered: true,
    isMfaCapable: true,
    isPasswordlessCapable: false,
    methodsRegistered: details.methodsRegistered,
    isSystemPreferredAuthenticationMethodEnabled: false,
    systemPreferredAuthenticationMethods: [],
    userPreferredMethodForSecondaryAuthentication: 'none',
    refusal: null,
    department: null,
  })
  assert.ok(details.methodsRegistered.includes('email') && details.methodsRegistered.includes('mobilePhone'))
  assert.match(lastUpdatedDateTime, /Z$/)
  for (const id of [randomUUID(), 'x']) assert.equal((await admin('GET', `${DETAILS}/${id}`)).status, 404)
})

test('two reports that are asked at once tell the same: the second waits for what the first one judges', async () => {
  await store.pool.query(
    `update latchkey.registrations set due_at = '-infinity', judged_at = null, is_enabled = false, is_capable = false
     where tenant_id = $1`,
    [acme],
  )
  // The first report is held while it judges: nobody's methods can be read.
  const holder = await store.pool.connect()
  await holder.query('begin; lock table latchkey.methods in access exclusive mode')
  const ask = async () => (await admin('GET', '/reports/registration/dailySummaries')).json.value.at(-1)
  const waits = async (lock: string) =>
    (
      await holder.query(
        `select from pg_locks where not granted and ${lock}
         and database = (select oid from pg_database where datname = current_database())`,
      )
    ).rowCount
  const first = ask()
  while (!(await waits("relation = 'latchkey.methods'::regclass"))) await setImmediate()
  let isTold = false
  const second = ask().finally(() => {
    isTold = true
  })
  while (!isTold && !(await waits("locktype = 'advisory'"))) await setImmediate()
  await holder.query('rollback')
  holder.release()
  const [one, other] = await Promise.all([first, second])
  assert.ok(one.enabled > 0)
  assert.deepEqual(other, one)
})

test('filters and counts agree with what is told of each person', async () => {
  const all = await list()
  for (const [filter, holds] of [
    ['isSsprCapable eq true', one => one.isSsprCapable],
    ['isSsprRegistered eq false', one => !one.isSsprRegistered],
    ['isAdmin eq true', one => one.isAdmin],
    ["methodsRegistered/any(m:m eq 'EMAIL')", one => one.methodsRegistered.includes('email')],
    ["refusal eq 'SSPR_0014'", one => one.refusal === 'SSPR_0014'],
    ['refusal eq null', one => one.refusal === null],
    [`policyId eq '${all[0]!.policyId}'`, one => one.policyId === all[0]!.policyId],
    [`id in ('${all[0]!.id}', '${all[1]!.id}')`, one => one.id === all[0]!.id || one.id === all[1]!.id],
    ["startsWith(userPrincipalName,'REG')", one => one.userPrincipalName.startsWith('reg')],
    ["userType eq 'guest'", () => false],
  ] as [string, (one: Details) => boolean][]) {
    assert.deepEqual(namesOf(await filtered(filter)), namesOf(all.filter(holds)), filter)
  }
  const features = (
    await admin('GET', `${ROOT}/usersRegisteredByFeature(includedUserTypes='all',includedUserRoles='all')`)
  ).json
  assert.deepEqual([features.totalUserCount, features.userTypes, features.userRoles], [all.length, 'all', 'all'])
  const counted = (feature: string) =>
    features.userRegistrationFeatureCounts.find((one: { feature: string }) => one.feature === feature).userCount
  assert.equal(counted('ssprCapable'), all.filter(one => one.isSsprCapable).length)
  assert.equal(counted('ssprRegistered'), all.filter(one => one.isSsprRegistered).length)
  const methods = (
    await admin('GET', `${ROOT}/usersRegisteredByMethod(includedUserTypes='member',includedUserRoles='user')`)
  ).json
  assert.equal(methods.totalUserCount, all.filter(one => !one.isAdmin).length)
  assert.deepEqual(
    methods.userRegistrationMethodCounts.find(
      ({ authenticationMethod }: { authenticationMethod: string }) => authenticationMethod === 'email',
    ).userCount,
    all.filter(one => !one.isAdmin && one.methodsRegistered.includes('email')).length,
  )
  assert.equal((await admin('GET', `${ROOT}/usersRegisteredByMethod`)).json.totalUserCount, all.length)
  assert.equal(
    (await admin('GET', `${ROOT}/usersRegisteredByMethod(includedUserTypes='guest')`)).json.totalUserCount,
    0,
  )
  const privileged = await admin('GET', `${ROOT}/usersRegisteredByFeature(includedUserRoles='privilegedAdmin')`)
  assert.equal(privileged.json.totalUserCount, 1)
  for (const wrong of ["includedUserTypes='robot'", "includedUsers='all'", 'all'])
    assert.equal((await admin('GET', `${ROOT}/usersRegisteredByFeature(${wrong})`)).code, 'argument_invalid', wrong)
})

test('what changes a judgement is told at once: methods, rights, accounts, policies and groups', async () => {
  const one = await userOf('registered')
  const agrees = async (what: string) => assert.deepEqual(byId(told(await list())), byId(await judged()), what)
  const detailsOf = async () => (await list()).find(({ id }) => id === one.id)!
  await inside(trx =>
    sql`update methods set blocked_at = ${services.clock()} where tenant_id = ${acme} and user_id = ${one.id}`.execute(
      trx,
    ),
  )
  await agrees('its methods are blocked')
  await inside(trx => sql`update methods set blocked_at = null where tenant_id = ${acme}`.execute(trx))
  await agrees('they prove again')
  await inside(trx =>
    sql`delete from methods where tenant_id = ${acme} and user_id = ${one.id} and kind = 'mobilePhone'`.execute(trx),
  )
  assert.ok(!(await detailsOf()).methodsRegistered.includes('mobilePhone'))
  await inside(trx => assignRole(trx, means(), one.id, 'User Administrator'))
  assert.equal((await detailsOf()).isAdmin, true)
  await agrees('a right')
  const enable = (enabled: boolean) =>
    inside(trx => sql`update users set account_enabled = ${enabled} where id = ${one.id}`.execute(trx))
  await enable(false)
  assert.equal((await detailsOf()).refusal, 'SSPR_0014')
  await enable(true)
  await inside(trx => changeDefaultPolicy(trx, means(), acme, { gates: 2 }))
  await agrees('a policy')
  await inside(trx => changeDefaultPolicy(trx, means(), acme, { gates: 1, coolingOffHours: 24 }))
  await agrees('another one')
})

test('a use of a method has nobody judged again, and the first proof of one does', async () => {
  const one = await userOf('registered')
  const isDueAfter = async (change: string) => {
    await refreshAllRegistrations(store, means)
    await inside(trx => sql`${sql.raw(change)} where tenant_id = ${acme} and user_id = ${one.id}`.execute(trx))
    const due = sql`select from registrations where tenant_id = ${acme} and user_id = ${one.id} and due_at = '-infinity'`
    return (await inside(trx => due.execute(trx))).rows.length === 1
  }
  await inside(trx =>
    addPasskey(trx, means(), { tenantId: acme, userId: one.id }, { ...PASSKEY, credentialId: randomUUID() }),
  )
  assert.ok(await isDueAfter(`update methods set proved_at = null`), 'a proof is taken back')
  assert.ok(await isDueAfter(`update methods set proved_at = now()`), 'the first proof')
  assert.ok(!(await isDueAfter(`update methods set proved_at = now(), last_used_step = 5`)), 'a later one')
  assert.ok(!(await isDueAfter(`update passkeys set sign_count = 5, synced = true, last_used_at = now()`)), 'a use')
  assert.ok(await isDueAfter(`update methods set confirmed_at = now()`), 'a confirmation')
  assert.ok(await isDueAfter(`delete from passkeys`), 'a passkey is gone')
})

test('in a large company the job judges everybody again, and a page stays a page', async () => {
  const many = 2_500
  const { rows } = await store.pool.query('select rolsuper as may from pg_roles where rolname = current_user')
  if (!rows[0].may) return
  await store.pool.query(
    `insert into latchkey.users (tenant_id, id, user_principal_name, user_principal_name_folded, display_name, display_name_folded, created_at)
     select $1, gen_random_uuid(), 'many' || n || '@acme.example', 'many' || n || '@acme.example', 'Many', 'many', now()
     from generate_series(1, ${many}) n`,
    [acme],
  )
  const unjudged = async () =>
    (
      await store.pool.query(
        'select count(*)::int as n from latchkey.registrations where tenant_id = $1 and judged_at is null',
        [acme],
      )
    ).rows[0].n
  assert.equal((await list()).length, 999)
  assert.ok((await unjudged()) > 1_000)
  await refreshAllRegistrations(store, means)
  assert.equal(await unjudged(), 0)
  await inside(trx => changeDefaultPolicy(trx, means(), acme, { enabled: false }))
  await refreshAllRegistrations(store, means)
  assert.equal((await filtered("refusal eq 'SSPR_0009'")).length, 999)
  const { rows: left } = await store.pool.query('select from latchkey.registration_rounds where tenant_id = $1', [acme])
  assert.equal(left.length, 0)
})

test('a judgement that time alone changes is made again', async t => {
  const later = await testServer({ roles: ['web'], context: t, beside: server })
  const due = async (now: Date) =>
    (await inside(trx => sql`select from registrations where tenant_id = ${acme} and due_at <= ${now}`.execute(trx)))
      .rows.length
  await refreshAllRegistrations(store, means)
  assert.equal(await due(services.clock()), 0)
  later.clock.advance(DAY)
  assert.ok((await due(later.services.clock())) > 0)
})

test('the reports are open to those who read reports, and of their own tenant alone', async () => {
  const plain = await api.as('prefilled@acme.example')
  const desk = await api.as('helpdesk@acme.example')
  const one = await userOf('registered')
  for (const path of [DETAILS, `${DETAILS}/${one.id}`, `${ROOT}/usersRegisteredByMethod`]) {
    assert.equal((await plain('GET', path)).status, 403)
    assert.equal((await desk('GET', path)).status, 403)
  }
  const stranger = await testApi(server, 'globex.example').asApplication(['AuditLog.Read.All'])
  assert.equal((await stranger('GET', `${DETAILS}/${one.id}`)).status, 404)
  assert.doesNotMatch((await stranger('GET', DETAILS)).text, /acme/)
})

test('each day is counted and kept, the present one as it is now', async () => {
  const path = '/reports/registration/dailySummaries'
  const globex = await findTenantId(store, 'globex.example')
  const today = services.clock().toISOString().slice(0, 10)
  await keepRegistrationSummaries(store, new Date(Date.parse(today) - DAY))
  await keepRegistrationSummaries(store, services.clock())
  const { json } = await (await testApi(server, 'globex.example').asApplication(['AuditLog.Read.All']))('GET', path)
  const users = await inTenant(store, globex, trx => listUsers(trx, globex))
  assert.deepEqual(
    json.value.map((one: { date: string; users: number }) => [one.date, one.users]),
    [
      [new Date(Date.parse(today) - DAY).toISOString().slice(0, 10), users.length],
      [today, users.length],
    ],
  )
  const [, now] = (await admin('GET', path)).json.value
  const all = await list()
  assert.deepEqual(
    [now.users >= all.length, now.byRefusal.SSPR_0009 > 0, now.capable, now.byMethod.email, now.goal],
    [
      true,
      true,
      all.filter(one => one.isSsprCapable).length,
      all.filter(one => one.methodsRegistered.includes('email')).length,
      90,
    ],
  )
  assert.equal((await admin('GET', `${path}?interval=hour`)).code, 'range_invalid')
})

test('each department is counted by why its people cannot reset, however its name is written', async () => {
  const [one, other] = [await userOf('registered'), await userOf('new')]
  const name = (id: string, department: string) => admin('PATCH', `/users/${id}`, { department })
  assert.deepEqual(
    [(await name(one.id, 'Field Sales')).status, (await name(other.id, 'field sales')).status],
    [204, 204],
  )
  const { json } = await admin('GET', '/reports/registration/departments')
  const all = await list()
  const own = all.filter(({ id }) => id === one.id || id === other.id)
  const refusals = Map.groupBy(
    own.filter(({ refusal }) => refusal !== null),
    ({ refusal }) => refusal!,
  )
  const [first, found] = [
    json.value[0],
    json.value.find((row: { department: string | null }) => /^field sales$/i.test(row.department ?? '')),
  ]
  assert.equal(first.department, null, 'most of the people are in none')
  assert.deepEqual([found.users, found.capable], [2, own.filter(({ isSsprCapable }) => isSsprCapable).length])
  assert.deepEqual(found.byRefusal, Object.fromEntries([...refusals].map(([code, people]) => [code, people.length])))
  const policies: { policyId: string | null; users: number; capable: number; goal: number | null }[] = (
    await admin('GET', '/reports/registration/policies')
  ).json.value
  const count = async (filter: string) =>
    (await admin('GET', `/reports/authenticationMethods/userRegistrationDetails?$filter=${filter}&$count=true&$top=1`))
      .json['@odata.count']
  assert.ok(policies.some(({ policyId }) => policyId !== null))
  for (const { policyId, users, capable, goal } of policies) {
    assert.equal(goal === null, policyId === null)
    if (policyId === null) continue
    const own = `policyId eq '${policyId}'`
    assert.deepEqual([users, capable], [await count(own), await count(`${own} and isSsprCapable eq true`)])
  }
  const desk = await api.as('helpdesk@acme.example')
  for (const by of ['departments', 'policies'])
    assert.equal((await desk('GET', `/reports/registration/${by}`)).status, 403)
})
