import {
  AbortedTransactionError,
  CompiledQuery,
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
import type pg from 'pg'
import { asPart, type Part } from '../traces/index.ts'
import { isConnectionLost } from './errors.ts'
import { type Answer, type AskConnection, flightsOf } from './flights.ts'
import type { Store } from './open.ts'
import type { Question } from './read.ts'
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
  /** The answers of its opening. */
  opened: Promise<Answer[]>
  commit(): Promise<Answer>
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

/**
 * As `inTenant`, after one question to another tenant, in the same flight. It is asked before the transaction enters its
 * own tenant, and no handle on the other is given out: nothing else is read there, and nothing written.
 */
export async function inTenantAfter<Asked, T>(
  db: Store,
  { tenantId, question }: { tenantId: string; question: Question<Asked> },
  own: string,
  work: (trx: Trx, answer: Promise<Asked>) => Promise<T>,
): Promise<T> {
  const asking = openingOf(tenantId)
  const { sql, parameters } = question.statement.compile({ getExecutor: () => compiling })
  const opening: Statement[] = [...asking, [sql, parameters], openingOf(own).at(-1)!]
  return transact(db, opening, open => {
    const answer = open.opened.then(answers => question.read(answers[asking.length]!.rows[0]))
    answer.catch(() => {}) // what failed in the opening is told by the transaction
    return work(new Trx(open, own), answer)
  })
}

/** As `inTenant`, for the system tables that store/README.md lists; tenants' rows are out of its reach. */
export async function inSystem<T>(db: Store, work: (trx: SystemTrx) => Promise<T>): Promise<T> {
  return transact(db, systemOpening, open => work(new Transaction<Tables>(propsOf(open.connection))))
}

/**
 * One transaction on both tenants of a pair, for an act that both keep. `enter` goes into one of them and returns its
 * handle, which ends when the other is entered: row-level security never lets both be written at once.
 */
export async function inPair<T>(
  db: Store,
  pair: readonly [string, string],
  work: (enter: (tenantId: string) => Promise<Trx>) => Promise<T>,
): Promise<T> {
  const [opening] = pair.map(openingOf)
  return transact(db, opening!, open => {
    let entered = 0
    return work(async tenantId => {
      if (!pair.includes(tenantId)) throw new Error('The tenant is none of this pair')
      const turn = ++entered
      await open.connection.executeQuery(enterTenant(tenantId))
      const executeQuery: DatabaseConnection['executeQuery'] = query => {
        if (turn !== entered) throw new Error('The other tenant of the pair has been entered')
        return open.connection.executeQuery(query)
      }
      return new Trx({ ...open, connection: { ...open.connection, executeQuery } }, tenantId)
    })
  })
}

const enterTenant = (tenantId: string) => CompiledQuery.raw(`set local latchkey.tenant = '${tenantId}'`)

/** Runs one statement in this tenant, as a transaction of its own, in one flight. */
export async function askTenant<Row>(db: Store, tenantId: string, statement: RawBuilder<Row>): Promise<Row[]> {
  const { sql, parameters } = statement.compile({ getExecutor: () => compiling })
  return askAlone(db, openingOf(tenantId), [sql, parameters])
}

/**
 * The same as the system role: for the first query of every request. `$1` and so on stand for the values, as in pg.
 * `settings` come before it, such as `set local …`.
 */
export const askSystem = <Row extends object>(
  db: Store,
  text: string,
  values: readonly (string | number | Date | Buffer)[],
  settings: readonly string[] = [],
): Promise<Row[]> => askAlone(db, [...systemOpening, ...settings.map(prepared)], [text, values])

/** A statement: its text and values. Without values it is not prepared by name. */
type Statement = Parameters<AskConnection>

const prepared = (text: string): Statement => [text, []]

const systemOpening = ['begin', `set local role ${systemRole}`].map(prepared)
const tenantOpening = ['begin', `set local role ${tenantRole}`].map(prepared)
const committing = prepared('commit')

function openingOf(tenantId: string): Statement[] {
  if (!tenantIdPattern.test(tenantId)) throw new TypeError('A tenant id is a UUID')
  return [...tenantOpening, [`set local latchkey.tenant = '${tenantId}'`]]
}

/** A transaction whose opening failed because the connection was lost has done nothing, so it is tried once more. */
async function transact<T>(db: Store, opening: Statement[], work: (open: Open) => Promise<T>): Promise<T> {
  const statements: string[] = []
  return asPart({ kind: 'transaction', name: 'transaction', statements }, async () => {
    try {
      return await attempt(db, opening, work, statements)
    } catch (error) {
      if (!(error instanceof OpeningLost)) throw error
    }
    return attempt(db, opening, work, statements).catch(error => {
      throw error instanceof OpeningLost ? error.cause : error
    })
  })
}

class OpeningLost extends Error {}

/** `statements`: gets the text of each. */
async function attempt<T>(
  db: Store,
  opening: Statement[],
  work: (open: Open) => Promise<T>,
  statements: string[],
): Promise<T> {
  const client = await takeClient(db)
  const ask = flightsOf(client)
  const opened = begin(ask, opening)
  let ended = false
  let committed: Promise<Answer> | undefined
  const commit = () => {
    ended = true
    committed ??= ask(...committing)
    committed.catch(() => {}) // it is waited for later
    return committed
  }
  let failure: unknown
  const connection: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery) {
      // After its end the connection serves others, perhaps another tenant's transaction.
      if (ended) throw new Error('This transaction has ended')
      statements.push(query.sql)
      try {
        return resultOf<Row>(await ask(query.sql, query.parameters))
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
    const result = await db.transacting.run(true, () => work({ connection, opened, commit }))
    await opened
    const { command } = await commit()
    // PostgreSQL answers so where an error was swallowed.
    if (command === 'ROLLBACK') throw new AbortedTransactionError()
    client.release()
    return result
  } catch (error) {
    ended = true
    const [begun] = await Promise.allSettled([opened])
    await rollBack(client, ask)
    // Statements that travelled behind a failed one say only that the transaction is aborted.
    if (begun.status === 'fulfilled') throw isAborted(error) ? (failure ?? error) : error
    // Where the opening failed, the statements behind it failed on its account.
    const cause = begun.reason
    // A COMMIT that travelled along may have been carried out, though nothing was answered.
    throw isConnectionLost(cause) && !committed ? new OpeningLost('', { cause }) : cause
  }
}

const isAborted = (error: unknown) => (error as { code?: unknown }).code === '25P02'

/** One flight: BEGIN, the role and the tenant; the statement; COMMIT, which is skipped where the statement failed. */
function askAlone<Row>(db: Store, opening: Statement[], statement: Statement): Promise<Row[]> {
  const part: Part = { kind: 'transaction', name: 'transaction', statements: [statement[0]] }
  return asPart(part, () => askInOneFlight(db, opening, statement))
}

async function askInOneFlight<Row>(db: Store, opening: Statement[], statement: Statement): Promise<Row[]> {
  const client = await takeClient(db)
  const ask = flightsOf(client)
  try {
    // One list: the first that failed is told, not one behind it, which says only that the transaction is aborted.
    const answers = await Promise.all([...opening, statement, committing].map(one => ask(...one)))
    client.release()
    return answers[opening.length]!.rows as Row[]
  } catch (error) {
    await rollBack(client, ask)
    throw error
  }
}

/** Returns a connection after an error. A failed rollback leaves it in an unknown state, so the pool then closes it. */
const rollBack = (client: pg.PoolClient, ask: AskConnection): Promise<void> =>
  ask(...prepared('rollback')).then(
    () => client.release(),
    failure => client.release(failure),
  )

async function takeClient(db: Store): Promise<pg.PoolClient> {
  // A nested transaction waits for a second connection while it holds one: a few at once and nobody gets any.
  if (db.transacting.getStore()) throw new Error(NESTED)
  return db.requests.connect()
}

/** Asks for BEGIN, the role and the tenant. The next statements travel along, and are skipped where the opening fails. */
function begin(ask: AskConnection, opening: Statement[]): Promise<Answer[]> {
  const opened = Promise.all(opening.map(one => ask(...one)))
  opened.catch(() => {}) // it is waited for later
  return opened
}

/** Whether transactions run on the owner's connections, as in commands. There nothing travels before the role is set. */
const isOwners = (db: Store) => db.requests === db.pool

function resultOf<Row>({ command, rowCount, rows }: Answer): QueryResult<Row> {
  const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
  return { rows: rows as Row[], ...(changes && { numAffectedRows: BigInt(rowCount) }) }
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
