import { authorize, demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import type { Keyring } from '../crypto/index.ts'
import { contactSeals, getTenant, targetOf, type User } from '../directory/index.ts'
import { methodSeals } from '../methods/index.ts'
import { type SealedColumn, sql, type Trx } from '../store/index.ts'
import type { Locale } from '../words/index.ts'

/** The columns that may name a person, in any table. */
export const OF_PERSON = [
  ...[
    'user_id',
    'owner_id',
    'member_id',
    'principal_id',
    'object_id',
    'actor_id',
    'target_id',
    'creator_id',
    'maker_id',
  ],
  ...['emergency_user_id', 'emergency_id', 'password_of', 'asked_by', 'invited_by', 'given_by', 'added_by'],
  ...['taken_by', 'approved_by', 'claimed_by', 'rejected_by', 'raised_by'],
]

/** Of rows that are about a company or others too, the columns that are the person's own to know. */
const CHOSEN: Record<string, readonly string[]> = {
  administrator_invitations: ['id', 'invited_by', 'created_at', 'expires_at', 'joined_at'],
  agent_requests: ['id', 'password_of'],
  caller_checks: ['id', 'user_id', 'asked_by', 'means', 'created_at', 'approved_at', 'denied_at', 'outcome'],
  // What the help desk found and how it checked the caller stays with the help desk.
  cases: ['id', 'number', 'kind', 'user_id', 'raised_by', 'opened_at', 'address_proved_at', 'closed_at', 'result'],
  domains: ['name', 'added_by', 'added_at'],
  partner_accounts: ['claimed_by', 'claimed_at'],
  partner_stages: ['stage', 'rejected_by'],
  policy_previews: ['id', 'maker_id', 'status', 'created_at', 'expires_at'],
  rescues: [
    ...['id', 'act', 'user_id', 'target_id', 'taken_by', 'approved_by', 'asked_at', 'finished_at', 'ended_at'],
    'outcome',
  ],
  takeovers: ['id', 'kind', 'domain', 'user_id', 'created_at', 'finished_at', 'ended_at', 'outcome'],
  tenants: ['display_name', 'emergency_user_id'],
}

/** What is sealed so that a thief of the database cannot read it, and is the person's own to know. */
const OWN = [...contactSeals, ...methodSeals].filter(({ table }) =>
  ['contact_info', 'other_mails', 'former_addresses', 'methods'].includes(table),
)

/** Columns with the security questions that somebody chose, which no administrator sees. */
const QUESTIONS = ['question', 'question_text', 'questions']

/** Methods whose value is a number or an address; of the others it is a key. */
const REACHED = ['mobilePhone', 'alternateMobilePhone', 'officePhone', 'email']

/** The rows of one table that are about a person, without secrets. */
export interface PersonalRows {
  table: string
  rows: Record<string, unknown>[]
}

/**
 * Everything that a tenant's tables hold of a person, by the tables of the database itself: none that is added later
 * can be forgotten. Hashes and keys are left out, and who else had a part in a row. Records that it was read.
 */
export async function readPersonalData(trx: Trx, act: Act, user: User): Promise<PersonalRows[]> {
  const target = targetOf(user)
  demand(act, 'personalData.read', target)
  const hidden = authorize(act, 'questions.read', target).allowed ? [] : QUESTIONS
  const { rows: tables } = await sql<{ name: string; columns: string[] }>`
    select c.table_name as name, array_agg(c.column_name::text) as columns
    from information_schema.columns c
    join pg_class t on t.relname = c.table_name and t.relnamespace = 'latchkey'::regnamespace
    where c.table_schema = 'latchkey' and t.relkind in ('r', 'p') and not t.relispartition
      and (c.column_name = any(${OF_PERSON}::text[]) or (c.table_name = 'accounts' and c.column_name = 'id'))
      and exists (select from information_schema.columns o where o.table_schema = 'latchkey'
        and o.table_name = c.table_name and o.column_name = 'tenant_id')
    group by c.table_name order by c.table_name <> 'accounts', c.table_name`.execute(trx)
  const found: PersonalRows[] = []
  for (const { name, columns } of tables) {
    const isTheirs = sql.join(
      columns.map(column => sql`t.${sql.ref(column)} = ${user.id}::uuid`),
      sql` or `,
    )
    const { rows } = await sql<{ row: Record<string, unknown> }>`
      select to_jsonb(t) as row from ${sql.table(name)} t
      where t.tenant_id = ${trx.tenantId} and (${isTheirs})`.execute(trx)
    if (rows.length > 0)
      found.push({ table: name, rows: rows.map(({ row }) => told(act.keys, user, name, without(hidden, row))) })
  }
  await record(trx, act, {
    activity: 'user.exported',
    result: 'success',
    target: { id: user.id, name: user.userPrincipalName },
  })
  return found
}

const without = (names: readonly string[], row: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))

