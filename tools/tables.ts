import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { globalSetup, globalTeardown } from './test-setup.ts'

/** The file that is printed. */
export const tablesFile = join(import.meta.dirname, '../server/src/store/tables.ts')

/** Types that the catalogue does not tell. */
const narrower: Record<string, string> = {
  // pg reads infinity as a number.
  'counters.blocked_until': 'Date | number',
  'audit_events.details': 'Json<Record<string, string>>',
  'device_codes.proof': 'Json<{ acr: string; amr: string[]; authTime: number }>',
  'device_codes.request': 'Json<Record<string, unknown>>',
  'provider_records.payload': 'Json<Record<string, unknown>>',
  'sign_ins.request': 'Json<Record<string, unknown>>',
  'signing_keys.public_key': 'Json<Record<string, unknown>>',
  'notices.variables': 'Json<Record<string, string>>',
  'branding.settings': 'Json<Record<string, string | null>>',
  'policy_previews.write': 'Json<Record<string, unknown>>',
  'tenants.protection': 'Json<Record<string, unknown>>',
  'tenants.sign_in_policy': 'Json<Record<string, unknown>>',
}

const types: Record<string, string> = {
  bigint: 'BigInteger',
  boolean: 'boolean',
  bytea: 'Buffer',
  'character varying': 'string',
  'double precision': 'number',
  integer: 'number',
  smallint: 'number',
  jsonb: 'Json<unknown>',
  text: 'string',
  'timestamp with time zone': 'Date',
  uuid: 'string',
  xid8: 'string',
}

const HEAD = `import type { ColumnType, Selectable } from 'kysely'

// This file is long because it is printed: the row of every table, from PostgreSQL's catalogue, by \`npm run tables\`.

/** A column that a statement may leave out, because the table has a default for it. */
type Optional<T> = [T] extends [ColumnType<infer S, infer I, infer U>]
  ? ColumnType<S, I | undefined, U>
  : ColumnType<T, T | undefined, T>
/** jsonb: read as a value, written as its JSON text. */
type Json<T> = ColumnType<T, string, string>
/** bigint: read as text. */
type BigInteger = ColumnType<string, number | string, number | string>
/** A column of one of the two that may hold nothing. */
type Nullable<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S | null, I | null, U | null> : never

/** A row of a table, as it is read. */
export type Row<T extends keyof Tables> = Selectable<Tables[T]>

`

interface Column {
  table: string
  name: string
  type: string
  required: boolean
  hasDefault: boolean
  /** The constraint that lists its values, where one does. */
  choice: string | null
}

/** Prints the row types of a migrated database's tables, as Kysely takes them. */
export async function printTables(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<Column>(`
    select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type, a.attnotnull as required,
      a.atthasdef as "hasDefault",
      (select pg_get_constraintdef(k.oid) from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
          and pg_get_constraintdef(k.oid) ~ '^CHECK \\(\\(\\w+ = (ANY \\(ARRAY\\[)?''') as choice
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'latchkey'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname !~ '^kysely_' and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`)
  const tables = [...new Set(rows.map(({ table }) => table))].map(table => {
    const columns = rows.filter(row => row.table === table).map(column => lineOf(column.name, typeOf(column)))
    return `  ${table}: {\n${columns.join('')}  }\n`
  })
  return `${HEAD}export interface Tables {\n${tables.join('')}${(await printViews(client)).join('')}}\n`
}

/** A view of one table is the table without the columns that the view leaves out. */
async function printViews(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ view: string; table: string; left_out: string[] }>(`
    select distinct v.relname as view, t.relname as table, array(
        select a.attname::text from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
          and not exists (select from pg_attribute b where b.attrelid = v.oid and b.attname = a.attname)
        order by a.attnum) as left_out
    from pg_class v join pg_rewrite r on r.ev_class = v.oid
      join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      join pg_class t on t.oid = d.refobjid and t.relkind in ('r', 'p')
    where v.relnamespace = 'latchkey'::regnamespace and v.relkind = 'v'
    order by v.relname`)
  return rows.map(({ view, table, left_out }) => {
    const names = left_out.map(name => `'${name}'`).join(' | ')
    return `  ${view}: Omit<Tables['${table}'], ${names}>\n`
  })
}

const widest = 120

/** A column, as the formatter breaks it. */
function lineOf(name: string, type: string): string {
  const line = `    ${name}: ${type}\n`
  if (line.length <= widest + 1) return line
  return `    ${name}:\n${type
    .split(' | ')
    .map(part => `      | ${part}\n`)
    .join('')}`
}

function typeOf({ table, name, type, required, hasDefault, choice }: Column): string {
  const element = type.replace(/\[\]$/, '')
  const plain = narrower[`${table}.${name}`] ?? types[element]
  if (plain === undefined) throw new Error(`${table}.${name}: no TypeScript type is known for ${type}`)
  const listed = choice === null ? plain : [...choice.matchAll(/'([^']*)'/g)].map(([text]) => text).join(' | ')
  const several = element === type ? listed : `${listed}[]`
  const whole = required ? several : /^(Json|BigInteger)/.test(several) ? `Nullable<${several}>` : `${several} | null`
  return hasDefault ? `Optional<${whole}>` : whole
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  await globalSetup()
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE })
  await client.connect()
  writeFileSync(tablesFile, await printTables(client))
  await client.end()
  await globalTeardown()
}
