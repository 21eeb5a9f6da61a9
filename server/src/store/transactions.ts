import {
  CompiledQuery,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresDriver,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  type Transaction,
} from 'kysely'
import pg from 'pg'
import type { Store } from './open.ts'
import { systemRole, tenantRole } from './roles.ts'
import type { Tables } from './tables.ts'

/** An open transaction: the only handle on tenants' tables. */
export type Trx = Transaction<Tables>

// The id becomes part of a statement that takes no parameters, so anything else would be SQL injection.
const tenantIdPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Runs `work` in one transaction that sees and writes this tenant's rows alone, and commits when it resolves.
 * Throws where a transaction is open already in the same chain of calls.
 * Whatever `work` throws rolls everything back and is thrown again; so does an SQL error that `work` swallowed
 * (kysely's AbortedTransactionError). It cannot be nested, and nothing slow belongs inside: each one holds one of the
 * pool's connections from its first message to its last.
 * @throws TypeError when `tenantId` is no UUID.
 */
export async function inTenant<T>(db: Store, tenantId: string, work: (trx: Trx) => Promise<T>): Promise<T> {
  if (!tenantIdPattern.test(tenantId)) throw new TypeError('A tenant id is a UUID')
  return transact(db, `begin; set local role ${tenantRole}; set local latchkey.tenant = '${tenantId}'`, work)
}

/** As `inTenant`, for the system tables that store/README.md lists; tenants' rows are out of its reach. */
export async function inSystem<T>(db: Store, work: (trx: Trx) => Promise<T>): Promise<T> {
  return transact(db, `begin; set local role ${systemRole}`, work)
}

/** Runs one statement in this tenant, as a transaction of its own. */
export const askTenant = <Row>(db: Store, tenantId: string, statement: RawBuilder<Row>): Promise<Row[]> =>
  inTenant(db, tenantId, async trx => (await statement.execute(trx)).rows)

/**
 * Runs one statement as the system role in one message, where `inSystem` needs three: for what every request begins with.
 * `$1` and so on stand for the values, as in pg. PostgreSQL runs the whole message as one transaction.
 * Settings for this transaction (`set local …;`) may come before the statement; the rows are those of the last.
 */
export async function askSystem<Row extends object>(
  db: Store,
  text: string,
  values: readonly (string | number | Date | Buffer)[],
): Promise<Row[]> {
  if (db.transacting.getStore()) throw new Error('a transaction is open here already')
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

// A Kysely per transaction costs too little to measure; a cache of them would grow with the number of tenants.
function transact<T>(db: Store, opening: string, work: (trx: Trx) => Promise<T>): Promise<T> {
  // Waiting for a second connection while holding one: a few of those at once and nobody gets any.
  if (db.transacting.getStore()) throw new Error('a transaction is open here already')
  const dialect: Dialect = {
    createDriver: () => new OpeningDriver(db, opening),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: database => new PostgresIntrospector(database),
  }
  return new Kysely<Tables>({ dialect }).transaction().execute(trx => db.transacting.run(true, () => work(trx)))
}

type Connection = Parameters<PostgresDriver['rollbackTransaction']>[0]

/** Sends BEGIN, the role and the tenant as one message: every transaction saves two round trips. */
class OpeningDriver extends PostgresDriver {
  readonly #opening: string

  constructor(db: Store, opening: string) {
    super({ pool: db.requests })
    this.#opening = opening
  }

  override async beginTransaction(connection: Connection): Promise<void> {
    try {
      await connection.executeQuery(CompiledQuery.raw(this.#opening))
    } catch (error) {
      // BEGIN may have succeeded before a later part failed; the connection goes back to the pool without it, or not
      // at all: the driver discards it when the rollback fails.
      await this.rollbackTransaction(connection).catch(() => {})
      throw error
    }
  }
}
