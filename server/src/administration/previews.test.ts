import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { HOUR } from '../clock.ts'
import { createGroup, findTenantId, findUserByName, listUsers } from '../directory/index.ts'
import { readinessOf } from '../readiness/index.ts'
import { inTenant, removeDue } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { testServer } from '../testing/server.ts'
import { jobsDone } from '../testing/state.ts'
import { expiredPreviews, judgePreview } from './previews.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const admin = await api.as('admin@acme.example')
const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
const PREVIEWS = '/policies/previews'
const DEFAULT = '/policies/passwordResetPolicy'
const MEMBERS = (id: string) => `/groups/${id}/members/$ref`

const inside = <T>(work: Parameters<typeof inTenant<T>>[2]) => inTenant(store, acme, work)
const judged = () => inside(async trx => readinessOf(trx, means(), await listUsers(trx, acme)))

/** Every row of the tenant, and every job, but for previews and for what a job judges for reports. */
async function everything() {
  const { rows: tables } = await store.pool.query(`
    select distinct table_name as name from information_schema.columns
    where table_schema = 'latchkey' and column_name = 'tenant_id'
      and table_name not in ('users', 'policy_previews', 'previewed_users', 'registrations', 'registration_rounds') order by 1`)
  const state: Record<string, unknown> = {}
  for (const { name } of tables) {
    const { rows } = await store.pool.query(
      `select count(*)::int, md5(string_agg(one::text, '' order by one::text)) from latchkey.${name} one where tenant_id = $1`,
      [acme],
    )
    state[name] = rows[0]
  }
  const { rows: jobs } = await store.pool.query('select count(*)::int from latchkey_jobs._private_jobs')
  return { ...state, jobs: jobs[0] }
}

const preview = (method: string, url: string, body?: object) =>
  admin('POST', PREVIEWS, { method, url, ...(body && { body }) })
const affected = async (id: string | null, filter: string) => {
  const { status, json, text } = await admin(
    'GET',
    `${PREVIEWS}/${id}/affectedUsers?$filter=${encodeURIComponent(filter)}`,
  )
  assert.equal(status, 200, text)
  return json.value
}

test('a preview tells who would lose what, changes nothing, and its ETag fits the write', async () => {
  const before = await judged()
  const was = await admin('GET', DEFAULT)
  await jobsDone(store.pool)
  const rows = await everything()
  const made = await preview('PATCH', DEFAULT, { settings: { gates: 2 } })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(await everything(), rows, 'no row, no event, no mail and no job')
  assert.deepEqual((await admin('GET', DEFAULT)).json, was.json)
  const { id, status, etag, expiresDateTime, counts } = made.json
  assert.equal(status, 'succeeded')
  assert.equal(etag, was.headers.get('etag'))
  assert.equal(made.headers.get('location'), `${services.origin}/v1.0${PREVIEWS}/${id}`)
  const lasts = new Date(expiresDateTime).getTime() - services.clock().getTime()
  assert.ok(lasts > HOUR - 60_000 && lasts <= HOUR, String(lasts))
  assert.equal(counts.users, before.length)
  const read = await admin('GET', `${PREVIEWS}/${id}`)
  assert.deepEqual(read.json, made.json)

  const losing = await affected(id, "effect eq 'losing'")
  assert.ok(losing.length > 0)
  assert.equal(losing.length, counts.losing)
  assert.equal((await affected(id, "effects/any(e:e eq 'moreGates')")).length, counts.moreGates)
  assert.ok(counts.moreGates >= counts.losing)

  // What it foretold is what comes.
  const changed = await admin('PATCH', DEFAULT, { settings: { gates: 2 } }, { 'if-match': String(etag) })
  assert.equal(changed.status, 204, changed.text)
  const after = new Map((await judged()).map(one => [one.userId, one]))
  const lost = before.filter(one => one.isCapable && !after.get(one.userId)!.isCapable)
  assert.deepEqual(losing.map((one: { id: string }) => one.id).sort(), lost.map(({ userId }) => userId).sort())
  for (const one of losing) {
    const { policyId, refusal } = after.get(one.id)!
    assert.deepEqual(one.before, { policyId, isCapable: true, refusal: null })
    assert.deepEqual(one.after, { policyId, isCapable: false, refusal })
  }
  assert.equal((await admin('PATCH', DEFAULT, { settings: { gates: 1 } }, { 'if-match': String(etag) })).status, 412)

  const back = await preview('PATCH', `/v1.0${DEFAULT}`, { settings: { gates: 1 } })
  assert.equal(back.json.counts.gaining, counts.losing)
  assert.equal(back.json.counts.fewerGates, counts.moreGates)
  assert.equal((await admin('PATCH', DEFAULT, { settings: { gates: 1 } })).status, 204)
})

