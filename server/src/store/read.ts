import type { RawBuilder } from 'kysely'
import { sql } from './sql.ts'
import type { Trx } from './transactions.ts'

/** A fact that a statement can read beside others: the SQL of its JSON, and what that means. */
export interface Read<T> {
  sql: RawBuilder<unknown>
  read(json: unknown): T
}

export type Reads<T> = { [Name in keyof T]: Read<T[Name]> }

/** A question that one statement asks, and the meaning of its row. */
export interface Question<T> {
  statement: RawBuilder<object>
  read(row: object | undefined): T
}

/** The question for several facts. `from`: the row that their SQL is about, where it is about one. */
export function questionOf<T extends object>(reads: Reads<T>, from?: RawBuilder<unknown>): Question<T> {
  const columns = namesOf(reads).map(name => sql`${reads[name].sql} as ${sql.id(String(name))}`)
  return {
    statement: sql<object>`select ${sql.join(columns)} ${from ? sql`from ${from}` : sql``}`,
    read: row => readAll(reads, row as T),
  }
}

/** Asks for several facts in one statement. */
export async function ask<T extends object>(trx: Trx, reads: Reads<T>, from?: RawBuilder<unknown>): Promise<T> {
  const { statement, read } = questionOf(reads, from)
  const { rows } = await statement.execute(trx)
  return read(rows[0])
}

/** Asks for one fact. */
export const askOne = async <T>(trx: Trx, fact: Read<T>): Promise<T> => (await ask(trx, { fact })).fact

/** Asks for a fact of each row of `from`, in the order that it says. */
export async function askEach<T>(trx: Trx, fact: Read<T>, from: RawBuilder<unknown>): Promise<T[]> {
  const { rows } = await sql<{ fact: unknown }>`select ${fact.sql} as fact from ${from}`.execute(trx)
  return rows.map(row => fact.read(row.fact))
}

/** One fact made of several. */
export const combine = <T extends object, R>(reads: Reads<T>, into: (parts: T) => R): Read<R> => ({
  sql: sql`json_build_object(${sql.join(namesOf(reads).flatMap(name => [sql.lit(String(name)), reads[name].sql]))})`,
  read: json => into(readAll(reads, json as T)),
})

const namesOf = <T extends object>(reads: Reads<T>) => Object.keys(reads) as (keyof T)[]

const readAll = <T extends object>(reads: Reads<T>, row: { [Name in keyof T]: unknown }): T =>
  Object.fromEntries(namesOf(reads).map(name => [name, reads[name].read(row[name])])) as T

/** For SQL: columns of a row as JSON: bytes and times are text there, which the two below read. */
export const jsonOf = (columns: readonly string[]): RawBuilder<unknown> =>
  sql`json_build_object(${sql.join(columns.flatMap(name => [sql.lit(name), sql.ref(name)]))})`

/** Throws for bytes in another form than PostgreSQL's own, as where somebody changed `bytea_output`. */
export function bytesOf(json: string | null) {
  if (json !== null && !json.startsWith('\\x')) throw new Error('bytea_output must be hex')
  return json === null ? null : Buffer.from(json.slice(2), 'hex')
}
export const dateOf = (json: string | null) => (json === null ? null : new Date(json))
