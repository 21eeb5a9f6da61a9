import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import pg from 'pg'
import { testDatabaseUrl } from '../testing/database.ts'

// The proof that tenants are kept apart, over every table of the catalogue. Later tables are in it by themselves, and a
// table that it cannot place makes it fail.

/** Values where the type and the check constraint do not tell one. */
const samples: Record<string, unknown> = {
  // The sample is a default, an initial and a root domain.
  'domains.verified_at': new Date(),
  'banned_words.word': 'sample',
  // A sign-in of an application has its request, and no other has.
  'sign_ins.request_id': 'sample',
  'sign_ins.request_sealed': Buffer.from('sample'),
  // What was approved ends, and what was rejected has ended.
  'gdap_grants.ends_at': new Date(),
  // One of two columns holds the hash.
  'passwords.hash_sealed': Buffer.from('sample'),
  'password_history.hash_sealed': Buffer.from('sample'),
  'security_answers.answer_sealed': Buffer.from('sample'),
}

/** The id of a holder, which generated columns with foreign keys repeat. The samples' holders are users. */
const holderIds: Record<string, string> = {
  application_owners: 'owner_id',
  group_members: 'member_id',
  group_owners: 'owner_id',
  role_assignments: 'principal_id',
  external_ids: 'object_id',
}

interface Column {
  name: string
  type: string
  required: boolean
  generated: boolean
}

interface Table {
  oid: number
  name: string
  partition: boolean
  secured: boolean
  key: string[]
  columns: Column[]
  references: { table: string; columns: string[]; targets: string[] }[]
  choices: Record<string, string>
}

type Row = Record<string, unknown>

const client = new pg.Client({ connectionString: await testDatabaseUrl(), options: '-c search_path=latchkey' })
await client.connect()
after(() => client.end())

/** Runs one statement as a role, for a tenant or for none, and rolls it back. */
async function attempt(role: string, tenant: string | undefined, text: string, values: unknown[] = []) {
  await client.query(`begin; set local role ${role}${tenant ? `; set local latchkey.tenant = '${tenant}'` : ''}`)
  try {
    const { rowCount, rows } = await client.query(text, values)
    return { rowCount: rowCount ?? 0, rows, denied: false }
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42501') return { rowCount: 0, rows: [], denied: true }
    throw error
  } finally {
    await client.query('rollback')
  }
}

