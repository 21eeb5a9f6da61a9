// This file is long because it runs each kind of job as a program would.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Act } from '../act.ts'
import { DAY, MINUTE, plus } from '../clock.ts'
import { PASSWORD as THEIRS } from '../demo/index.ts'
import { assignRole, findTenantId, findUserByName } from '../directory/index.ts'
import { removeExpired } from '../runtime/cleanup.ts'
import { inTenant } from '../store/index.ts'
import { type AskApi, testApi } from '../testing/api.ts'
import { makePartner } from '../testing/partners.ts'
import { testServer } from '../testing/server.ts'
import { importPeople, keep, type RefusedRow } from './importing.ts'
import { takeTurn } from './running.ts'

const server = await testServer()
const { services, store } = server
const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const ADMIN = 'admin@acme.example'
const admin = await api.as(ADMIN)
const PASSWORD = 'Correct horse battery 1'
const CSV = { 'content-type': 'text/csv' }
const TEMPLATE = [
  'version:v1.0',
  'Name [displayName] Required,User name [userPrincipalName] Required,Initial password [passwordProfile] Required,Block sign in (Yes/No) [accountEnabled] Required,Mobile phone [mobile]',
  'Example: Chris Green,chris@contoso.com,myPassword1234,No,',
]

const means = () => ({ now: services.clock(), random: services.random, keys: services.keys })
const find = (name: string) => inTenant(store, acme, trx => findUserByName(trx, acme, `${name}@acme.example`))

/** Posts a file. */
const post = (ask: AskApi, kind: string, lines: readonly string[], more = '') =>
  ask('POST', `/bulk/jobs?kind=${kind}${more}`, lines.join('\r\n'), CSV)

/** Waits until a job has ended. */
async function ended(ask: AskApi, id: string) {
  for (const end = performance.now() + 60_000; ; await sleep(50)) {
    const { json, text } = await ask('GET', `/bulk/jobs/${id}`)
    if (json.endedDateTime) return json
    assert.ok(performance.now() < end, text)
  }
}

/** Runs a file to its end. */
async function run(kind: string, lines: readonly string[], { ask = admin, more = '' } = {}) {
  const made = await post(ask, kind, lines, more)
  assert.equal(made.status, 202, made.text)
  const job = await ended(ask, made.json.id)
  const results = await ask('GET', `/bulk/jobs/${job.id}/results`)
  return {
    job,
    results: results.json.value as { row: number; status: number; id: string; code: string; target: string }[],
  }
}

/** Somebody with a role. */
async function personWith(role: Parameters<typeof assignRole>[3], name: string) {
  const made = await admin('POST', '/users', {
    accountEnabled: true,
    displayName: name,
    userPrincipalName: `${name}@acme.example`,
    passwordProfile: { password: PASSWORD },
  })
  assert.equal(made.status, 201, made.text)
  await inTenant(store, acme, trx => assignRole(trx, means(), made.json.id, role))
  return api.as(`${name}@acme.example`)
}

/** Waits until a job has stopped with rows that did not run, and nothing of them is kept. */
async function stoppedEarly(id: string) {
  for (const end = performance.now() + 60_000; ; await sleep(50)) {
    const { rows } = await store.pool.query(
      'select status, (select count(*)::int from bulk_rows r where r.job_id = j.id and r.status is null) as waiting, (select count(*)::int from bulk_rows r where r.job_id = j.id and input_sealed is not null) as held from bulk_jobs j where id = $1',
      [id],
    )
    if (rows[0].status === 'stopped' && rows[0].held === 0) {
      assert.ok(rows[0].waiting > 0)
      return
    }
    assert.ok(performance.now() < end, JSON.stringify(rows[0]))
  }
}

const events = async (target: string) =>
  (
    await store.pool.query(
      'select activity, actor_name, details from audit_events where target_id = $1 order by at, id',
      [target],
    )
  ).rows