/** PostgreSQL writes bytes so: hashes, and what is sealed. */
const BYTES = /^\\x[0-9a-f]*$/

function told(
  keys: Keyring,
  { tenantId, id }: User,
  table: string,
  row: Record<string, unknown>,
): Record<string, unknown> {
  const opened = table !== 'methods' || REACHED.includes(String(row.kind))
  const others = table === 'audit_events' ? othersOf(row, id) : []
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      const isLeftOut = name === 'tenant_id' || name.endsWith('_folded') || others.includes(name)
      const isSomebodyElse = OF_PERSON.includes(name) && value !== id
      if (isLeftOut || isSomebodyElse || CHOSEN[table]?.includes(name) === false) return []
      const seal = opened && OWN.find(one => one.table === table && one.column === name)
      if (seal && typeof value === 'string')
        return [
          [name.replace(/_sealed$/, ''), keys.open(placeOf(seal, tenantId, row), Buffer.from(value.slice(2), 'hex'))],
        ]
      const kept = withoutBytes(value)
      return kept === undefined ? [] : [[name, kept]]
    }),
  )
}

/** What an event holds of others: who acted and from where, on whom, and details that may name any of them. */
function othersOf({ actor_id, target_id, target_name }: Record<string, unknown>, id: string): string[] {
  const isActor = actor_id === id
  const isTarget = target_id === id || (target_id === null && target_name === null)
  return [
    ...(isActor ? [] : ['address', 'user_agent', 'actor_name']),
    ...(isTarget ? [] : ['target_name']),
    ...(isActor && isTarget ? [] : ['details']),
  ]
}

/** A value without the bytes within it; undefined where nothing is left. */
function withoutBytes(value: unknown): unknown {
  if (value === null || (typeof value === 'string' && BYTES.test(value))) return undefined
  if (typeof value !== 'object') return value
  const kept = Object.entries(value as object).flatMap(([name, one]) => {
    const left = withoutBytes(one)
    return left === undefined ? [] : [[name, left] as const]
  })
  if (kept.length === 0) return undefined
  return Array.isArray(value) ? kept.map(([, one]) => one) : Object.fromEntries(kept)
}

function placeOf({ purpose, key, rowId }: SealedColumn, tenantId: string, row: Record<string, unknown>) {
  const texts = row as Record<string, string>
  return { purpose, tenantId, rowId: rowId ? rowId(texts) : texts[key.at(-1)!]! }
}

/** The same as a text that a person can read, in their language. */
export async function personalText(
  trx: Trx,
  { now }: Pick<Act, 'now'>,
  { t, dateTime }: Pick<Locale, 't' | 'dateTime'>,
  { user, data }: { user: User; data: readonly PersonalRows[] },
): Promise<string> {
  const { displayName: organization } = await getTenant(trx, trx.tenantId)
  const sections = data.map(({ table, rows }) => {
    const title = t(`personalData.tables.${table as 'accounts'}`)
    return [title, '='.repeat(title.length), ...rows.map(lines)].join('\n')
  })
  const head = t('personalData.title', { name: user.displayName })
  const intro = `${t('personalData.taken', { time: dateTime(now) })}\n${t('personalData.intro', { organization })}`
  return `${[head, intro, ...sections].join('\n\n')}\n`
}

/** A row's fields, one on a line. A name may hold what a terminal obeys. */
const lines = (row: Record<string, unknown>) =>
  Object.entries(row)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .map(line => line.replace(/\p{Cc}/gu, ' '))
    .join('\n')
    .concat('\n')
