import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import pg from 'pg'
import { HOUR } from '../clock.ts'
import { asMaintainer, emptyDatabaseUrl, testDatabase, testDatabaseUrl } from '../testing/database.ts'
import { asSource } from '../testing/program.ts'
import { until } from '../testing/until.ts'
import { enqueue, inTenant, migrate, openStore, printRoles, type Store, startJobs } from './index.ts'
import { prepareRoles, refuseUnsafeRoles } from './roles.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'store-test': { tenantId: string; id: string }
    }
  }
}

const fixture = fileURLToPath(new URL('./store.fixture.ts', import.meta.url))
const program = (command: string, url: string) =>
  spawn(process.execPath, [...asSource, fixture, command, url], { stdio: ['ignore', 'pipe', 'inherit'] })

const a = randomUUID()
const b = randomUUID()
const store = await testDatabase()
const askForTests = (on: Store) => on.pool.query("insert into latchkey.asked_jobs values ('store-test')")
await askForTests(store)
test('ten processes that start at once migrate once, and a newer database is refused', async () => {
  const url = await emptyDatabaseUrl()
  const codes = await Promise.all(
    Array.from({ length: 10 }, () => once(program('migrate', url), 'exit').then(([code]) => code as number)),
  )
  assert.deepEqual(new Set(codes), new Set([0]))
  const migrated = await openStore({ databaseUrl: url })
  try {
    const ran = await sql<{ name: string }>`select name from kysely_migration`.execute(migrated.owner)
    assert.ok(ran.rows.length > 0)
    await sql`insert into kysely_migration (name, timestamp) values ('9999_later', '')`.execute(migrated.owner)
    await assert.rejects(migrate(migrated), { code: 'database_too_new', message: /newer Latchkey \(9999_later\)/ })
  } finally {
    await migrated.close()
  }
})

test('a lock that the migrations wait for is named', async t => {
  const url = await testDatabaseUrl()
  const opened = await openStore({ databaseUrl: url, applicationName: 'latchkey waits' })
  const holder = new pg.Client({ connectionString: url, application_name: 'somebody' })
  await holder.connect()
  t.after(() => Promise.all([holder.end(), opened.close()]))
  await holder.query("select pg_advisory_lock(hashtextextended('latchkey migrate', 0))")
  const told: string[] = []
  const done = migrate(opened, what => told.push(what))
  await until(() => told.length > 0, 'it is told')
  assert.match(told.join(), /^The migrations wait for a lock that process \d+ of PostgreSQL \("somebody"\) holds\.$/)
  await holder.query('select pg_advisory_unlock_all()')
  await done
})

test('an ordinary user who may create roles migrates a database of their own', async () => {
  const url = await emptyDatabaseUrl()
  const name = `latchkey_test_${randomBytes(6).toString('hex')}`
  const database = new URL(url).pathname.slice(1)
  await asMaintainer(url, async client => {
    await client.query(`create role ${name} login createrole`)
    await client.query(printRoles(name))
    await client.query(`alter database ${database} owner to ${name}`)
  })
  const asName = new URL(url)
  asName.username = name
  const opened = await openStore({ databaseUrl: asName.href })
  try {
    await migrate(opened)
    await askForTests(opened)
    const id = randomUUID()
    await inTenant(opened, id, async trx => {
      await trx.insertInto('tenants').values({ tenant_id: id, display_name: id, created_at: new Date() }).execute()
      await enqueue(trx, 'store-test', { tenantId: id, id })
    })
    const ran: string[] = []
    const task = async (payload: { id: string }) => void ran.push(payload.id)
    const { stop } = await startJobs({
      store: opened,
      lanes: [{ tasks: { 'store-test': task }, concurrency: 1 }],
      cron: [],
    })
    await until(() => ran.length > 0, 'the job runs').finally(stop)
  } finally {
    await opened.close()
  }
})

test('roles that would let tenants see each other, or that are missing, are refused', async () => {
  const url = await testDatabaseUrl()
  const name = `latchkey_test_${randomBytes(6).toString('hex')}`
  await asMaintainer(url, client => client.query(`create role ${name} login`))
  const asName = new URL(url)
  asName.username = name
  try {
    await assert.rejects(openStore({ databaseUrl: asName.href }), {
      code: 'roles_missing',
      message: /latchkey migrate --print-roles/,
    })
    await Promise.all(
      Array.from({ length: 10 }, () => asMaintainer(url, c => c.query(printRoles(name)).catch(() => {}))),
    )
    await asMaintainer(url, client => client.query(printRoles(name)))
    const opened = await openStore({ databaseUrl: asName.href })
    await opened.close()
    await prepareRoles(asName.href)
  } finally {
    await asMaintainer(url, client => client.query(`drop owned by ${name}; drop role ${name}`))
  }
  // Our roles belong to the whole server: an unsafe one would spoil the tests beside this one.
  await asMaintainer(url, async client => {
    await client.query('create role latchkey_unsafe bypassrls')
    try {
      await assert.rejects(refuseUnsafeRoles(client, ['latchkey_unsafe']), { code: 'role_unsafe' })
      await refuseUnsafeRoles(client)
    } finally {
      await client.query('drop role latchkey_unsafe')
    }
  })
})

