import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Migrator } from 'kysely/migration'
import { emptyDatabaseUrl } from '../testing/database.ts'
import { findPendingMigrations, migrate, openSnapshot, openStore, placeSnapshot, type Store } from './index.ts'
import { migrateQueue } from './migrate.ts'
import { migrations } from './migrations/index.ts'

// Snapshots between versions.

const names = Object.keys(migrations).sort()
const TENANT = '01900000-0000-7000-8000-00000000000a'

async function open(): Promise<Store> {
  const store = await openStore({ databaseUrl: await emptyDatabaseUrl(), applicationName: 'latchkey test' })
  after(() => store.close())
  return store
}

/** A database of an earlier version, with a tenant. */
async function earlier(): Promise<Store> {
  const store = await open()
  await migrateQueue(store)
  const { error } = await new Migrator({
    db: store.owner,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: 'latchkey',
  }).migrateTo(names.at(-3)!)
  assert.equal(error, undefined)
  await store.pool.query('insert into tenants (tenant_id, display_name, created_at) values ($1, $2, now())', [
    TENANT,
    'tab\t, line\nand \\ of Café ☕',
  ])
  await store.pool.query("select audit_partition('2031-05-01')")
  await store.pool.query("select latchkey_jobs.add_job('remove-expired', run_at => now() + interval '1 year')")
  return store
}

const everything = async ({ pool }: Store) => {
  const { rows } = await pool.query(
    `select (select display_name from tenants where tenant_id = $1) as name,
      (select count(*)::int from latchkey_jobs.jobs) as jobs, to_regclass('audit_events_2031_05') is not null as month`,
    [TENANT],
  )
  return rows[0]
}

const old = await earlier()

test('the list of migrations has the order in which they run', () => {
  // A number below one that ran somewhere refuses the start there: out of its place it is not seen.
  assert.deepEqual(Object.keys(migrations), names)
})

test('a snapshot of an earlier version is placed whole and brought to this one; migrations wait for it', async t => {
  const snapshot = await openSnapshot(old)
  t.after(() => snapshot.close())
  const target = await open()
  async function* tables() {
    for (const table of snapshot.contents.tables) yield { table, rows: snapshot.read(table) }
  }
  await placeSnapshot(target, snapshot.contents, tables())
  assert.deepEqual(await findPendingMigrations(target), [])
  assert.deepEqual(await everything(target), {
    name: 'tab\t, line\nand \\ of Café ☕',
    jobs: 1,
    month: true,
  })
  // Ids of jobs go on behind the restored ones.
  await target.pool.query("select latchkey_jobs.add_job('remove-expired')")
  await snapshot.check()

  const told: string[] = []
  const migrating = migrate(old, what => told.push(what))
  const waiting = `select from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`
  const end = performance.now() + 60_000
  while ((await old.pool.query(waiting)).rowCount === 0) assert.ok(performance.now() < end, 'it waits')
  assert.deepEqual(await findPendingMigrations(old), names.slice(-2))
  await snapshot.close()
  await migrating
  assert.deepEqual(await findPendingMigrations(old), [])
})

test('a snapshot that another version changed meanwhile is none, and one of a newer version is refused', async t => {
  const snapshot = await openSnapshot(old)
  t.after(() => snapshot.close())
  const { contents } = snapshot
  const rename = (from: string, to: string) =>
    old.pool.query('update kysely_migration set name = $2 where name = $1', [from, to])
  const last = names.at(-1)!
  await rename(last, '9999_later')
  await assert.rejects(snapshot.check(), { code: 'database_changed' })
  await rename('9999_later', last)
  await snapshot.check()
  await snapshot.close()

  const target = await open()
  async function* none() {}
  for (const newer of [{ migrations: [...contents.migrations, '9999_later'] }, { queue: contents.queue + 1 }])
    await assert.rejects(placeSnapshot(target, { ...contents, ...newer }, none()), { code: 'database_too_new' })
  const { rows } = await target.pool.query("select to_regclass('latchkey.tenants') as found")
  assert.equal(rows[0].found, null)
})
