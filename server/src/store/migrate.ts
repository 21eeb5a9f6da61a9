import { Logger, runMigrations } from 'graphile-worker'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { StoreError } from './errors.ts'
import { migrations } from './migrations/index.ts'
import type { Store } from './open.ts'

const migrationLock = 'latchkey migrate'
const schema = 'latchkey'

/**
 * Brings the database to this program's tables: the job queue's first, because ours refer to it, then ours in one
 * transaction. However many processes start at once, one does it and the others wait for it.
 * @throws StoreError `database_too_new` when a newer program has already changed the tables; the error of the statement
 * that failed otherwise, with nothing of that run's own migrations left behind.
 */
export async function migrate(store: Store): Promise<void> {
  const holder = await store.pool.connect()
  try {
    await holder.query('select pg_advisory_lock(hashtextextended($1, 0))', [migrationLock])
    await refuseNewerDatabase(store)
    await runMigrations({ pgPool: store.pool, schema: 'latchkey_jobs', logger: new Logger(() => () => {}) })
    const { error } = await new Migrator({
      db: store.owner,
      provider: { getMigrations: async () => migrations },
      migrationTableSchema: schema,
    }).migrateToLatest()
    if (error !== undefined) throw error
  } finally {
    holder.release(true) // the lock ends with its connection, whatever state that is in
  }
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