test('a group, a new policy, a removed one and the protection are previewed too', async () => {
  const group = await inside(trx => createGroup(trx, means(), acme, { displayName: 'Field staff' }))
  const person = (await inside(trx => findUserByName(trx, acme, 'registered@acme.example')))!
  const policy = { displayName: 'None', includedGroups: [group], settings: { enabled: false } }
  const reference = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${person.id}` }
  const rows = await everything()
  assert.equal((await preview('POST', '/policies/passwordResetPolicies', policy)).json.counts.losing, 0)
  assert.deepEqual(await everything(), rows)
  const { id: policyId } = (await admin('POST', '/policies/passwordResetPolicies', policy)).json
  const before = await everything()
  const joining = await preview('POST', MEMBERS(group), reference)
  assert.equal(joining.status, 201, joining.text)
  assert.equal(joining.json.etag, null)
  assert.deepEqual(await everything(), before)
  const [one, ...others] = await affected(joining.json.id, "effect eq 'losing'")
  assert.deepEqual([one.id, one.after.policyId, one.after.refusal], [person.id, policyId, 'SSPR_0013'])
  assert.deepEqual(others, [])
  assert.equal((await admin('POST', MEMBERS(group), reference)).status, 204)
  for (const [method, url] of [
    ['DELETE', `/groups/${group}/members/${person.id}/$ref`],
    ['DELETE', `/policies/passwordResetPolicies/${policyId}`],
  ] as const) {
    const made = await preview(method, url)
    assert.equal(made.json.counts.gaining, 1, made.text)
  }
  const everybody = await preview('POST', '/policies/passwordResetPolicies', { displayName: 'All' })
  const [first] = await affected(everybody.json.id, "effect eq 'losing'")
  assert.equal(first.after.policyId, null, 'there is no such policy yet')
  assert.equal((await admin('DELETE', `/policies/passwordResetPolicies/${policyId}`)).status, 204)
  await inside(trx =>
    sql`update passwords set set_at = set_at - interval '3 days' where tenant_id = ${acme}`.execute(trx),
  )
  const aged = await preview('PATCH', '/policies/passwordProtectionPolicy', { passwordMaximumAgeDays: 2 })
  assert.ok(aged.json.counts.mustChangePassword > 0, aged.text)
  assert.equal(aged.json.counts.losing, 0)
})

test('the checks and errors are those of the write', async () => {
  const rows = await everything()
  for (const [method, url, body] of [
    ['PATCH', DEFAULT, { settings: { gates: 3 } }],
    ['PATCH', DEFAULT, { settings: { gatez: 1 } }],
    ['PATCH', DEFAULT, { priority: 1 }],
    ['PATCH', DEFAULT, { foo: 1 }],
    ['PATCH', `/policies/passwordResetPolicies/${acme}`, { settings: {} }],
    ['PATCH', '/policies/passwordProtectionPolicy', { temporaryPasswordHours: 0 }],
    ['POST', '/policies/passwordResetPolicies', {}],
    ['POST', MEMBERS(acme), { '@odata.id': 'https://graph.microsoft.com/v1.0/directoryObjects/x' }],
  ] as const) {
    const [tried, written] = [await preview(method, url, body), await admin(method, url, body)]
    assert.ok(tried.status >= 400, url)
    assert.deepEqual(
      [tried.status, tried.code, tried.json.error.details],
      [written.status, written.code, written.json.error.details],
      JSON.stringify(body),
    )
  }
  for (const [method, url] of [
    ['PATCH', '/users/admin@acme.example'],
    ['DELETE', '/users/admin@acme.example'],
    ['PATCH', 'https://other.example/v1.0/policies/passwordResetPolicy'],
    ['PATCH', '/policies/nothing'],
    ['POST', PREVIEWS],
  ] as const) {
    const { status, code, json } = await preview(method, url, {})
    assert.deepEqual([status, code, json.error.details[0].target], [400, 'property_invalid', 'url'], url)
  }
  assert.deepEqual(await everything(), rows)
})

test('who may write may preview, and nobody else reads it', async () => {
  const body = { method: 'PATCH', url: DEFAULT, body: { settings: { gates: 2 } } }
  const helpdesk = await api.as('helpdesk@acme.example')
  assert.equal((await helpdesk('POST', PREVIEWS, body)).status, 403)
  const once = await api.as('admin@acme.example', { acr: 'pwd' })
  assert.equal((await once('POST', PREVIEWS, body)).status, 401)
  const reader = await api.asApplication(['Policy.Read.All', 'AuditLog.Read.All', 'Group.ReadWrite.All'])
  assert.equal((await reader('POST', PREVIEWS, body)).status, 403, 'another write’s permission')
  const { id } = (await admin('POST', PREVIEWS, body)).json
  for (const path of [`${PREVIEWS}/${id}`, `${PREVIEWS}/${id}/affectedUsers`]) {
    assert.equal((await admin('GET', path)).status, 200)
    assert.equal((await reader('GET', path)).status, 404, path)
    assert.equal((await helpdesk('GET', path)).status, 404, path)
  }
  const own = await api.as('admin@acme.example', { scopes: ['Policy.ReadWrite.PasswordReset'] })
  assert.equal((await own('GET', `${PREVIEWS}/${id}/affectedUsers`)).status, 200, 'its maker, without reports.read')
})

test('a maker has ten at most, each for an hour', async t => {
  const made: string[] = []
  for (let n = 0; n < 11; n++) made.push((await preview('PATCH', DEFAULT, { settings: {} })).json.id)
  assert.equal((await admin('GET', `${PREVIEWS}/${made[0]}`)).status, 404)
  assert.equal((await admin('GET', `${PREVIEWS}/${made[1]}`)).status, 200)
  const later = await testServer({ context: t, beside: server })
  later.clock.advance(HOUR)
  const ask = await testApi(later).as('admin@acme.example')
  assert.equal((await ask('GET', `${PREVIEWS}/${made[10]}`)).status, 404)
  await removeDue(store, { now: later.services.clock() }, [expiredPreviews])
  const { rows } = await store.pool.query(
    'select (select count(*)::int from latchkey.policy_previews) as previews, (select count(*)::int from latchkey.previewed_users) as users',
  )
  assert.deepEqual(rows, [{ previews: 0, users: 0 }])
})

test('of more than ten thousand people a job tells, and fails where the policy was changed meanwhile', async () => {
  await inside(trx =>
    sql`insert into accounts (tenant_id, id, user_principal_name, user_principal_name_folded, display_name, display_name_folded, created_at)
      select ${acme}, gen_random_uuid(), 'p' || n || '@acme.example', 'p' || n || '@acme.example', 'Person ' || n, 'person ' || n, ${services.clock()}
      from generate_series(1, 10001) n`.execute(trx),
  )
  for (const table of ['accounts', 'registrations']) await store.pool.query(`analyze latchkey.${table}`)
  const rows = await everything()
  const made = await preview('PATCH', DEFAULT, { settings: { enabled: false } })
  assert.deepEqual([made.status, made.json.status, made.json.counts], [201, 'running', null], made.text)
  assert.ok(made.headers.get('retry-after'))
  const act = { ...means(), actor: { kind: 'system' }, trail: { correlationId: acme } } as const
  const started = Date.now()
  await judgePreview(store, act, { tenantId: acme, previewId: made.json.id })
  console.log(`10,000 people: ${Date.now() - started} ms`)
  assert.deepEqual({ ...(await everything()), jobs: rows.jobs }, rows)
  const { json } = await admin('GET', `${PREVIEWS}/${made.json.id}`)
  assert.equal(json.status, 'succeeded')
  assert.ok(json.counts.users > 10_000 && json.counts.losing > 0)
  const other = await preview('PATCH', DEFAULT, { settings: { enabled: false } })
  assert.equal((await admin('PATCH', DEFAULT, { settings: { coolingOffHours: 1 } })).status, 204)
  await judgePreview(store, act, { tenantId: acme, previewId: other.json.id })
  assert.deepEqual((await admin('GET', `${PREVIEWS}/${other.json.id}`)).json.status, 'failed')
})
