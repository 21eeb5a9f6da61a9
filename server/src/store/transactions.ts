import {
  AbortedTransactionError,
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  DummyDriver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type RawBuilder,
  Transaction,
} from 'kysely'
import pg from 'pg'
import { isConnectionLost } from './errors.ts'
import type { Store } from './open.ts'
import { systemRole, tenantRole } from './roles.ts'
import type { Tables } from './tables.ts'

/** An open transaction of the system role, which reaches the system tables alone. */
export type SystemTrx = Transaction<Tables>

/** An open transaction of one tenant: the only handle on tenants' tables. Statements that are asked at once travel at once and run in order. */
export class Trx extends Transaction<Tables> {
  readonly tenantId: string
  readonly #commit: () => Promise<unknown>

  constructor(open: Open, tenantId: string) {
    super(propsOf(open.connection))
    this.tenantId = tenantId
    this.#commit = open.commit
  }

  /**
   * Sends the last statements and COMMIT in one flight. Their answers cannot undo it. Each must be asked before
   * the first has answered, and nothing may be thrown on account of their rows.
   */
  async last<T>(ask: () => Promise<T>): Promise<T> {
    const answer = ask()
    void this.#commit()
    return answer
  }
}

/** A transaction that has begun on its connection. */
interface Open {
  connection: DatabaseConnection
  commit(): Promise<pg.QueryResult>
}

const NESTED = 'a transaction is open here already'

// The id becomes part of a statement without parameters, so other texts would be SQL injection.
const tenantIdPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Runs `work` in one transaction on this tenant's rows alone, and commits when it resolves. An error rolls it back and is thrown;
 * one that `work` swallowed throws AbortedTransactionError.
 * @throws TypeError when `tenantId` is no UUID; Error when a transaction is open already in the same chain of calls.
 */
export async function inTenant<T>(db: Store, tenantId: string, work: (trx: Trx) => Promise<T>): Promise<T> {
  return transact(db, openingOf(tenantId), open => work(new Trx(open, tenantId)))
}

/** As `inTenant`, for the system tables that store/README.md lists; tenants' rows are out of its reach. */
export async function inSystem<T>(db: Store, work: (trx: SystemTrx) => Promise<T>): Promise<T> {
  return transact(db, systemOpening, open => work(new Transaction<Tables>(propsOf(open.connection))))
}

/** Runs one statement in this tenant, as a transaction of its own, in one flight. */
export const askTenant = <Row>(db: Store, tenantId: string, statement: RawBuilder<Row>): Promise<Row[]> =>
  askAlone(db, openingOf(tenantId), statement)

/**
 * Runs one statement as the system role, in one message and transaction: for the first query of every request.
 * `$1` and so on stand for the values, as in pg.
 * Settings (`set local …;`) may come before the statement, whose rows are returned.
 */
export async function askSystem<Row extends object>(
  db: Store,
  text: string,
  values: readonly (string | number | Date | Buffer)[],
): Promise<Row[]> {
  if (db.transacting.getStore()) throw new Error(NESTED)
  // The values become part of the text, because a message with parameters holds one statement only.
  const filled = text.replace(/\$(\d+)/g, (_, place) => literal(values[Number(place) - 1]!))
  const results = await db.requests.query(`set local role ${systemRole}; ${filled}`)
  return (results as unknown as { rows: Row[] }[]).at(-1)!.rows
}

function literal(value: string | number | Date | Buffer): string {
  // A message ends at the first zero byte, and the statement with it.
  if (typeof value === 'string' && value.includes('\0')) throw new TypeError('A text with a zero byte is no value')
  if (typeof value === 'string') return pg.escapeLiteral(value)
  if (typeof value === 'number') return String(value)
  return value instanceof Date ? `'${value.toISOString()}'` : `'\\x${value.toString('hex')}'`
}

const systemOpening = `begin; set local role ${systemRole}`

function openingOf(tenantId: string): string {
  if (!tenantIdPattern.test(tenantId)) throw new TypeError('A tenant id is a UUID')
  return `begin; set local role ${tenantRole}; set local latchkey.tenant = '${tenantId}'`
}

/** A transaction whose opening failed because the connection was lost has done nothing, so it is tried once more. */
async function transact<T>(db: Store, opening: string, work: (open: Open) => Promise<T>): Promise<T> {
  try {
    return await attempt(db, opening, work)
  } catch (error) {
    if (!(error instanceof OpeningLost)) throw error
  }
  return attempt(db, opening, work).catch(error => {
    throw error instanceof OpeningLost ? error.cause : error
  })
}