// The first: by plans of tables that hold a few people.
test('each row of a file reads a few rows, whatever PostgreSQL knew of the tables before it', async t => {
  const ask = (text: string) => store.pool.query(text)
  if (!(await ask('select rolsuper as may from pg_roles where rolname = current_user')).rows[0].may)
    return t.skip('only a superuser may change what PostgreSQL knows')
  // As after many people have gone: hardly a row on many pages, so that any index seems to lead to one row.
  await ask(`update pg_class set reltuples = 1, relpages = 1000
    where oid in ('latchkey.accounts'::regclass, 'latchkey.registrations'::regclass, 'latchkey.contact_info'::regclass)`)
  const readRows = async () => {
    // A connection that ends tells what it has read.
    await ask(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where usename = 'latchkey_login' and datname = current_database()`)
    const { rows } = await ask(`select sum(seq_tup_read + idx_tup_fetch)::int as read from pg_stat_all_tables
      where schemaname = 'latchkey' and relname in ('accounts', 'registrations', 'contact_info')`)
    return rows[0].read
  }
  const before = await readRows()
  const people = Array.from({ length: 1500 }, (_, at) => `counted${at}@acme.example,Counted ${at},'+8131${1e6 + at}`)
  const { done } = await bringIn(['userPrincipalName,displayName,mobilePhone', ...people], { isDryRun: true })
  assert.equal(done.added, 1500)
  const each = ((await readRows()) - before) / 1500
  t.diagnostic(`${Math.round(each)} rows read for each`)
  // Before the first count a row may read the first batch: 500 of 1,500 rows read some 250 others, by each of a few plans.
  assert.ok(each < 400, `${each} rows read for each`)
})

test('a file in the form of Entra makes people, and each row stands alone', async () => {
  const { job, results } = await run('usersCreate', [
    ...TEMPLATE,
    `Ada,ada@acme.example,${PASSWORD},No,'+12065550131`,
    `Bob,bob@acme.example,${PASSWORD},Yes,`,
    `Again,ADA@acme.example,${PASSWORD},No,`,
    `Weak,weak@acme.example,a,No,`,
    `Elsewhere,ada@nowhere.example,${PASSWORD},No,`,
    `"O'Hara, ""Jo""",jo@acme.example,${PASSWORD},Maybe,`,
  ])
  assert.deepEqual([job.status, job.total, job.succeeded, job.failed], ['succeeded', 6, 2, 4])
  assert.deepEqual(
    results.map(({ row, status, code, target }) => [row, status, code, target]),
    [
      [1, 201, null, null],
      [2, 201, null, null],
      [3, 400, 'ObjectConflict', 'userPrincipalName'],
      [4, 400, 'password_too_short', 'passwordProfile/password'],
      [5, 400, 'domain_not_verified', 'userPrincipalName'],
      [6, 400, 'property_invalid', 'accountEnabled'],
    ],
  )
  const ada = (await find('ada'))!
  assert.equal(ada.id, results[0]!.id)
  assert.equal(ada.accountEnabled, true)
  assert.equal((await find('bob'))!.accountEnabled, false, '"Block sign in" is the opposite')
  const { json } = await admin('GET', `/users/${ada.id}?$select=mobilePhone`)
  assert.equal(json.mobilePhone, '+1 2065550131', 'the mark of spreadsheets is gone')
  assert.deepEqual(
    (await events(ada.id)).map(({ activity, actor_name }) => [activity, actor_name]),
    [['user.created', ADMIN]],
  )
  assert.deepEqual(
    (await events(job.id)).map(({ activity, details }) => [activity, details]),
    [
      ['bulk.started', { kind: 'usersCreate', rows: '6' }],
      ['bulk.finished', { kind: 'usersCreate', succeeded: '2', failed: '4' }],
    ],
  )
  const left = await store.pool.query(
    'select count(*)::int as count from bulk_rows where job_id = $1 and input_sealed is not null',
    [job.id],
  )
  assert.equal(left.rows[0].count, 0, 'what a row held is forgotten once it has run')
  const file = await admin('GET', `/bulk/jobs/${job.id}/results`, undefined, { accept: 'text/csv' })
  assert.equal(file.text.split('\r\n')[3], '3,400,,ObjectConflict,userPrincipalName')
})

test('passwords that nobody chose are read once, by the maker', async () => {
  const made = await run('usersCreate', ['userPrincipalName,displayName', 'cy@acme.example,Cy'])
  const place = `/bulk/jobs/${made.job.id}/passwords`
  const other = await personWith('User Administrator', 'other-maker')
  assert.equal((await other('GET', place)).status, 404)
  assert.equal((await other('GET', `/bulk/jobs/${made.job.id}`)).status, 404)
  const { json } = await admin('GET', place)
  assert.equal(json.value.length, 1)
  assert.equal(json.value[0].userPrincipalName, 'cy@acme.example')
  const signIn = await server
    .browser()
    .post('/signin', { username: 'cy@acme.example', password: json.value[0].password })
  assert.equal(signIn.status, 200, signIn.text)
  assert.equal((await admin('GET', place)).status, 410)
  assert.equal((await admin('GET', place)).code, 'passwords_taken')
})

test('a maker who has lost the role reads no password', async () => {
  const ask = await personWith('User Administrator', 'demoted')
  const { job } = await run('usersCreate', ['userPrincipalName,displayName', 'di@acme.example,Di'], { ask })
  const narrow = await api.as('demoted@acme.example', { scopes: ['User.ReadBasic.All'] })
  assert.equal((await narrow('GET', `/bulk/jobs/${job.id}/passwords`)).status, 403)
  await store.pool.query('delete from role_assignments where user_id = $1', [(await find('demoted'))!.id])
  assert.equal((await ask('GET', `/bulk/jobs/${job.id}/passwords`)).status, 403)
})

test('a row that cannot be opened is given up, and its job ends', async () => {
  const { job } = await run('sessionsRevoke', ['id', 'no id'])
  const jobId = services.random.uuid(services.clock())
  const changes = { id: jobId, ended_at: null, total: 1, succeeded: 0, failed: 0, status: 'running' }
  await store.pool.query(
    `insert into bulk_jobs select made.* from bulk_jobs j, jsonb_populate_record(j, $2) as made where j.id = $1`,
    [job.id, changes],
  )
  await store.pool.query(
    `insert into bulk_rows select made.* from bulk_rows r, jsonb_populate_record(r, $2) as made where r.job_id = $1`,
    [job.id, { job_id: jobId, status: null, code: null, target: null, input_sealed: '\\x00' }],
  )
  const turn = () => takeTurn(services, { tenantId: acme, jobId })
  for (let fault = 0; fault < 3; fault++) await assert.rejects(turn())
  assert.equal(await turn(), 'ended')
  assert.equal((await admin('GET', `/bulk/jobs/${jobId}`)).json.status, 'failed')
})

test('a bad heading is refused before a row is taken', async () => {
  for (const [heading, code, target] of [
    ['userPrincipalName,displayName,shoeSize', 'property_unknown', 'shoeSize'],
    ['userPrincipalName,displayName,displayName', 'property_invalid', 'displayName'],
    ['userPrincipalName', 'property_required', 'displayName'],
  ] as const) {
    const { status, code: told, json } = await post(admin, 'usersCreate', [heading, 'x,y,z'])
    assert.deepEqual([status, told, json.error.details[0].target], [400, code, target])
  }
  assert.equal(
    (await post(admin, 'usersUpdate', ['id,password', 'x,y'])).code,
    'property_unknown',
    'nobody gets a password so',
  )
  assert.equal((await post(admin, 'usersBurn', ['id'])).code, 'property_invalid')
  assert.equal((await admin('POST', '/bulk/jobs?kind=usersDelete', {})).status, 415)
  assert.equal((await admin('POST', '/bulk/jobs?kind=usersDelete', undefined)).status, 415)
})

const countJobs = async () => (await store.pool.query('select count(*)::int as jobs from bulk_jobs')).rows[0].jobs

test('a file that is no CSV in UTF-8 leaves nothing', async () => {
  const before = await countJobs()
  assert.equal((await post(admin, 'usersDelete', ['id', 'a"b'])).code, 'csv_invalid')
  const latin = await fetch(`${server.url}/v1.0/bulk/jobs?kind=usersDelete`, {
    method: 'POST',
    headers: { ...CSV, authorization: `Bearer ${await api.tokenOf(ADMIN)}` },
    body: Buffer.from('userPrincipalName\njürgen@acme.example', 'latin1'),
  })
  assert.equal(latin.status, 400)
  assert.equal(await countJobs(), before)
})

const inProof = { skip: process.env.PROOF === 'long' ? false : 'in the long proof' }

test('a file that is too long leaves none of its hundred thousand rows', inProof, async () => {
  const before = await countJobs()
  const many = await post(admin, 'usersDelete', ['id', ...Array.from({ length: 100_001 }, () => 'x')])
  assert.equal(many.code, 'rows_at_most')
  assert.equal(await countJobs(), before)
})

test('a dry run judges each row and changes nothing', async () => {
  const lines = ['userPrincipalName,displayName', 'dry@acme.example,Dry', `${ADMIN},Taken`, 'DRY@acme.example,Again']
  const { job, results } = await run('usersCreate', lines, { more: '&dryRun=true' })
  assert.equal(job.dryRun, true)
  assert.deepEqual(
    results.map(({ status, code, target }) => [status, code, target]),
    [
      [201, null, null],
      [400, 'ObjectConflict', 'userPrincipalName'],
      [400, 'ObjectConflict', 'userPrincipalName'],
    ],
  )
  assert.equal(await find('dry'), undefined)
  assert.deepEqual((await admin('GET', `/bulk/jobs/${job.id}/passwords`)).json.value, [])
})

test('people are changed, put into groups, signed out, unblocked, deleted, restored and erased', async () => {
  const make = await run('usersCreate', [
    'userPrincipalName,displayName',
    'eve@acme.example,Eve',
    'fay@acme.example,Fay',
  ])
  const [eve, fay] = make.results.map(({ id }) => id) as [string, string]
  const update = await run('usersUpdate', [
    'userPrincipalName,department,otherMails',
    'EVE@acme.example,Sales,e1@mail.example;e2@mail.example',
    'nobody@acme.example,Sales,',
  ])
  assert.deepEqual(
    update.results.map(({ status, id, code }) => [status, id, code]),
    [
      [204, eve, null],
      [404, null, 'not_found'],
    ],
  )
  const { json } = await admin('GET', `/users/${eve}?$select=department,otherMails`)
  assert.deepEqual([json.department, json.otherMails], ['Sales', ['e1@mail.example', 'e2@mail.example']])
  await run('usersUpdate', ['id,userPrincipalName', `${eve},eva@acme.example`])
  assert.equal((await find('eva'))?.id, eve, 'beside an id a name is the new one')
  const group = await admin('POST', '/groups', {
    displayName: 'Filed',
    mailNickname: 'filed',
    mailEnabled: false,
    securityEnabled: true,
  })
  assert.equal(group.status, 201, group.text)
  const lines = [
    'groupId,memberId',
    `${group.json.id},eva@acme.example`,
    `${group.json.id},${fay}`,
    `${group.json.id},${fay}`,
  ]
  const joined = await run('groupMembersAdd', lines)
  assert.deepEqual(
    joined.results.map(({ status, code }) => [status, code]),
    [
      [204, null],
      [204, null],
      [400, 'ObjectConflict'],
    ],
  )
  const left = await run('groupMembersRemove', lines)
  assert.deepEqual(
    left.results.map(({ status }) => status),
    [204, 204, 404],
  )
  const revoked = await run('sessionsRevoke', ['id', eve])
  assert.deepEqual((await events(eve)).at(-1)!.activity, 'sessions.revoked')
  assert.equal(revoked.job.status, 'succeeded')
  const prefilled = await run('methodsPrefill', [
    'userPrincipalName,mobilePhone,email',
    'fay@acme.example,+12065550140,fay@mail.example',
    'fay@acme.example,+12065550141,',
    'eva@acme.example,,',
  ])
  assert.deepEqual(
    prefilled.results.map(({ status, code }) => [status, code]),
    [
      [204, null],
      [400, 'ObjectConflict'],
      [400, 'property_required'],
    ],
  )
  const deleted = await run('usersDelete', ['User name [userPrincipalName] Required', 'fay@acme.example', ADMIN])
  assert.deepEqual(
    deleted.results.map(({ status, code }) => [status, code]),
    [
      [204, null],
      [400, 'last_global_administrator'],
    ],
  )
  const restored = await run('usersRestore', ['Object ID [objectId] Required', fay, eve, 'no id'])
  assert.deepEqual(
    restored.results.map(({ status }) => status),
    [204, 404, 404],
  )
  assert.equal((await find('fay'))?.id, fay)
  for (let n = 0; n < 10; n++)
    await server.browser().post('/signin', { username: 'fay@acme.example', password: `wrong ${n}` })
  await run('blocksLift', ['id', fay])
  const { details } = (await events(fay)).find(({ activity }) => activity === 'user.unblocked')!
  assert.equal(details.lifted, '1')
  // Who still has an account is not erased: deleting comes first, and can be taken back.
  assert.equal((await run('usersPurge', ['id', fay])).results[0]!.status, 404)
  await run('usersDelete', ['id', fay])
  const purged = await run('usersPurge', ['id', fay, fay])
  assert.deepEqual(
    purged.results.map(({ status }) => status),
    [204, 404],
  )
  assert.equal((await events(fay)).at(-1)!.activity, 'user.erased')
  assert.equal((await admin('GET', `/directory/deletedItems/${fay}`)).status, 404)
})

test('the step is judged when the job is made, and rights again when a row runs', async () => {
  const helper = await personWith('User Administrator', 'helper')
  const stale = await api.as('helper@acme.example', { ago: 16 })
  const weak = await api.as('helper@acme.example', { acr: 'pwd' })
  const plain = await api.as('registered@acme.example')
  assert.equal((await post(weak, 'usersCreate', ['userPrincipalName,displayName'])).status, 401)
  assert.equal((await post(stale, 'usersDelete', ['id'])).status, 401)
  assert.equal((await post(stale, 'usersPurge', ['id'])).status, 401)
  assert.equal((await post(stale, 'usersUpdate', ['id,mobilePhone'])).status, 401)
  assert.equal((await post(stale, 'usersUpdate', ['id,department'])).status, 202)
  assert.equal((await post(plain, 'usersCreate', ['userPrincipalName,displayName'])).status, 403)
  assert.equal((await post(plain, 'usersDelete', ['id'])).status, 403)
  // Of one above the maker, each row is refused as a single request is.
  const refused = await run('usersDelete', ['userPrincipalName', ADMIN], { ask: helper })
  assert.deepEqual(
    [refused.job.status, refused.results[0]!.status, refused.results[0]!.code],
    ['failed', 403, 'protected_target'],
  )
})

test('a job of somebody whose sessions have ended stops', async () => {
  const maker = await personWith('User Administrator', 'stopped')
  const lines = [
    'userPrincipalName,displayName',
    ...Array.from({ length: 200 }, (_, at) => `s${at}@acme.example,S${at}`),
  ]
  const made = await post(maker, 'usersCreate', lines)
  assert.equal(made.status, 202, made.text)
  const stopped = await run('sessionsRevoke', ['userPrincipalName', 'stopped@acme.example'])
  assert.equal(stopped.results[0]!.status, 204)
  await stoppedEarly(made.json.id)
})

test('a partner’s person makes a customer’s people by a file while the customer lets them, and neither side’s others read it', async () => {
  const agents = ['admin@globex.example', 'outside@globex.example']
  const globex = await makePartner(server, 'globex.example', agents)
  const [now, until] = [services.clock(), plus(services.clock(), 90 * DAY)]
  await store.pool.query(
    'insert into latchkey.daps (tenant_id, other_tenant_id, starts_at, ends_at, awake_at) values ($1, $2, $3, $4, $3)',
    [acme, globex, now, until],
  )
  const firm = testApi(server, 'globex.example')
  const [ask, colleague] = [
    await firm.asPartner(agents[0]!, 'acme.example'),
    await firm.asPartner(agents[1]!, 'acme.example'),
  ]
  const { job, results } = await run(
    'usersCreate',
    ['userPrincipalName,displayName,mobilePhone', 'p1@acme.example,P1,', 'p2@acme.example,P2,+12065550149'],
    { ask },
  )
  assert.deepEqual(
    results.map(({ status, code }) => [status, code]),
    [
      [201, null],
      [403, 'not_for_partners'],
    ],
  )
  const alone = await ask('POST', '/users', {
    ...{ accountEnabled: true, displayName: 'P3', userPrincipalName: 'p3@acme.example', mobilePhone: '+12065550149' },
    passwordProfile: { password: PASSWORD },
  })
  assert.deepEqual([alone.status, alone.code], [403, 'not_for_partners'], 'as one by one')
  const logged = await store.pool.query(
    "select activity, actor_kind, actor_name, details->>'homeTenantName' as firm from audit_events where target_id = any($1) and activity ~ 'user.created|bulk.started'",
    [[job.id, results[0]!.id]],
  )
  assert.deepEqual(
    logged.rows.map(row => [row.actor_kind, row.actor_name, row.firm]),
    Array.from({ length: 2 }, () => ['partner', agents[0], 'Globex']),
  )
  for (const other of [colleague, admin]) assert.equal((await other('GET', `/bulk/jobs/${job.id}`)).status, 404)
  assert.deepEqual((await colleague('GET', '/bulk/jobs')).json.value, [])
  assert.deepEqual(
    (await ask('GET', '/bulk/jobs')).json.value.map(({ id }: { id: string }) => id),
    [job.id],
  )
  const { json } = await ask('GET', `/bulk/jobs/${job.id}/passwords`)
  assert.equal(json.value[0].userPrincipalName, 'p1@acme.example')
  for (const kind of ['methodsPrefill', 'usersPurge', 'usersExport', 'auditExport', 'registrationExport'])
    assert.equal(
      (await post(ask, kind, [kind === 'usersPurge' ? 'id' : 'id,mobilePhone'])).code,
      'not_for_partners',
      kind,
    )
  assert.equal((await ask('POST', '/announcements', { kind: 'register' })).code, 'not_for_partners')
  // What a row does is judged when it runs: the person's sessions end, or what the customer gave, while the file is at work.
  const rows = Array.from({ length: 100 }, (_, at) => `q${at}@acme.example,Q${at}`)
  const begun = await post(ask, 'usersCreate', ['userPrincipalName,displayName', ...rows])
  await store.pool.query(
    'update latchkey.accounts set security_epoch = security_epoch + 1 where user_principal_name_folded = $1',
    [agents[0]],
  )
  await stoppedEarly(begun.json.id)
  const again = await firm.asPartner(agents[0]!, 'acme.example')
  const going = await post(again, 'usersCreate', ['userPrincipalName,displayName', ...rows])
  assert.equal(going.status, 202, going.text)
  await store.pool.query('update latchkey.daps set ended_at = $1 where tenant_id = $2', [services.clock(), acme])
  await stoppedEarly(going.json.id)
  assert.equal((await again('GET', `/bulk/jobs/${going.json.id}`)).code, 'no_relationship')
})

test('a canceled job leaves its rest undone, and at most five run', async () => {
  const lines = (name: string) => [
    'userPrincipalName,displayName',
    ...Array.from({ length: 300 }, (_, at) => `${name}${at}@acme.example,${name}`),
  ]
  const made = []
  for (const name of ['c', 'd', 'e', 'f', 'g'])
    made.push(await post(admin, 'usersCreate', lines(name), `&fileName=${name}.csv`))
  assert.deepEqual(
    made.map(({ status }) => status),
    [202, 202, 202, 202, 202],
  )
  const sixth = await post(admin, 'usersCreate', lines('h'))
  assert.deepEqual([sixth.status, sixth.code], [403, 'quota_exceeded'])
  const { json } = await admin('GET', '/bulk/jobs?$top=5')
  assert.deepEqual(
    json.value.map(({ fileName }: { fileName: string }) => fileName),
    ['g.csv', 'f.csv', 'e.csv', 'd.csv', 'c.csv'],
  )
  assert.equal((await admin('GET', `/bulk/jobs/${made[0]!.json.id}/passwords`)).status, 409)
  for (const { json } of made) assert.equal((await admin('DELETE', `/bulk/jobs/${json.id}`)).status, 204)
  for (const { json } of made) {
    const job = await ended(admin, json.id)
    assert.equal(job.status, 'canceled')
    assert.ok(job.succeeded < 300)
    const [{ activity, details }] = (await events(json.id)).slice(-1)
    assert.deepEqual([activity, details.succeeded], ['bulk.canceled', String(job.succeeded)])
  }
  assert.equal((await post(admin, 'usersCreate', ['userPrincipalName,displayName'])).status, 202)
})

test('exports list what the maker may read, and no spreadsheet runs a cell of theirs', async () => {
  const evil = await run('usersCreate', [
    'userPrincipalName,displayName,department',
    `evil@acme.example,"'=HYPERLINK(""x"")","a,b"`,
  ])
  assert.equal(evil.job.succeeded, 1, JSON.stringify(evil.results))
  const made = await admin(
    'POST',
    "/bulk/jobs?kind=usersExport&$filter=startsWith(displayName,'%3D')&$select=userPrincipalName,displayName,department",
  )
  assert.deepEqual([made.status, made.json.status], [202, 'succeeded'])
  const { text, headers } = await admin('GET', `/bulk/jobs/${made.json.id}/content`)
  assert.match(headers.get('content-type') ?? '', /^text\/csv/)
  assert.equal(text, `userPrincipalName,displayName,department\r\nevil@acme.example,"'=HYPERLINK(""x"")","a,b"\r\n`)
  assert.equal((await admin('POST', '/bulk/jobs?kind=usersExport&$filter=shoeSize eq 1')).status, 400)
  const reader = await api.as('registered@acme.example')
  assert.equal((await reader('POST', '/bulk/jobs?kind=auditExport')).status, 403)
  for (const [kind, column] of [
    ['auditExport', 'activityDisplayName'],
    ['registrationExport', 'isSsprCapable'],
    ['usersExport', 'mobilePhone'],
  ]) {
    const job = await admin('POST', `/bulk/jobs?kind=${kind}`)
    const { status, text } = await admin('GET', `/bulk/jobs/${job.json.id}/content`)
    const [head, ...rows] = text.trimEnd().split('\r\n')
    assert.equal(status, 200)
    assert.ok(head!.split(',').includes(column!), head)
    assert.ok(rows.length > 5)
  }
  assert.equal((await admin('GET', `/bulk/jobs/${evil.job.id}/content`)).code, 'no_content')
})

test('an export of more than a page has each row once', async () => {
  const count = Number((await admin('GET', '/users/$count')).text)
  await store.pool.query(
    `insert into accounts (tenant_id, id, user_principal_name, user_principal_name_folded, display_name, display_name_folded, created_at)
     select $1, gen_random_uuid(), 'many' || n || '@acme.example', 'many' || n || '@acme.example', 'Many', 'many', now() from generate_series(1, 1100) n`,
    [acme],
  )
  const job = await admin('POST', '/bulk/jobs?kind=usersExport&$select=id')
  const { text } = await admin('GET', `/bulk/jobs/${job.json.id}/content`)
  const ids = text.trimEnd().split('\r\n').slice(1)
  assert.equal(ids.length, count + 1100)
  assert.equal(new Set(ids).size, ids.length)
})

test('a key repeats no job', async () => {
  const headers = { ...CSV, 'idempotency-key': 'one' }
  const one = await admin('POST', '/bulk/jobs?kind=usersDelete', 'id\r\nx', headers)
  const other = await admin('POST', '/bulk/jobs?kind=usersDelete', 'id\r\nx', headers)
  assert.deepEqual([one.status, other.status, other.json.id], [202, 202, one.json.id])
  assert.equal((await admin('POST', '/bulk/jobs?kind=usersRestore', 'id\r\nx', headers)).code, 'idempotency_key_reused')
})

test('methods are written no faster by a file than by single requests', async () => {
  const maker = await personWith('Privileged Authentication Administrator', 'pacer')
  const lines = ['userPrincipalName,mobilePhone', ...Array(33).fill('nobody@acme.example,+12065550140')]
  const judged = await run('methodsPrefill', lines, { ask: maker, more: '&dryRun=true' })
  assert.equal(judged.job.failed, 33, 'what only is judged keeps no pace')
  const { json } = await post(maker, 'methodsPrefill', lines)
  const results = async () =>
    (
      await store.pool.query('select count(*)::int as done from bulk_rows where job_id = $1 and status is not null', [
        json.id,
      ])
    ).rows[0].done
  const turn = () => takeTurn(services, { tenantId: acme, jobId: json.id })
  // The worker takes turns too, and a row that it has costs this one a place in the minute.
  const settled = async () => {
    for (let before = -1, now = await results(); now !== before; now = await results()) {
      before = now
      while ((await turn()) === 'goes on');
      await sleep(50)
    }
    return results()
  }
  const first = await settled()
  assert.ok(first > 0 && first <= 30, String(first))
  server.clock.advance(MINUTE)
  await settled()
  assert.equal((await ended(maker, json.id)).failed, 33)
})

test('jobs and their rows are removed after thirty days', async () => {
  const count = async () => (await store.pool.query('select count(*)::int as count from bulk_rows')).rows[0].count
  assert.ok((await count()) > 0)
  server.clock.advance(31 * DAY)
  await removeExpired(services)
  assert.equal(await count(), 0)
  assert.equal((await store.pool.query('select count(*)::int as count from bulk_jobs')).rows[0].count, 0)
})

/** Brings a file of people in, as an operator's command does. */
async function bringIn(
  rows: readonly string[],
  how: { isDryRun?: true; isWhole?: true } = {},
  beforeEnd = async () => {},
) {
  const refused: RefusedRow[] = []
  async function* bytes() {
    yield Buffer.from(rows.join('\r\n'))
    await beforeEnd()
  }
  const act = {
    ...means(),
    actor: { kind: 'operator' },
    trail: { correlationId: services.random.uuid(services.clock()) },
  }
  const done = await importPeople(
    store,
    act as Act,
    {
      ...{ tenantId: acme, isDryRun: false, isWhole: false, ...how },
      told: { refused: row => void refused.push(row), judged: () => {} },
    },
    bytes(),
  )
  return { done, refused }
}

test('people come in with their hashes, numbers and groups by one file: each for itself, all or nobody, or for a try', async () => {
  const admin = await api.as(ADMIN)
  const group = async (displayName: string, more = {}) =>
    (await admin('POST', '/groups', { displayName, ...more })).json.id
  const nurses = await group('Night nurses')
  await group('Role holders', { isAssignableToRole: true })
  const hash = '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  const headings = 'userPrincipalName,displayName,mobilePhone,otherMails,department,passwordHash,groups'
  const crowd = Array.from({ length: 500 }, (_, at) => `crowd${at}@acme.example,Crowd ${at},,,,,`)
  const rows = [
    `moved1@acme.example,Moved One,'+12065550171,moved1@mail.example;second@mail.example,Care,${hash},Night nurses; night nurses`,
    'moved2@acme.example,Moved Two,,,,,',
    'admin@acme.example,Taken,,,,,',
    'moved3@nowhere.example,Elsewhere,,,,,',
    'moved4@acme.example,Own address,,moved4@acme.example,,,',
    'moved5@acme.example,Bad number,12,,,,',
    `moved6@acme.example,Dear,,,,${hash.replace('$05$', '$13$')},`,
    'moved7@acme.example,No such group,,,,,Nobodies',
    'moved8@acme.example,Roles,,,,,Role holders',
    `moved9@acme.example,Many cells,,,,,,x`,
    ...crowd,
    'MOVED2@acme.example,Again,,,,,',
  ]
  const refusals = [
    { row: 10, code: 'row_too_long' },
    { row: 3, code: 'ObjectConflict', target: 'userPrincipalName' },
    { row: 4, code: 'domain_not_verified', target: 'userPrincipalName' },
    { row: 5, code: 'property_invalid', target: 'otherMails' },
    { row: 6, code: 'property_invalid', target: 'mobilePhone' },
    { row: 7, code: 'property_invalid', target: 'passwordHash' },
    { row: 8, code: 'property_invalid', target: 'groups' },
    { row: 9, code: 'property_invalid', target: 'groups' },
    { row: 511, code: 'ObjectConflict', target: 'userPrincipalName' },
  ].sort((one, other) => one.row - other.row)
  const counts = { total: 511, added: 502, refused: 9 }
  const peopleNow = async () =>
    Number((await store.pool.query('select count(*) from accounts where tenant_id = $1', [acme])).rows[0].count)
  const before = await peopleNow()
  for (const how of [{ isDryRun: true }, { isWhole: true }] as const) {
    // A file may come slowly; whoever works in the company meanwhile waits for no lock of it.
    const tried = await bringIn([headings, ...rows], how, async () => {
      for (let looks = 0; looks < 300; looks++)
        await store.pool.query('select from groups where tenant_id = $1 for update nowait', [acme])
    })
    assert.deepEqual(tried.refused, refusals)
    assert.deepEqual(tried.done, 'isWhole' in how ? { ...counts, added: 0 } : counts)
    assert.equal(await peopleNow(), before, 'nothing has changed')
  }
  const { done, refused } = await bringIn([headings, ...rows])
  assert.deepEqual([done, refused], [counts, refusals])
  assert.equal(await peopleNow(), before + 502)
  assert.deepEqual(await bringIn([headings, 'moved10@acme.example,Alone,,,,,'], { isWhole: true }), {
    done: { total: 1, added: 1, refused: 0 },
    refused: [],
  })
  const { json } = await admin('GET', '/users/moved1@acme.example?$select=id,mobilePhone,otherMails,department')
  assert.deepEqual(
    [json.mobilePhone, json.otherMails, json.department],
    ['+1 2065550171', ['moved1@mail.example', 'second@mail.example'], 'Care'],
  )
  const members = (await admin('GET', `/groups/${nurses}/members`)).json.value
  assert.deepEqual(
    members.map(({ id }: { id: string }) => id),
    [json.id],
  )
  assert.deepEqual(
    (await events(json.id)).map(({ activity }) => activity),
    ['user.created'],
  )
  // The password of elsewhere opens the account, and is ours from then on.
  const signedIn = await server.browser().post('/signin', { username: 'moved1@acme.example', password: 'U*U' })
  assert.equal(signedIn.status, 200, signedIn.text)
  const { rows: kept } = await store.pool.query('select scheme, hash from passwords where user_id = $1', [json.id])
  assert.deepEqual(kept, [{ scheme: '$argon2id$v=19$m=19456,t=2,p=1$', hash: null }])
  await assert.rejects(bringIn(['userPrincipalName,displayName,shoeSize', 'a@acme.example,A,1']), /property_unknown/)
  // What is kept until all is judged has a bound, and the file is read no further.
  let asked = 0
  async function* endless() {
    for (;;) yield [{ row: ++asked, refused: { code: 'row_too_long' } }]
  }
  await assert.rejects(keep(endless(), 500), { code: 'csv_too_large' })
  assert.ok(asked < 20)
})

test('people who have not registered are asked to by mail, of a group or by a filter, and the others are not', async () => {
  const admin = await api.as(ADMIN)
  const group = await admin('POST', '/groups', { displayName: 'Announced' })
  const inner = await admin('POST', '/groups', { displayName: 'Announced inner' })
  const [fresh, registered] = [(await find('new'))!, (await find('registered'))!]
  const join = async (to: string, id: string) =>
    assert.equal(
      (
        await admin('POST', `/groups/${to}/members/$ref`, {
          '@odata.id': `${services.origin}/v1.0/directoryObjects/${id}`,
        })
      ).status,
      204,
    )
  await join(inner.json.id, fresh.id)
  await join(group.json.id, inner.json.id)
  await join(group.json.id, registered.id)
  const announce = (body: object, ask = admin) => ask('POST', '/announcements', { kind: 'register', ...body })
  const toFresh = () =>
    server
      .outbox()
      .then(all => all.filter(one => one.to === 'new@acme.example' && /get back in/.test(one.subject ?? '')))
  const dry = await announce({ groupId: group.json.id, dryRun: true })
  assert.equal(dry.status, 202, dry.text)
  const tried = await ended(admin, dry.json.id)
  assert.deepEqual([tried.total, tried.succeeded, tried.failed], [2, 1, 1])
  assert.equal((await toFresh()).length, 0, 'a dry run mails nobody')
  const made = await announce({ groupId: group.json.id })
  const job = await ended(admin, made.json.id)
  assert.deepEqual([job.kind, job.total, job.succeeded, job.failed], ['announceRegistration', 2, 1, 1])
  const { value } = (await admin('GET', `/bulk/jobs/${job.id}/results`)).json
  assert.deepEqual(value.map((row: { id: string; status: number; code: string }) => [row.status, row.code]).sort(), [
    [204, null],
    [400, 'not_announced'],
  ])
  const mail = await server.message(one => one.to === 'new@acme.example' && /get back in/.test(one.subject ?? ''))
  assert.ok(mail.text.includes(`${services.origin}/security-info`))
  const filtered = await announce({ filter: "userPrincipalName eq 'NEW@acme.example'", dryRun: true })
  assert.equal((await ended(admin, filtered.json.id)).total, 1)
  for (const [body, status, code] of [
    [{ filter: "shoeSize eq '1'" }, 400, 'filter_property'],
    [{ filter: "userPrincipalName eq '" }, 400, undefined],
    [{ groupId: 'x' }, 400, 'property_invalid'],
  ] as const) {
    const refused = await announce(body)
    assert.equal(refused.status, status, refused.text)
    if (code) assert.equal(refused.code, code)
  }
  const desk = await api.as('helpdesk@acme.example')
  assert.equal((await announce({}, desk)).status, 403)
  // Each mail of a roll-out goes to whom it is meant for, and leads to its page.
  for (const [kind, reached, page, dryRun] of [
    ['coming', 2, '/help/register', false],
    ['reminder', 1, '/security-info', false],
    ['lastDays', 1, '/security-info', true],
    ['available', 2, '/reset', false],
    ['helpDesk', 2, '/help/administrators/helping-people', false],
  ] as const) {
    const one = await ended(admin, (await announce({ kind, groupId: group.json.id, dryRun })).json.id)
    assert.deepEqual([one.kind, one.succeeded, one.failed], ['announceRollOut', reached, 2 - reached], kind)
    if (dryRun) continue
    const led = `${services.origin}${page}`
    await server.message(
      sent => sent.to === 'new@acme.example' && sent.text.includes(`${led}\n`) && sent.id !== mail.id,
    )
  }
  // Its reader stops them: a look changes nothing, a press or the request of a mail program does, also twice.
  const announced = await server.message(one => one.to === 'registered@acme.example' && /stop\//.test(one.text))
  const stop = /\/announcements\/stop\/[\w-]+/.exec(announced.text)![0]
  const counted = async () => {
    const one = await ended(admin, (await announce({ kind: 'coming', groupId: group.json.id, dryRun: true })).json.id)
    return [one.succeeded, one.failed, one.announcementsStopped]
  }
  const reader = server.browser()
  assert.match((await reader.page(stop)).text, /Stop these mails/)
  assert.deepEqual(await counted(), [2, 0, 0])
  // As mail programs send it (RFC 8058): either kind of form, and no answer is a redirect.
  const atOnce = (body: URLSearchParams | FormData) =>
    fetch(server.url + stop, { method: 'POST', body, redirect: 'manual', headers: { accept: 'text/html,*/*' } })
  const oneClick = new FormData()
  oneClick.set('List-Unsubscribe', 'One-Click')
  const anything = new FormData()
  anything.set('List-Unsubscribe', 'Anything')
  assert.equal((await atOnce(anything)).status, 303, 'a form of the page, refused there')
  oneClick.set('more', 'x'.repeat(70_000))
  assert.equal((await atOnce(oneClick)).status, 413)
  oneClick.delete('more')
  assert.deepEqual(await counted(), [2, 0, 0])
  assert.equal((await atOnce(oneClick)).status, 200)
  assert.equal((await atOnce(new URLSearchParams('List-Unsubscribe=One-Click'))).status, 200)
  assert.deepEqual(await counted(), [1, 1, 1])
  const pressed = await reader.submit(stop, {})
  assert.match((await reader.follow(pressed)).text, /No more such mails/)
  const forged = `${stop.slice(0, -2)}${stop.endsWith('AA') ? 'BB' : 'AA'}`
  assert.equal((await reader.post(forged)).status, 404)
  const person = server.browser()
  const signed = await person.post('/signin', { username: 'registered@acme.example', password: THEIRS })
  assert.equal(signed.status, 200, signed.text)
  assert.match((await person.page('/account')).text, /Get them again/)
  assert.equal((await person.post('/account/announcements')).status, 200)
  assert.doesNotMatch((await person.page('/account')).text, /Get them again/)
  assert.deepEqual(await counted(), [2, 0, 0])
  const { rows: acts } = await store.pool.query(
    `select activity from latchkey.audit_events where activity like 'announcements.%' order by at, id`,
  )
  assert.deepEqual(
    acts.map(({ activity }) => activity),
    ['announcements.stopped', 'announcements.resumed'],
  )
  // No mail promises what no policy does.
  const settle = (change: object) =>
    store.pool.query('update latchkey.reset_policies set settings = settings || $1', [JSON.stringify(change)])
  const untold = async (kind: string) => (await announce({ kind, groupId: group.json.id, dryRun: true })).code
  await settle({ registrationRequired: false })
  assert.equal(await untold('lastDays'), 'property_invalid')
  await settle({ registrationRequired: true, enabled: false })
  assert.deepEqual([await untold('lastDays'), await untold('available')], ['property_invalid', 'property_invalid'])
  await settle({ enabled: true })
  const everybody = await announce({ kind: 'helpDesk' })
  assert.deepEqual([everybody.status, everybody.code], [400, 'property_required'])
  const { rows: told } = await store.pool.query(
    `select details->>'announcement' as kind from latchkey.audit_events where activity = 'bulk.started'
       and details ? 'announcement' and not details ? 'dryRun' order by at`,
  )
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['register', 'coming', 'reminder', 'available', 'helpDesk'],
  )
  const sixth = await announce({ groupId: inner.json.id })
  assert.deepEqual([sixth.status, sixth.code], [403, 'quota_exceeded'])
})
