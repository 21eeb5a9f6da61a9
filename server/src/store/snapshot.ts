import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Kysely, PostgresDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { StoreError } from './errors.ts'
import { migrate, migrateQueue, migrationLock, schema, snapshotLock } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { type Store, schemaFirst } from './open.ts'

/** A table, with the columns that are not computed from others. `rows`: some number of them, for progress. */
export interface SnapshotTable {
  name: string
  columns: string[]
  rows: number
}

/** What is needed to make the same tables again. */
export interface SnapshotContents {
  migrations: string[]
  queue: number
  /** The first days of the months for which the audit log has a partition. */
  months: string[]
  tables: SnapshotTable[]
  /** The fingerprint of the keys that sealed its values; undefined before the first start. */
  keys: string | undefined
}

/** The whole database at one moment. */
export interface Snapshot {
  contents: SnapshotContents
  /** The rows of a table, in PostgreSQL's text format. One table at a time. */
  read(table: SnapshotTable): Readable
  /** Throws `StoreError` where another version changed the tables meanwhile: a table may then have seemed empty. */
  check(): Promise<void>
  close(): Promise<void>
}

/** Made by the migrations, or of no use elsewhere. */
const made = ['kysely_migration', 'kysely_migration_lock', 'asked_jobs', 'spent_captchas', 'flood_points']

const queueTables = ['_private_tasks', '_private_job_queues', '_private_jobs']

/** Opens one moment of the database, beside a server that goes on. Migrations wait until it is closed. */
export async function openSnapshot(store: Store): Promise<Snapshot> {
  const client = await connect(store, 'latchkey backup')
  try {
    await client.query('select pg_advisory_lock_shared(hashtextextended($1, 0))', [snapshotLock])
    await client.query("begin isolation level repeatable read read only; set local latchkey.backup = 'on'")
    const contents = await readContents(client)
    const { migrations: ran, queue } = contents
    return {
      contents,
      read: ({ name, columns }) =>
        client.query(copyTo(`copy (select ${columns.map(quoted).join(', ')} from ${name}) to stdout`)),
      async check() {
        const now = await store.pool.query<{ ran: string[]; queue: number }>(versions)
        if (now.rows[0]!.ran.join() === ran.join() && now.rows[0]!.queue === queue) return
        throw new StoreError(
          'database_changed',
          'Another version of Latchkey changed the tables meanwhile: take the backup again.',
        )
      },
      close: () => client.end(),
    }
  } catch (error) {
    await client.end()
    throw error
  }
}

const versions = `select array(select name::text from ${schema}.kysely_migration order by name) as ran,
  (select max(id) from latchkey_jobs.migrations) as queue`

async function readContents(client: pg.Client): Promise<SnapshotContents> {
  const { rows: tables } = await client.query<SnapshotTable>(
    `select c.oid::regclass::text as name, greatest(c.reltuples, 0)::integer as rows,
       array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
         and attgenerated = '' order by attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition
       and (n.nspname = $1 and c.relname <> all($2) or n.nspname = 'latchkey_jobs' and c.relname = any($3))
     -- Tasks stand before the jobs of theirs. The audit log comes last: the month that is dropped waits for its readers.
     order by c.relname = 'audit_events', n.nspname desc, array_position($3, c.relname::text), c.relname`,
    [schema, made, queueTables],
  )
  const { rows: months } = await client.query<{ month: string }>(
    `select to_char(to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM'), 'YYYY-MM-DD') as month from pg_inherits
     where inhparent = 'audit_events'::regclass and inhrelid::regclass::text ~ '_\\d{4}_\\d\\d$' order by 1`,
  )
  const { rows: keys } = await client.query<{ value: string }>("select value from facts where name = 'keys'")
  const { rows } = await client.query<{ ran: string[]; queue: number }>(versions)
  return {
    migrations: rows[0]!.ran,
    queue: rows[0]!.queue,
    months: months.map(({ month }) => month),
    tables,
    keys: keys[0]?.value,
  }
}

/**
 * Fills an empty database with a snapshot and brings it to this version, in one transaction: all of it or nothing.
 * `tables` gives each table with its rows, in the snapshot's order. Everything that was granted to people ends, because
 * what ended after the snapshot would work again; so do what companies let partners do for them, where it can sleep.
 * @throws StoreError `database_not_empty`, or `database_too_new` for a snapshot of a newer program.
 */
export async function placeSnapshot(
  store: Store,
  contents: SnapshotContents,
  tables: AsyncIterable<{ table: SnapshotTable; rows: AsyncIterable<Buffer> }>,
): Promise<void> {
  const client = await connect(store, 'latchkey restore')
  try {
    // A server that is started meanwhile waits.
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [migrationLock])
    await refuseUnfit(client, contents.migrations)
    await migrateQueue(store)
    const { rows } = await client.query<{ queue: number }>('select max(id) as queue from latchkey_jobs.migrations')
    if (contents.queue > rows[0]!.queue) throw tooNew(`queue ${contents.queue}`)
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: poolOf(client) }) })
    await db.transaction().execute(async trx => {
      const known = Object.entries(migrations).filter(([name]) => contents.migrations.includes(name))
      await migrateTo(trx, Object.fromEntries(known))
      const unbind = await unbound(client, contents)
      for await (const { table, rows } of tables) await fill(client, table, rows)
      await client.query('update accounts set security_epoch = security_epoch + 1')
      await client.query(PUT_TO_SLEEP)
      await client.query('update latchkey_jobs._private_jobs set locked_at = null, locked_by = null')
      await client.query('update latchkey_jobs._private_job_queues set locked_at = null, locked_by = null')
      await unbind()
      await migrateTo(trx, migrations)
    })
    await client.query('analyze')
  } finally {
    await client.end()
  }
  await migrate(store)
}

