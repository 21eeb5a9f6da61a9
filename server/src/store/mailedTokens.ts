import { linkToken, type MacPurpose, type Means } from '../crypto/index.ts'
import type { Db } from './open.ts'
import { sql } from './sql.ts'
import type { Row, Tables } from './tables.ts'
import { inSystem, inTenant, type Trx } from './transactions.ts'

// Each kind of link that is mailed has a table of its own, as what it leads to differs. How a token is issued, kept,
// found and given to browsers is the same.

/** The tables whose rows a mailed token leads to. */
type TokenTable = {
  [Name in keyof Tables]: Tables[Name] extends { token_hash: Buffer; created_at: unknown; expires_at: unknown }
    ? Name
    : never
}[keyof Tables]

/** A kind of mailed token. */
export interface TokenKind<Table extends TokenTable = TokenTable> {
  table: Table
  purpose: MacPurpose
}

/** How many browsers can hold what one link leads to: a mail is read on a phone, and answered at a desk. */
const BROWSERS_AT_MOST = 5

/** These browsers and the older ones that still hold it, by their keyed hashes. The one that has held it longest may lose it. */
export function withBrowsers(held: readonly Buffer[], hashes: readonly Buffer[]): Buffer[] {
  const others = held.filter(hash => !hashes.some(one => one.equals(hash)))
  return [...hashes, ...others].slice(0, BROWSERS_AT_MOST)
}

/** Adds a token for a mail. What is kept of it is a keyed hash. */
export async function addToken<Table extends TokenTable>(
  trx: Trx,
  { now, random, keys }: Means,
  { table, purpose }: TokenKind<Table>,
  { id, expiresAt, values }: { id: string; expiresAt: Date; values: Partial<Row<Table>> },
): Promise<string> {
  const token = linkToken(random)
  const row = {
    ...{ tenant_id: trx.tenantId, id, token_hash: keys.mac(purpose, token), created_at: now, expires_at: expiresAt },
    ...values,
  }
  const columns = sql.join(Object.keys(row).map(name => sql.ref(name)))
  await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(trx)
  return token
}

/** The same, and ends the older ones of this reader: where `reader` says, in the same columns. */
export async function issueToken<Table extends TokenTable>(
  trx: Trx,
  means: Means,
  kind: TokenKind<Table>,
  {
    reader,
    values,
    ...given
  }: { id: string; expiresAt: Date; reader: Partial<Row<Table>>; values?: Partial<Row<Table>> },
): Promise<string> {
  const { now } = means
  const same = Object.entries(reader).map(([name, value]) =>
    value === null ? sql`${sql.ref(name)} is null` : sql`${sql.ref(name)} = ${value}`,
  )
  await sql`
    update ${sql.table(kind.table)} set expires_at = ${now}
    where tenant_id = ${trx.tenantId} and expires_at > ${now} and ${sql.join(same, sql` and `)}`.execute(trx)
  return addToken(trx, means, kind, { ...given, values: { ...reader, ...values } })
}

/** The row of a token, in any tenant or in this one; undefined where it is none of this kind. Changes nothing. */
export async function findByToken<Table extends TokenTable>(
  db: Db,
  { keys }: Pick<Means, 'keys'>,
  { table, purpose, tenantId: only }: TokenKind<Table> & { tenantId?: string },
  token: string,
): Promise<Row<Table> | undefined> {
  const [name, hashes] = [sql.table(table), sql.join(keys.macs(purpose, token))]
  const tenantOf = () =>
    inSystem(db, async trx => {
      const found = sql<{ id: string }>`select tenant_id as id from ${name} where token_hash in (${hashes})`
      return (await found.execute(trx)).rows[0]?.id
    })
  const tenantId = only ?? (await tenantOf())
  if (tenantId === undefined) return undefined
  const { rows } = await inTenant(db, tenantId, trx =>
    sql<Row<Table>>`select * from ${name} where tenant_id = ${tenantId} and token_hash in (${hashes})`.execute(trx),
  )
  return rows[0]
}

/** Gives the row of an opened link to a browser too. False where five others have it, or it is gone. */
export async function bindToken(
  trx: Trx,
  { keys }: Pick<Means, 'keys'>,
  { table }: TokenKind<'administrator_invitations' | 'signup_invitations'>,
  { id, browserToken }: { id: string; browserToken: string },
): Promise<boolean> {
  const hash = keys.mac('browser', browserToken)
  const others = sql`array_remove(browser_hashes, ${hash}::bytea)`
  const { rows } = await sql`
    update ${sql.table(table)} set browser_hashes = array_append(${others}, ${hash}::bytea)
    where tenant_id = ${trx.tenantId} and id = ${id} and cardinality(${others}) < ${BROWSERS_AT_MOST}
    returning id`.execute(trx)
  return rows.length > 0
}