test('a job starts with the commit of its transaction, and never without it', async () => {
  const ran: string[] = []
  const failed: string[] = []
  const begun = Promise.withResolvers<void>()
  const run = async ({ id }: { id: string }) => {
    if (id === 'fails') throw new Error('not today')
    if (id === 'slow') begun.resolve()
    await sleep(id === 'slow' ? 200 : 0)
    ran.push(id)
  }
  const { stop } = await startJobs({
    store,
    lanes: [{ tasks: { 'store-test': run }, concurrency: 2 }],
    cron: [],
    report: (task, error) => failed.push(`${task}: ${(error as Error).message}`),
  })
  const refusal = new Error('no')
  const rolledBack = inTenant(store, a, async trx => {
    await enqueue(trx, 'store-test', { tenantId: a, id: 'rolled back' })
    throw refusal
  })
  await assert.rejects(rolledBack, refusal)
  const later = HOUR
  await inTenant(store, a, async trx => {
    await enqueue(trx, 'store-test', { tenantId: a, id: 'fails' })
    await enqueue(trx, 'store-test', { tenantId: a, id: 'later' }, { after: later, jobKey: 'one' })
    await enqueue(trx, 'store-test', { tenantId: a, id: 'later still' }, { after: later, jobKey: 'one' })
    await enqueue(trx, 'store-test', { tenantId: a, id: 'committed' })
  })
  await until(() => ran.includes('committed') && failed.length > 0, 'the committed job runs')
  await inTenant(store, a, trx => enqueue(trx, 'store-test', { tenantId: a, id: 'slow' }))
  await begun.promise
  await stop()
  assert.deepEqual(ran, ['committed', 'slow'], 'stop waits for the job that runs')
  assert.deepEqual(failed, ['store-test: not today'])
  const waiting = await sql<{ key: string | null; locked: boolean }>`
    select key, locked_by is not null as locked from latchkey_jobs.jobs order by run_at`.execute(store.owner)
  assert.deepEqual(waiting.rows, [
    { key: null, locked: false },
    { key: `${a} one`, locked: false },
  ])
  await sql`delete from latchkey_jobs._private_jobs`.execute(store.owner)
})

test('of codes that wait the newest is the next, also within a second', async () => {
  const ids = ['first', 'second', 'third', 'fourth']
  for (const challengeId of ids) {
    await inTenant(store, a, trx => enqueue(trx, 'deliver-code', { tenantId: a, challengeId }))
  }
  const next = sql<{ challengeId: string; isDue: boolean }>`
    select payload->>'challengeId' as "challengeId", run_at <= now() as "isDue"
      from latchkey_jobs._private_jobs order by priority, run_at, id`
  const { rows } = await next.execute(store.owner)
  assert.deepEqual(
    rows,
    ids.reverse().map(challengeId => ({ challengeId, isDue: true })),
  )
  await sql`delete from latchkey_jobs._private_jobs`.execute(store.owner)
})

test('a lane runs the newest of the codes that wait first, also of those that it looked for at once', async () => {
  const add = (n: number) =>
    sql`select latchkey_jobs.add_job('store-test'::text, ${JSON.stringify({ n })}::json, priority := ${-n})`
  for (const n of [1, 2, 3, 4]) await add(n).execute(store.owner)
  const ran: number[] = []
  const tasks = { 'store-test': async (payload: unknown) => void ran.push((payload as { n: number }).n) }
  const { stop } = await startJobs({ store, lanes: [{ tasks, concurrency: 2 }], cron: [] })
  await until(() => ran.length === 4, 'all of them run').finally(stop)
  assert.deepEqual(ran, [4, 3, 2, 1])
})

