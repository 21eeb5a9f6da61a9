import { AsyncLocalStorage } from 'node:async_hooks'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { StoreError } from './errors.ts'
import { ensureRoles, refuseUnsafeRoles } from './roles.ts'
import type { Tables } from './tables.ts'

/** The open database. Rooms pass it to `inTenant` and `inSystem` and use nothing of it. */
export interface Store {
  /** Knows whether a transaction is open where code runs; see `inTenant`. */
  readonly transacting: AsyncLocalStorage<true>
  /** Connections of the URL's own role. */
  readonly pool: pg.Pool
  /** The URL's own role, which owns the tables: for migrations, jobs and operators' commands, never for a request. */
  readonly owner: Kysely<Tables>
  /** Ends once every connection is returned. */
  close(): Promise<void>
}

/** What rooms call the store that they are handed. */
export type Db = Store

export interface StoreSettings {
  databaseUrl: string
  /** Shown in pg_stat_activity. */
  applicationName?: string
  /** Connections at most. */
  max?: number
}

const oldestVersion = 15
const newestVersion = 18
const namedStatements = 500

/**
 * Opens a database and makes sure that it can keep tenants apart: a PostgreSQL that we know, with both roles, neither
 * of which escapes row-level security. It makes no tables: see `migrate`.
 * @throws StoreError `server_version`, `roles_missing` or `role_unsafe`; and what pg throws when it cannot connect.
 */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const pool = new pg.Pool({
    ...schemaFirst(settings.databaseUrl),
    application_name: settings.applicationName ?? 'latchkey',
    max: settings.max ?? 14, // four of them listen for jobs, one for each lane
    connectionTimeoutMillis: 10_000, // also bounds the wait for a free connection: overload fails instead of hanging
    Client: namingClient(),
  })
  // A connection that breaks also fails the query on it, which is where the error is told; without these listeners
  // a restart of PostgreSQL would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  const owner = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    const client = await pool.connect()
    try {
      await refuseOtherVersions(client)
      await ensureRoles(client)
      await refuseUnsafeRoles(client)
    } finally {
      client.release()
    }
  } catch (error) {
    await pool.end()
    throw error
  }
  return { transacting: new AsyncLocalStorage<true>(), pool, owner, close: () => pool.end() }
}

/** Connection settings whose plain table names mean ours, whatever else the URL's `options` say. */
export function schemaFirst(databaseUrl: string): { connectionString: string; options: string } {
  const ours = '-c search_path=latchkey,pg_temp' // pg_temp last: no temporary table can stand in for one of ours
  if (!/[?&]options=/.test(databaseUrl)) return { connectionString: databaseUrl, options: ours }
  const url = new URL(databaseUrl)
  const options = `${url.searchParams.get('options') ?? ''} ${ours}`
  url.searchParams.delete('options')
  return { connectionString: url.href, options }
}

async function refuseOtherVersions(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  )
  const major = Math.floor(rows[0]!.version / 10_000)
  if (major >= oldestVersion && major <= newestVersion) return
  throw new StoreError(
    'server_version',
    `The database server is PostgreSQL ${major}; Latchkey works with ${oldestVersion} to ${newestVersion}.`,
  )
}

/**
 * A client that prepares each text once per connection, which saves parsing and planning on every later use.
 * Names come from a map of this store, bounded because a filter that a caller composes can make endless texts.
 */
function namingClient(): typeof pg.Client {
  const names = new Map<string, string>()
  const nameOf = (text: string) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= namedStatements) return known
    const name = `latchkey${names.size}`
    names.set(text, name)
    return name
  }
  return class extends pg.Client {
    // pg's overloads cannot be spelled as one implementation; the arguments are passed on as they came.
    override query(...args: unknown[]): never {
      const [text, values, callback] = args
      const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined
      const passed = name === undefined ? args : [{ name, text, values }, callback]
      return Reflect.apply(super.query, this, passed) as never
    }
  }
}