async function catalogue(): Promise<Table[]> {
  const { rows } = await client.query(`
    select c.oid::int, c.relname as name, c.relispartition as partition, c.relrowsecurity and c.relforcerowsecurity as secured,
      array(select a.attname::text from pg_index i, unnest(i.indkey) with ordinality k(n, at) join pg_attribute a on a.attnum = k.n
        where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid order by k.at) as key,
      (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null), 'required', a.attnotnull, 'generated', a.attgenerated <> '') order by attnum)
        from pg_attribute a where a.attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
      coalesce((select json_agg(json_build_object('table', f.confrelid::regclass::text,
          'columns', (select json_agg(a.attname order by at) from unnest(f.conkey) with ordinality k(n, at) join pg_attribute a on a.attrelid = f.conrelid and a.attnum = n),
          'targets', (select json_agg(a.attname order by at) from unnest(f.confkey) with ordinality k(n, at) join pg_attribute a on a.attrelid = f.confrelid and a.attnum = n)))
        from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'), '[]') as references,
      array(select pg_get_constraintdef(k.oid) from pg_constraint k where k.conrelid = c.oid and k.contype = 'c') as checks
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'latchkey_jobs', 'pg_toast')
      -- A view that asks with the rights of its reader lends nothing: its tables are proved.
      and not (c.relkind = 'v' and c.reloptions @> '{security_invoker=true}')
    order by c.relname`)
  return rows.map(({ checks, ...table }) => {
    const found = (checks as string[]).map(text => /\((\w+) = (?:ANY \(+ARRAY\[)?(?:'([^']+)'|(\d+))/.exec(text))
    return {
      ...table,
      choices: Object.fromEntries(found.flatMap(match => (match ? [[match[1], match[2] ?? match[3]]] : []))),
    }
  })
}

function generate(table: Table, tenant: string, parents: Map<string, Row>): Row {
  const row: Row = {}
  for (const { name, type, required } of table.columns.filter(({ generated }) => !generated)) {
    const sample = samples[`${table.name}.${name}`] ?? (required ? table.choices[name] : undefined)
    if (name === 'tenant_id') row[name] = tenant
    else if (sample !== undefined) row[name] = sample
    else if (required) row[name] = sampleOf(type, tenant)
  }
  for (const { table: parent, columns, targets } of table.references) {
    columns.forEach((column, at) => {
      const own = column === 'user_id' ? (holderIds[table.name] ?? column) : column
      const generated = table.columns.some(each => each.name === own && each.generated)
      if (!generated) row[own] = parents.get(parent)?.[targets[at]!]
    })
  }
  return row
}

function sampleOf(type: string, tenant: string): unknown {
  if (type.endsWith('[]')) return []
  const values: Record<string, unknown> = {
    uuid: randomUUID(),
    text: `sample ${tenant}`,
    bytea: Buffer.from(tenant),
    'timestamp with time zone': new Date(),
    date: new Date(),
    integer: 1,
    smallint: 1,
    bigint: 1,
    'double precision': 1,
    boolean: true,
    jsonb: '{}',
    xid8: '1',
  }
  assert.ok(type in values, `isolation.test.ts needs a sample of type ${type}`)
  return values[type]
}

function insertion(table: Table, row: Row): [string, unknown[]] {
  const names = Object.keys(row)
  const places = names.map((_, at) => `$${at + 1}`)
  return [`insert into ${table.name} (${names.join(', ')}) values (${places.join(', ')})`, Object.values(row)]
}

/** Rows of one tenant in every table, parents first; committed. */
async function fill(tables: Table[], tenant: string): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>()
  const waiting = [...tables]
  await client.query(`begin; set local role latchkey_tenant; set local latchkey.tenant = '${tenant}'`)
  while (waiting.length > 0) {
    const next = waiting.findIndex(table =>
      table.references.every(({ table: parent }) => rows.has(parent) || parent === table.name),
    )
    assert.notEqual(next, -1, `a circle of references among ${waiting.map(({ name }) => name).join(', ')}`)
    const [table] = waiting.splice(next, 1)
    const row = generate(table!, tenant, rows)
    const [text, values] = insertion(table!, row)
    // A trigger has made some.
    await client.query(`${text} on conflict do nothing`, values)
    rows.set(table!.name, row)
  }
  await client.query('commit')
  return rows
}

/** The ways in which one tenant could reach another's rows in this table; none when it is safe. */
async function leaks(table: Table, a: string, b: string, foreign: Map<string, Row>): Promise<string[]> {
  const found: string[] = []
  const claim = (holds: boolean, what: string) => {
    if (!holds) found.push(`${table.name}: ${what}`)
  }
  const { name } = table
  claim(table.secured, 'row-level security is not enabled and forced')
  claim(table.key[0] === 'tenant_id', 'the primary key does not begin with tenant_id')
  for (const tenant of [undefined, '']) {
    const none = await attempt('latchkey_tenant', tenant, `select 1 from ${name}`)
    claim(none.denied || none.rowCount === 0, 'rows are seen without a tenant')
  }
  const own = await attempt('latchkey_tenant', a, `select tenant_id from ${name}`)
  claim(own.rowCount > 0, 'a tenant does not see its own row')
  claim(
    own.rows.every(row => row.tenant_id === a),
    'a tenant sees rows of another',
  )
  const read = await attempt('latchkey_tenant', a, `select 1 from ${name} where tenant_id = $1`, [b])
  claim(read.rowCount === 0, 'a tenant reads rows of another')
  const column = table.columns.find(each => each.name !== 'tenant_id')?.name ?? 'tenant_id'
  const updated = await attempt('latchkey_tenant', a, `update ${name} set ${column} = ${column} where tenant_id = $1`, [
    b,
  ])
  claim(updated.rowCount === 0, 'a tenant updates rows of another')
  const moved = await attempt('latchkey_tenant', a, `update ${name} set tenant_id = $1`, [b])
  claim(moved.denied, 'a tenant hands its row to another')
  const deleted = await attempt('latchkey_tenant', a, `delete from ${name} where tenant_id = $1`, [b])
  claim(deleted.rowCount === 0, 'a tenant deletes rows of another')
  const inserted = await attempt('latchkey_tenant', a, ...insertion(table, generate(table, b, foreign)))
  claim(inserted.denied, 'a tenant inserts a row for another')
  const kept = await attempt('latchkey_tenant', b, `select 1 from ${name}`)
  claim(kept.rowCount > 0, 'a row of the other tenant is gone')
  return found
}

/** The rows of a table in README.md, each cell without its quotes. */
async function documented(heading: string): Promise<string[][]> {
  const text = await readFile(new URL('./README.md', import.meta.url), 'utf8')
  const section = text.split(/^## /m).find(part => part.startsWith(heading))
  assert.ok(section, `README.md has lost its section "${heading}"`)
  const lines = section.split('\n').filter(line => line.startsWith('| `'))
  return lines.map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim().replaceAll('`', '')),
  )
}

async function prove(a: string, b: string): Promise<{ proved: number; findings: string[] }> {
  const tables = await catalogue()
  const findings: string[] = []
  const system = await documented('System tables')
  const whole = tables.filter(({ partition }) => !partition)
  const owned = whole.filter(({ columns }) => columns.some(({ name }) => name === 'tenant_id'))
  for (const table of whole) {
    const listed = system.some(([name, reason]) => name === table.name && reason)
    if (owned.includes(table) && listed) findings.push(`${table.name}: belongs to tenants, and README.md says to none`)
    if (!owned.includes(table) && !listed) {
      findings.push(`${table.name}: belongs to no tenant, and README.md gives no reason`)
    }
  }
  for (const [name] of system) {
    if (!whole.some(table => table.name === name)) findings.push(`${name}: in README.md, not in the database`)
  }
  await fill(owned, a)
  const foreign = await fill(owned, b)
  for (const table of owned) findings.push(...(await leaks(table, a, b, foreign)))

  // Row-level security does not govern these rights; and partitions are reached through their parent's policy alone.
  const { rows: rights } = await client.query<{ what: string }>(`
    with role(name) as (values ('latchkey_tenant'), ('latchkey_system'))
    select c.relname || ': ' || role.name || ' may ' || p.name as what
    from role, pg_class c join pg_namespace n on n.oid = c.relnamespace,
      unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p(name)
    where n.nspname in ('latchkey', 'public', 'latchkey_jobs') and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and has_table_privilege(role.name, c.oid, p.name)
      and (c.relispartition or n.nspname = 'latchkey_jobs' or p.name in ('truncate', 'references', 'trigger')
        or (role.name = 'latchkey_tenant') <> exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id'))
    union all
    select c.relname || ': ' || role.name || ' may use the sequence' from role, pg_class c
    where c.relkind = 'S' and has_sequence_privilege(role.name, c.oid, 'usage, select, update')
    union all
    select role.name || ' may use the schema latchkey_jobs' from role where has_schema_privilege(role.name, 'latchkey_jobs', 'usage')
    union all
    select role.name || ' may create in the schema latchkey' from role where has_schema_privilege(role.name, 'latchkey', 'create')`)
  findings.push(...rights.map(({ what }) => what))
  return { proved: owned.length, findings }
}

test('lesson 19: no tenant reaches another in any table of the catalogue', async context => {
  const { proved, findings } = await prove(randomUUID(), randomUUID())
  assert.deepEqual(findings, [])
  assert.ok(proved > 10, `only ${proved} tables were proved`)
  context.diagnostic(`${proved} tables keep tenants apart`)
})

test('what the system role reads of tenants, and what acts as the owner, is what README.md says', async () => {
  const { rows: columns } = await client.query(`
    select c.relname as table, string_agg(a.attname, ', ' order by a.attname collate "C") as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname = 'latchkey' and c.relkind in ('r', 'p') and attnum > 0 and not attisdropped
      and exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id')
      and has_column_privilege('latchkey_system', c.oid, a.attnum, 'select, insert, update, references')
    group by c.relname order by c.relname collate "C"`)
  const readable = await documented('What `latchkey_system` reads')
  assert.deepEqual(
    columns.map(row => [row.table, row.columns]),
    readable.map(row => row.slice(0, 2)),
  )
  const { rows: functions } = await client.query(`
    select p.proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('latchkey', 'public') and p.prosecdef order by p.proname collate "C"`)
  const definers = await documented('Functions that act as the owner')
  assert.deepEqual(
    functions.map(row => row.name),
    definers.map(row => row[0]),
  )
})

test('a function that lends its owner’s rights looks names up where no caller can put any', async () => {
  const careless = async () => {
    const { rows } = await client.query(`
      select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema') and p.prosecdef
        and not coalesce(p.proconfig @> array['search_path=pg_catalog, pg_temp'], false)`)
    return rows.map(row => row.name)
  }
  assert.deepEqual(await careless(), [])
  await client.query('begin')
  await client.query(`create function lent() returns int language sql security definer
    set search_path = latchkey, pg_catalog as 'select 1'`)
  assert.deepEqual(await careless(), ['lent()'])
  await client.query('rollback')
})

test('the proof finds tables that leak or that nobody has placed', async () => {
  await client.query(`
    create table leaky (tenant_id uuid, id uuid, primary key (tenant_id, id));
    grant select, insert, update, delete on leaky to latchkey_tenant;
    create table stray (id uuid primary key);
    grant select on stray to latchkey_tenant;
    create sequence counted;
    grant usage on sequence counted to latchkey_tenant`)
  const { findings } = await prove(randomUUID(), randomUUID())
  assert.deepEqual(findings, [
    'stray: belongs to no tenant, and README.md gives no reason',
    'leaky: row-level security is not enabled and forced',
    'leaky: rows are seen without a tenant',
    'leaky: rows are seen without a tenant',
    'leaky: a tenant sees rows of another',
    'leaky: a tenant reads rows of another',
    'leaky: a tenant updates rows of another',
    'leaky: a tenant hands its row to another',
    'leaky: a tenant deletes rows of another',
    'leaky: a tenant inserts a row for another',
    'stray: latchkey_tenant may select',
    'counted: latchkey_tenant may use the sequence',
  ])
})
