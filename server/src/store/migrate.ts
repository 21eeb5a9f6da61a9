import { Migrator } from 'kysely/migration'
import type pg from 'pg'
import { StoreError } from './errors.ts'
import { askedJobs } from './jobs.ts'
import { migrations } from './migrations/index.ts'
import type { Store } from './open.ts'
import { tenantRole } from './roles.ts'
import { sql } from './sql.ts'

export const migrationLock = 'latchkey migrate'
export const schema = 'latchkey'

/** Shared by those who read all tables for a backup; whoever changes tables takes it alone. */
export const snapshotLock = 'latchkey backup'

/**
 * Brings the database to this program's tables: first the job queue's, to which ours refer, then ours in one transaction.
 * Of processes that start at once, one migrates and the others wait, which `report` hears.
 * @throws StoreError `database_too_new` after a newer program; otherwise the failed statement's error.
 */
export async function migrate(store: Store, report: (what: string) => void = () => {}): Promise<void> {
  const holder = await store.pool.connect()
  const told = new Set<number>()
  const waits = setInterval(() => {
    tellWaits(store, report, told).catch(() => {}) // the next look may succeed, and the migrations tell what fails
  }, 2_000)
  try {
    await holder.query('select pg_advisory_lock(hashtextextended($1, 0))', [migrationLock])
    await refuseNewerDatabase(store)
    const behind = (await findPendingMigrations(store))?.length !== 0
    // A table that is rewritten would seem empty to a backup that reads an earlier moment.
    if (behind) await holder.query('select pg_advisory_lock(hashtextextended($1, 0))', [snapshotLock])
    await migrateQueue(store)
    // The library reads the whole catalogue twice before it finds nothing to do.
    if (behind) await migrateTables(store, report)
    await holder.query('insert into latchkey.asked_jobs select unnest($1::text[]) on conflict do nothing', [askedJobs])
    await seal(holder)
    await letBackUp(holder)
  } finally {
    clearInterval(waits)
    holder.release(true) // the lock ends with its connection
  }
}

/** Tries before a start gives up. Each has changed nothing, and waited for the locks of requests alone. */
const TRIES = 10

/**
 * Runs the migrations in one transaction, once more where it and a request of a version that still serves wait for each
 * other: it takes the locks of many tables, in the order of the changes, and a request in its own.
 */
async function migrateTables(store: Store, report: (what: string) => void): Promise<void> {
  const migrator = new Migrator({
    db: store.owner,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: schema,
  })
  for (let tries = 1; ; tries++) {
    const { error } = await migrator.migrateToLatest()
    if (error === undefined) return
    if ((error as { code?: unknown }).code !== '40P01' || tries === TRIES) throw error
    report('The migrations and requests of another version waited for each other. They begin anew.')
  }
}

/** Brings the job queue to its tables of this version. */
export async function migrateQueue(store: Store): Promise<void> {
  const { Logger, runMigrations } = await import('graphile-worker')
  await runMigrations({ pgPool: store.pool, schema: 'latchkey_jobs', logger: new Logger(() => () => {}) })
}

/** Names the holders of locks that programs of our name wait for, each once. */
async function tellWaits(store: Store, report: (what: string) => void, told: Set<number>): Promise<void> {
  const { rows } = await store.pool.query<{ pid: number; name: string }>(
    `select distinct holder.pid, holder.application_name as name
     from pg_stat_activity waiting, unnest(pg_blocking_pids(waiting.pid)) as blocking(pid)
       join pg_stat_activity holder on holder.pid = blocking.pid
     where waiting.datname = current_database() and waiting.application_name = current_setting('application_name')`,
  )
  for (const { pid, name } of rows.filter(row => !told.has(row.pid))) {
    told.add(pid)
    report(`The migrations wait for a lock that process ${pid} of PostgreSQL ("${name}") holds.`)
  }
}

/** Takes the owner's rights from `public` at each start: neither a copy nor a restored database keeps that. */
async function seal(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ text: string }>(
    `select format('revoke temporary on database %I from public', current_database()) as text
     where has_database_privilege($1, current_database(), 'temporary')
     union all
     select format('revoke create on schema %I from public', nspname) from pg_namespace
     where nspname !~ '^pg_' and has_schema_privilege($1, oid, 'create')`,
    [tenantRole],
  )
  for (const { text } of rows)
    await client.query(text).catch(error => {
      if (error.code !== '42501') throw error // the database is somebody else's, who may share it
    })
}

/**
 * Lets the owner read whole tables where it says that it takes a backup: row-level security binds it too, unless it is a
 * superuser. Nobody else gains anything by saying so.
 */
async function letBackUp(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ text: string }>(
    `select format('drop policy if exists backup on %1$s; create policy backup on %1$s for select to current_user
       using (current_setting(''latchkey.backup'', true) = ''on'')', c.oid::regclass) as text
     from pg_class c where relnamespace = to_regnamespace($1) and relforcerowsecurity and not exists (
       select from pg_policy where polrelid = c.oid and polname = 'backup' and polroles = array[current_user::regrole::oid])`,
    [schema],
  )
  for (const { text } of rows) await client.query(text)
}

/** The names of the migrations that a database lacks; undefined where a newer program has changed it. */
export async function findPendingMigrations(store: Store): Promise<string[] | undefined> {
  const ran = await findRanMigrations(store)
  if (ran.some(name => !Object.hasOwn(migrations, name))) return undefined
  return Object.keys(migrations).filter(name => !ran.includes(name))
}

async function findRanMigrations(store: Store): Promise<string[]> {
  const { rows } = await sql<{
    there: boolean
  }>`select to_regclass(${`${schema}.kysely_migration`}) is not null as there`.execute(store.owner)
  if (!rows[0]?.there) return []
  const ran = await sql<{ name: string }>`select name from ${sql.id(schema, 'kysely_migration')} order by name`.execute(
    store.owner,
  )
  return ran.rows.map(({ name }) => name)
}

async function refuseNewerDatabase(store: Store): Promise<void> {
  const unknown = (await findRanMigrations(store)).filter(name => !Object.hasOwn(migrations, name))
  if (unknown.length === 0) return
  throw new StoreError(
    'database_too_new',
    `The database was changed by a newer Latchkey (${unknown.join(', ')}): start that version or a later one.`,
  )
}
