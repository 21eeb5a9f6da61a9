import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  sql as composed,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type Sql,
} from 'kysely'
import { sql } from './sql.ts'
import type { Tables } from './tables.ts'

const db = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: one => new PostgresIntrospector(one),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** Statements of every form, by either of the two. */
const statements: Record<string, (sql: Sql) => { sql: string; parameters: readonly unknown[] }> = {
  values: by => by`select ${1}, ${'two'}, ${null}, ${undefined}, ${[3]}, ${Buffer.from('4')}`.compile(db),
  'a text without values': by => by`select 1`.compile(db),
  'pieces in pieces': by => by`select ${1} where ${by`a = ${2} and ${by`b = ${3}`}`} and c = ${4}`.compile(db),
  names: by =>
    by`select ${by.ref('users.id')}, ${by.id('public', 'a"b')} from ${by.table('latchkey.users')}, ${by.table('users')}, ${by.ref('users')}`.compile(
      db,
    ),
  literals: by =>
    by`select ${by.lit("it's")}, ${by.lit(5)}, ${by.lit(true)}, ${by.lit(null)}, ${by.raw('now()')}, ${by.val('x')}`.compile(
      db,
    ),
  lists: by =>
    by`select ${by.join([])} ${by.join([1])} ${by.join([1, by`b`, 'c'])} where ${by.join([by`a = ${1}`, by`b = ${2}`], by` and `)}`.compile(
      db,
    ),
  'a builder of Kysely between values': by =>
    by`select ${1}, ${db.selectFrom('users').select('id').where('id', '=', 'two').where('mail', 'in', ['three', 'four'])}, ${5}`.compile(
      db,
    ),
  'a builder that stands alone, in its brackets': by => by`(${db.selectFrom('users').select('id')}) as one`.compile(db),
  'a builder of Kysely that holds a piece': by =>
    db
      .selectFrom('users')
      .select(by<number>`${1} + 1`.as('more'))
      .where('id', '=', by<string>`any(${['two']}::uuid[])`)
      .where(by<boolean>`${by.ref('users.mail')} ^@ ${'three'}`)
      .compile(),
}

for (const [name, made] of Object.entries(statements))
  test(`writes as Kysely does: ${name}`, () => {
    const [ours, theirs] = [made(sql), made(composed)]
    assert.equal(ours.sql, theirs.sql)
    assert.deepEqual(ours.parameters, theirs.parameters)
  })
