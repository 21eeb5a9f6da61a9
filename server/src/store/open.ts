import { AsyncLocalStorage } from 'node:async_hooks'
import { availableParallelism } from 'node:os'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { MINUTE } from '../clock.ts'
import { StoreError } from './errors.ts'
import { Flight, forget, type Wire } from './flights.ts'
import { connectAs, type Login, type Manner, refuseUnsafeLogin, roleOf } from './login.ts'
import { ensureRoles, refuseUnsafeRoles } from './roles.ts'
import type { Tables } from './tables.ts'

/** The open database. Rooms pass it to `inTenant` and `inSystem` and use nothing of it. */
export interface Store {
  /** Knows whether a transaction is open where code runs; see `inTenant`. */
  readonly transacting: AsyncLocalStorage<true>
  /** Connections of transactions: the owner's, as commands use them, until `logIn`. */
  requests: pg.Pool
  /** Connections of the role that owns the tables: for migrations, the queue and operators' commands. */
  readonly pool: pg.Pool
  /** The same connections for composed statements. */
  readonly owner: Kysely<Tables>
  /** Ends once every connection is returned. */
  close(): Promise<void>
}

/** The rooms' name of the store that they are handed. */
export type Db = Store

export interface StoreSettings {
  /** The owner's. */
  databaseUrl: string
  /** Shown in pg_stat_activity. */
  applicationName?: string
  /** The most connections. */
  max?: number
}

const oldestVersion = 15
const newestVersion = 18
const namedStatements = 500

/**
 * Opens a database and checks that it keeps tenants apart: a known PostgreSQL, whose two roles do not escape row-level
 * security. It makes no tables: see `migrate`.
 * @throws StoreError `server_version`, `roles_missing` or `role_unsafe`; and what pg throws when it cannot connect.
 */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const pool = openPool({
    ...schemaFirst(settings.databaseUrl),
    application_name: settings.applicationName ?? 'latchkey',
    max: settings.max ?? 15, // one of them hears of jobs, for all lanes
  })
  const owner = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  try {
    const client = await pool.connect().catch(error => {
      // PgBouncer: "unsupported startup parameter: options".
      throw error.code === '08P01' ? throughPooler(error) : error
    })
    try {
      await refuseOtherVersions(client)
      await refusePooler(client)
      await ensureRoles(client)
      await refuseUnsafeRoles(client)
    } finally {
      client.release()
    }
  } catch (error) {
    await pool.end()
    throw error
  }
  const store: Store = {
    transacting: new AsyncLocalStorage<true>(),
    requests: pool,
    pool,
    owner,
    async close() {
      await Promise.all([...new Set([pool, store.requests])].map(one => one.end()))
    },
  }
  return store
}

/**
 * From now on transactions log in as a role that owns nothing, so that a smuggled statement cannot become the owner.
 * Makes the role and may set its password, so the database must be ours. `answerWithin`: milliseconds.
 * @throws StoreError `roles_missing`, `login_refused` or `role_unsafe`.
 */
export async function logIn(store: Store, login: Login, answerWithin = MINUTE): Promise<void> {
  const { application_name } = store.pool.options
  const manner: Manner = { password: 0, naming: true }
  const settings = {
    connectionString: login.url,
    application_name,
    max: Math.max(4, 2 * availableParallelism()),
    // Otherwise a silent database, as of a lost machine, would keep every connection for a quarter of an hour.
    query_timeout: answerWithin,
  }
  const requests = openPool(settings, login.passwords, manner)
  const owner = await store.pool.connect()
  try {
    await ensureRoles(owner, roleOf(login))
    const { rows } = await owner.query<{ name: string }>('select current_user as name')
    const client = await connectAs(requests, owner, login, manner)
    try {
      await refuseUnsafeLogin(client, rows[0]!.name)
      await refuseUnsafeRoles(client)
      // Statements are prepared by name on one server connection, and a pooler may use another the next time.
      if (await isPooled(client)) manner.naming = false
    } finally {
      client.release(!manner.naming)
    }
    store.requests = requests
  } catch (error) {
    await requests.end()
    throw error
  } finally {
    owner.release()
  }
}

