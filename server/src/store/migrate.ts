import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import type pg from 'pg'
import { StoreError } from './errors.ts'
import { askedJobs } from './jobs.ts'
import { migrations } from './migrations/index.ts'
import type { Store } from './open.ts'
import { tenantRole } from './roles.ts'

const migrationLock = 'latchkey migrate'
const schema = 'latchkey'

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
    const { Logger, runMigrations } = await import('graphile-worker')
    await runMigrations({ pgPool: store.pool, schema: 'latchkey_jobs', logger: new Logger(() => () => {}) })
    const { error } = await new Migrator({
      db: store.owner,
      provider: { getMigrations: async () => migrations },
      migrationTableSchema: schema,
    }).migrateToLatest()
    if (error !== undefined) throw error
    await holder.query('insert into latchkey.asked_jobs select unnest($1::text[]) on conflict do nothing', [askedJobs])
    await seal(holder)
  } finally {
    clearInterval(waits)
    holder.release(true) // the lock ends with its connection
  }
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