test('a lane looks for a job at the news of its own alone, and of one that nobody named', async () => {
  const ran: unknown[] = []
  const elsewhere = await openStore({ databaseUrl: store.pool.options.connectionString! })
  const lanes = [
    await startJobs({
      store,
      lanes: [{ tasks: { 'store-test': async payload => void ran.push(payload) }, concurrency: 1 }],
      cron: [],
    }),
    await startJobs({
      store: elsewhere,
      lanes: [{ tasks: { 'another-test': async () => {} }, concurrency: 1 }],
      cron: [],
    }),
  ]
  try {
    const listening = sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity where query like '%listen "latchkey:named"' and datname = current_database()`
    await until(async () => (await listening.execute(store.owner)).rows[0]!.n === 2, 'both lanes listen')
    await sleep(50)
    let looked = 0
    const since = performance.now()
    elsewhere.pool.on('acquire', () => looked++)
    const jobs = Array.from({ length: 8 }, (_, n) => ({ tenantId: a, id: `named ${n}` }))
    for (let n = 0; n < jobs.length; n += 2) {
      await inTenant(store, a, async trx => {
        for (const job of jobs.slice(n, n + 2)) await enqueue(trx, 'store-test', job)
      })
      await until(() => ran.length === n + 2, 'its own lane runs both')
    }
    // It also looks every three seconds.
    const may = 1 + Math.ceil((performance.now() - since) / 3_000)
    assert.ok(looked <= may, `the other lane looked ${looked} times, not ${may}`)
    looked = 0
    for (const { id } of jobs)
      await sql`select latchkey_jobs.add_job('store-test'::text, ${JSON.stringify({ id })}::json)`.execute(store.owner)
    await until(() => looked > 2, 'the other lane looks')
    await until(() => ran.length === 2 * jobs.length, 'its own lane runs all of them')
  } finally {
    await Promise.all(lanes.map(lane => lane.stop()))
    await elsewhere.close()
  }
})

test('of codes that wait the newest leaves first, by the second of its issue, and other jobs in their order', async () => {
  const { rows } = await store.owner.transaction().execute(async trx => {
    await sql.raw(`set local latchkey.tenant = '${a}'`).execute(trx)
    for (const task of ['deliver-code', 'store-test'])
      await sql`select latchkey.enqueue(${task}, ${JSON.stringify({ tenantId: a })}::json, ${task}, now() + interval '1 hour')`.execute(
        trx,
      )
    return sql`
      with made as (delete from latchkey_jobs._private_jobs where key like ${`${a} %`} returning key, priority)
      select priority, -(extract(epoch from now())::bigint % 32768)::integer as second from made order by key`.execute(
      trx,
    )
  })
  const [code, other] = rows as { priority: number; second: number }[]
  assert.equal(code?.priority, code?.second)
  assert.equal(other?.priority, 0)
})

test('a tenant asks for its own jobs alone, and only for those that tenants ask for', async () => {
  const ask = (role: string, ...given: (string | null)[]) =>
    store.owner.transaction().execute(async trx => {
      await sql.raw(`set local role ${role}; set local latchkey.tenant = '${a}'`).execute(trx)
      await sql`select latchkey.enqueue(${sql.join(given)}, null)`.execute(trx)
    })
  const own = JSON.stringify({ tenantId: a })
  for (const [role, ...given] of [
    ['latchkey_tenant', 'remove-expired', own, null],
    ['latchkey_tenant', 'anything', own, null],
    ['latchkey_tenant', 'store-test', JSON.stringify({ tenantId: b }), null],
    ['latchkey_tenant', 'store-test', '{}', null],
    ['latchkey_tenant', 'store-test', '[]', null],
    ['latchkey_system', 'store-test', own, null],
  ] as const)
    await assert.rejects(ask(role, ...given), { code: '42501' }, given.join(' '))
  // Nor does a key lead to another tenant's job that waits under it.
  const later = { after: HOUR, jobKey: 'shared' }
  for (const id of [a, b])
    await inTenant(store, id, trx => enqueue(trx, 'store-test', { tenantId: id, id: 'shared' }, later))
  const { rows } = await sql`delete from latchkey_jobs._private_jobs returning key`.execute(store.owner)
  assert.equal(rows.length, 2)
})

test('the job of a killed process runs again', async () => {
  const child = program('jobs', new URL(store.pool.options.connectionString!).href)
  const running = once(child.stdout!, 'data')
  await inTenant(store, a, trx => enqueue(trx, 'store-test', { tenantId: a, id: 'interrupted' }))
  await running
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  const locked =
    await sql`update latchkey_jobs._private_jobs set locked_at = locked_at - interval '1 minute' where locked_by is not null`.execute(
      store.owner,
    )
  assert.equal(locked.numAffectedRows, 1n)
  // The server may notice the death of a client late, and until then its jobs are taken for a living process's.
  const left = sql`
    select from pg_stat_activity join latchkey_jobs._private_jobs on locked_by = application_name`
  await until(async () => (await left.execute(store.owner)).rows.length === 0, 'the connections of the process end')
  const ran: string[] = []
  const task = async (payload: { id: string }) => void ran.push(payload.id)
  const { stop } = await startJobs({ store, lanes: [{ tasks: { 'store-test': task }, concurrency: 1 }], cron: [] })
  await until(() => ran.length > 0, 'the job of the killed process runs').finally(stop)
  assert.deepEqual(ran, ['interrupted'])
})

test('the URL keeps its own options, and an unreachable server is an error', async () => {
  const url = new URL(await testDatabaseUrl())
  url.searchParams.set('options', '-c statement_timeout=4321')
  const opened = await openStore({ databaseUrl: url.href })
  try {
    const { rows } =
      await sql`select current_setting('statement_timeout') as timeout, current_setting('search_path') as path`.execute(
        opened.owner,
      )
    assert.deepEqual(rows, [{ timeout: '4321ms', path: 'latchkey,pg_temp' }])
  } finally {
    await opened.close()
  }
  await assert.rejects(openStore({ databaseUrl: 'postgres://nobody@localhost/none?host=/nowhere' }), { code: 'ENOENT' })
})