class OpeningLost extends Error {}

async function attempt<T>(db: Store, opening: string, work: (open: Open) => Promise<T>): Promise<T> {
  const client = await takeClient(db)
  const opened = begin(client, opening)
  let ended = false
  let committed: Promise<pg.QueryResult> | undefined
  const commit = () => {
    ended = true
    committed ??= client.query('commit')
    committed.catch(() => {}) // it is waited for later
    return committed
  }
  let failure: unknown
  const connection: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery) {
      // After its end the connection serves others, perhaps another tenant's transaction.
      if (ended) throw new Error('This transaction has ended')
      try {
        return resultOf<Row>(await client.query(query.sql, query.parameters as unknown[]))
      } catch (error) {
        failure ??= error
        throw error
      }
    },
    streamQuery() {
      throw new Error('Rows are not streamed')
    },
  }
  try {
    if (isOwners(db)) await opened
    const result = await db.transacting.run(true, () => work({ connection, commit }))
    await opened
    const { command } = await commit()
    // PostgreSQL answers so where an error was swallowed.
    if (command === 'ROLLBACK') throw new AbortedTransactionError()
    client.release()
    return result
  } catch (error) {
    ended = true
    const [begun] = await Promise.allSettled([opened])
    await rollBack(client)
    // Statements that travelled behind a failed one say only that the transaction is aborted.
    if (begun.status === 'fulfilled') throw isAborted(error) ? (failure ?? error) : error
    // Where the opening failed, the statements behind it failed on its account.
    const cause = begun.reason
    // A COMMIT that travelled along may have been carried out, though nothing was answered.
    throw isConnectionLost(cause) && !committed ? new OpeningLost('', { cause }) : cause
  }
}

const isAborted = (error: unknown) => (error as { code?: unknown }).code === '25P02'

/** One flight: BEGIN, the role and the tenant; the statement; COMMIT, which rolls back where the statement failed. */
async function askAlone<Row>(db: Store, opening: string, statement: RawBuilder<Row>): Promise<Row[]> {
  const { sql, parameters } = statement.compile({ getExecutor: () => compiling })
  const client = await takeClient(db)
  const opened = begin(client, opening)
  try {
    if (isOwners(db)) await opened
    const [, answer] = await Promise.all([opened, client.query(sql, parameters as unknown[]), client.query('commit')])
    client.release()
    return answer.rows as Row[]
  } catch (error) {
    await rollBack(client)
    throw error
  }
}

/** Returns a connection after an error. A failed rollback leaves it in an unknown state, so the pool then closes it. */
const rollBack = (client: pg.PoolClient): Promise<void> =>
  client.query('rollback').then(
    () => client.release(),
    failure => client.release(failure),
  )

async function takeClient(db: Store): Promise<pg.PoolClient> {
  // A nested transaction waits for a second connection while it holds one: a few at once and nobody gets any.
  if (db.transacting.getStore()) throw new Error(NESTED)
  return db.requests.connect()
}

/**
 * Sends BEGIN, the role and the tenant as one message. The next statements travel along. Where the opening fails
 * half-way they run into the failed transaction; where BEGIN itself failed, as the login, which may do nothing.
 */
function begin(client: pg.PoolClient, opening: string): Promise<unknown> {
  const opened = client.query(opening)
  opened.catch(() => {}) // it is waited for later
  return opened
}

/** Whether transactions run on the owner's connections, as in commands. There nothing travels before the role is set. */
const isOwners = (db: Store) => db.requests === db.pool

function resultOf<Row>({ command, rowCount, rows }: pg.QueryResult): QueryResult<Row> {
  const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
  return { rows: rows as Row[], ...(changes && { numAffectedRows: BigInt(rowCount ?? 0) }) }
}

const compiler = new PostgresQueryCompiler()
const adapter = new PostgresAdapter()
const driver = new DummyDriver()
const dialect = {
  createDriver: () => driver,
  createAdapter: () => adapter,
  createQueryCompiler: () => compiler,
  createIntrospector: (db: ConstructorParameters<typeof PostgresIntrospector>[0]) => new PostgresIntrospector(db),
}

/** Kysely's own transaction sends one statement after the other; this one sends each at once. */
const propsOf = (connection: DatabaseConnection) => ({
  config: { dialect },
  dialect,
  driver,
  executor: new DefaultQueryExecutor(compiler, adapter, { provideConnection: use => use(connection) }),
})

const compiling = new DefaultQueryExecutor(compiler, adapter, {
  provideConnection: () => Promise.reject(new Error('Only compiles')),
})