function openPool(
  settings: pg.PoolConfig,
  passwords: readonly string[] = [],
  manner: Manner = { password: 0, naming: true },
): pg.Pool {
  const pool = new pg.Pool({
    ...settings,
    keepAlive: true,
    pipeline: true, // statements that are asked at once travel at once, and are answered in order
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000, // also bounds the wait for a free connection: overload fails instead of hanging
    Client: ourClient(passwords, manner),
  })
  // A broken connection also fails its query, which reports the error. Without these listeners a restart of PostgreSQL
  // would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

/** Connection settings whose plain table names mean ours, besides the URL's own `options`. */
export function schemaFirst(databaseUrl: string): { connectionString: string; options: string } {
  const ours = '-c search_path=latchkey,pg_temp' // pg_temp last: no temporary table can stand in for one of ours
  if (!/[?&]options=/.test(databaseUrl)) return { connectionString: databaseUrl, options: ours }
  const url = new URL(databaseUrl)
  const options = `${url.searchParams.get('options') ?? ''} ${ours}`
  url.searchParams.delete('options')
  return { connectionString: url.href, options }
}

const throughPooler = (cause?: unknown) =>
  new StoreError(
    'pooler',
    'The database is reached through a connection pooler, which migrations and jobs cannot use: set LATCHKEY_DATABASE_DIRECT_URL to the owner’s URL of PostgreSQL itself, and DATABASE_URL to that of the login that requests use.',
    { cause },
  )

/**
 * A pooler hands the session to others between two transactions, with its locks and listeners. It shows in another
 * process than at the greeting, or in settings of the connection that did not arrive.
 */
async function refusePooler(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ path: string }>("select current_setting('search_path') as path")
  if ((await isPooled(client)) || rows[0]!.path.replace(' ', '') !== 'latchkey,pg_temp') throw throughPooler()
}

async function isPooled(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return (client as pg.ClientBase & { processID: number | null }).processID !== rows[0]!.pid
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
 * A client that prepares each text once, which saves parsing and planning at every later use. It forgets the least used
 * texts, because composed filters can make endless ones.
 * After a refused password the next connection tries the next one: another replica has rotated the secrets.
 */
function ourClient(passwords: readonly string[], manner: Manner): typeof pg.Client {
  return class extends pg.Client {
    /** The names of prepared texts; the last used comes last. */
    readonly #names = new Map<string, string>()
    #named = 0

    constructor(config?: string | pg.ClientConfig) {
      super(config)
      if (passwords.length > 0) this.password = passwords[manner.password]!
    }

    // pg's overloads cannot be spelled as one implementation; the arguments are passed on as they came.
    override connect(...[told]: unknown[]): never {
      const tried = manner.password
      const tell = (error?: Error & { code?: string }) => {
        // Connections that began together count the refusal once.
        if (error?.code === '28P01' && manner.password === tried && passwords.length > 0)
          manner.password = (tried + 1) % passwords.length
        ;(told as (error?: Error) => void)(error)
      }
      return Reflect.apply(super.connect, this, told === undefined ? [] : [tell]) as never
    }

    override query(...args: unknown[]): never {
      const [text, values, callback] = args
      if (text instanceof Flight && manner.naming) text.nameOf = (one, wire) => this.#nameOf(one, wire)
      if (!manner.naming || typeof text !== 'string' || !Array.isArray(values) || values.length === 0)
        return Reflect.apply(super.query, this, args) as never
      return Reflect.apply(super.query, this, [
        { name: this.#nameOf(text, this.#wire), text, values },
        callback,
      ]) as never
    }

    get #wire() {
      return (this as unknown as { connection: Wire }).connection
    }

    #nameOf(text: string, wire: Wire): string {
      // A name is never used for a second text: an error may have left the first one prepared.
      const name = this.#names.get(text) ?? `latchkey${this.#named++}`
      this.#names.delete(text)
      this.#names.set(text, name)
      const [oldest] = this.#names
      if (this.#names.size > namedStatements && oldest) {
        this.#names.delete(oldest[0])
        forget(wire, oldest[1])
      }
      return name
    }
  }
}