/**
 * A delegation that its company has ended since gives nothing until that company wakes it. Snapshots of earlier versions
 * have none of these tables or columns, and triggers are off.
 */
const PUT_TO_SLEEP = `do $$ begin
  if to_regclass('daps') is not null then
    update daps set awake_at = now() - interval '61 days', last_used_at = null where ended_at is null;
  end if;
  if exists (select from pg_attribute where attrelid = to_regclass('served_companies') and attname = 'dap_awake_until') then
    update served_companies set dap_awake_until = least(dap_awake_until, now());
  end if;
end $$`

async function migrateTo(trx: Kysely<unknown>, wanted: typeof migrations): Promise<void> {
  const { error } = await new Migrator({
    db: trx,
    provider: { getMigrations: async () => wanted },
    migrationTableSchema: schema,
    allowUnorderedMigrations: true, // of two branches one may have been in the snapshot's program alone
  }).migrateToLatest()
  if (error !== undefined) throw error
}

async function refuseUnfit(client: pg.Client, ran: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ tables: number }>(
    'select count(*)::integer as tables from pg_class where relnamespace = to_regnamespace($1)',
    [schema],
  )
  if (rows[0]!.tables > 0)
    throw new StoreError(
      'database_not_empty',
      'The database has tables of Latchkey already, and nothing was changed: restore into an empty one, by another LATCHKEY_DATA or DATABASE_URL.',
    )
  const unknown = ran.filter(name => !Object.hasOwn(migrations, name))
  if (unknown.length > 0) throw tooNew(unknown.join(', '))
}

const tooNew = (what: string) =>
  new StoreError(
    'database_too_new',
    `A newer Latchkey took the backup (${what}): restore it by that version or a later one.`,
  )

/** Takes off what would refuse or answer rows that come table by table. Returns what puts it back, and so judges all rows. */
async function unbound(client: pg.Client, { months, tables }: SnapshotContents): Promise<() => Promise<void>> {
  for (const month of months) await client.query('select audit_partition($1)', [month])
  const texts = async (text: string) => {
    const { rows } = await client.query<{ off: string; on: string }>(text, [schema])
    return rows
  }
  const changes = [
    ...(await texts(
      `select format('alter table %s no force row level security', oid::regclass) as off,
         format('alter table %s force row level security', oid::regclass) as on
       from pg_class where relnamespace = to_regnamespace($1) and relforcerowsecurity`,
    )),
    ...(await texts(
      `select distinct format('alter table %s disable trigger user', tgrelid::regclass) as off,
         format('alter table %s enable trigger user', tgrelid::regclass) as on
       from pg_trigger join pg_class c on c.oid = tgrelid where relnamespace = to_regnamespace($1) and not tgisinternal`,
    )),
    ...(await texts(
      `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as off,
         format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as on
       from pg_constraint where connamespace = to_regnamespace($1) and contype = 'f' and conparentid = 0`,
    )),
  ]
  for (const { off } of changes) await client.query(off)
  // The migrations have made some rows.
  await client.query(`truncate ${tables.map(({ name }) => named(name)).join(', ')}`)
  return async () => {
    for (const { on } of changes.reverse()) await client.query(on)
  }
}

/** Writes the rows of a table, and sets its counter of ids behind them. */
async function fill(client: pg.Client, { name, columns }: SnapshotTable, rows: AsyncIterable<Buffer>): Promise<void> {
  const table = named(name)
  await pipeline(rows, client.query(copyFrom(`copy ${table} (${columns.map(quoted).join(', ')}) from stdin`)))
  const { rows: counted } = await client.query<{ column: string }>(
    "select attname as column from pg_attribute where attrelid = $1::regclass and attidentity <> '' and not attisdropped",
    [table],
  )
  for (const { column } of counted)
    await client.query(
      `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${quoted(column)}), 0) + 1, false) from ${table}`,
      [table, column],
    )
}

const quoted = (name: string) => pg.escapeIdentifier(name)
const named = (name: string) => name.split('.').map(quoted).join('.')

async function connect(store: Store, name: string): Promise<pg.Client> {
  // A client of its own: rows are copied past the pool's way of sending statements together.
  const client = new pg.Client({ ...schemaFirst(store.pool.options.connectionString!), application_name: name })
  client.on('error', () => {}) // the statement that is under way tells it
  await client.connect()
  return client
}

/** A pool of one connection, for composed statements in its transaction. */
const poolOf = (client: pg.Client) => ({
  options: {},
  connect: async () => ({ query: client.query.bind(client), release() {} }) as unknown as pg.PoolClient,
  end: async () => {},
})
