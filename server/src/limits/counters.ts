import type { RawBuilder } from 'kysely'
import { DAY, HOUR, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { ProtectionSettings } from '../policies/index.ts'
import { askOne, hasEnded, latestEnd, type Read, sql, stillLasts, type Trx } from '../store/index.ts'

/** The counters of an account, over all ways in. */
export type CounterKind = 'password' | 'directory' | 'proofs' | 'phoneNumber' | ContactKind

/** Requests for help: for a name, for a name after a passed gate, in a tenant by strangers or for approval, and for one application. */
type ContactKind = 'contact' | 'provedContact' | 'tenantContacts' | 'approval'

/** Whether the browser is familiar to the person. Strangers' failures never lock the owner's familiar browser. */
export type Browser = 'familiar' | 'other'

/** How a tenant locks after wrong passwords: after how many, and for how many seconds at first. */
export type Lockout = Pick<ProtectionSettings, 'lockoutThreshold' | 'lockoutSeconds'>

/** A counter of failures. It counts the name as typed, known or not, so that a lock reveals nothing. */
export type Counter = {
  tenantId: string
  /** The folded name. Kept as a keyed hash. */
  name: string
  browser: Browser
} & (
  | { kind: Exclude<CounterKind, 'password' | 'directory'> }
  | { kind: 'password'; lockout: Lockout }
  /** Passwords that reach a directory: so many within so many seconds, null without end, that it does not lock. */
  | { kind: 'directory'; allowed: number; seconds: number | null }
)

/** A counter of requests for help. */
export type ContactCounter = CounterName & { kind: ContactKind }

/** The key of a counter, without its rule. */
export type CounterName = Pick<Counter, 'tenantId' | 'name' | 'browser' | 'kind'>

/** Failures before the block, how long they are remembered, and how long each block lasts. */
interface Rule {
  allowed: number
  window: number
  block(failures: number): number
  /** Whether strangers' failures are counted over a month too, against guessing for weeks. */
  month?: true
}

/** From so many failures of strangers in a month, each further one blocks for longer, and a reset asks for one gate more. */
const MONTH = { allowed: 20, window: 30 * DAY, block: 7 * DAY }

/** For SQL: whether the month of a counter is over, and whether its failures were many. */
const monthOver = (row: string, now: Date) =>
  sql`(${sql.ref(`${row}.month_ends_at`)} is null or ${hasEnded(sql.ref(`${row}.month_ends_at`), now, MONTH.window)})`
const isGuessed = (row: string, now: Date) =>
  sql<boolean>`(${sql.ref(`${row}.month_failures`)} >= ${MONTH.allowed} and not ${monthOver(row, now)})`

/** For SQL: whether the block of a counter holds. How long it can last at most depends on what it counts. */
const isBlocked = (row: string, now: Date) => sql<boolean>`coalesce(${sql.ref(`${row}.kind`)} = 'lock'
  or not ${hasEnded(
    sql.ref(`${row}.blocked_until`),
    now,
    sql`case when ${isGuessed(row, now)} then ${latestEnd(now, MONTH.block)}::timestamptz
      when ${sql.ref(`${row}.kind`)} in ('phoneNumber', 'tenantContacts') then ${latestEnd(now, HOUR)}::timestamptz
      when ${sql.ref(`${row}.kind`)} = 'directory' then ${latestEnd(now, MONTH.window)}::timestamptz
      when ${sql.ref(`${row}.kind`)} = 'password' then ${latestEnd(now, LONGEST_LOCKOUT)}::timestamptz
      else ${latestEnd(now, DAY)}::timestamptz end`,
  )}, false)`

/** For SQL: whether a counter can be forgotten. */
export const isForgotten = (now: Date) => sql<boolean>`(kind <> 'lock' and not ${isBlocked('counters', now)}
  and ${hasEnded(sql`window_ends_at`, now, DAY)} and not (kind = 'directory'
    and not ${hasEnded(sql`window_ends_at`, now, MONTH.window)}) and ${monthOver('counters', now)})`

// Smart lockout (self-service password reset, §4.7): a minute after the tenth, doubling with each further failure, up to an hour.
const passwordRule = ({ lockoutThreshold: allowed, lockoutSeconds }: Lockout): Rule => {
  const first = lockoutSeconds * SECOND
  const longest = Math.max(first, HOUR)
  return { allowed, window: DAY, block: failures => Math.min(first * 2 ** (failures - allowed), longest) }
}

/** The longest that a tenant may choose for its first lock. */
const LONGEST_LOCKOUT = 5 * HOUR

/** A directory that never forgets failures is asked again after a month. */
const directoryRule = ({ allowed, seconds }: { allowed: number; seconds: number | null }): Rule => {
  const window = Math.min(seconds === null ? MONTH.window : seconds * SECOND, MONTH.window)
  return { allowed, window, block: () => window }
}

const RULES: Record<Exclude<CounterKind, 'password' | 'directory'>, Rule> = {
  // §5.1: five failed proofs within a day block for a day.
  proofs: { allowed: 5, window: DAY, block: () => DAY, month: true },
  // A typed number that is not the one on record is a guess, but proves nothing: it has a counter of its own.
  phoneNumber: { allowed: 5, window: HOUR, block: () => HOUR },
  // §7.4: administrators are asked once a day for somebody.
  contact: { allowed: 1, window: DAY, block: () => DAY },
  provedContact: { allowed: 1, window: DAY, block: () => DAY },
  tenantContacts: { allowed: 20, window: HOUR, block: () => HOUR },
  // Single sign-on, §2: once a day for an application, whose id is the name.
  approval: { allowed: 1, window: DAY, block: () => DAY },
}

function ruleOf(counter: Counter): Rule {
  if (counter.kind === 'password') return passwordRule(counter.lockout)
  return counter.kind === 'directory' ? directoryRule(counter) : RULES[counter.kind]
}

/** So many different wrong passwords are remembered. */
const REMEMBERED = 3

/** Added to the mark of a secret that was typed again: it is judged without being counted, so nothing is given back for it. */
const REPEATED = 0x8000

/** The mark of a typed secret: a keyed hash of 15 bits, too short to reveal anything. */
const markOf = ({ keys }: Pick<Means, 'keys'>, { tenantId, name }: CounterName, secret: string) =>
  keys.mac('wrong-password', tenantId, name, secret).readUInt16BE(0) >> 1

/** An attempt was counted and may be judged (`begins`: its failure begins a block), or none may be made until the block ends. */
export type Spent = { allowed: true; begins?: true } | { allowed: false; retryAfter: number }

/**
 * Counts one attempt before it is judged, in one statement, so that of fifty at once exactly the allowed number pass.
 * The attempt that reaches the limit is still judged, and starts the block. `retryAfter`: seconds. `secret`: the typed
 * text, where a repeat counts once; the last three are known by their marks.
 */
export async function spend(trx: Trx, means: Means, counter: Counter, secret?: string): Promise<Spent> {
  const spent = (await isHeldByOlder(trx, means, counter)) ? undefined : await count(trx, means, counter, secret)
  return spent ?? refused(trx, means, counter)
}

/** The same as the last of a transaction, which commits with the count. */
export async function spendLast(trx: Trx, means: Means, counter: Counter, secret?: string): Promise<Spent> {
  const held = await isHeldByOlder(trx, means, counter)
  const [spent, refusal] = await trx.last(() =>
    Promise.all([held ? undefined : count(trx, means, counter, secret), refused(trx, means, counter)]),
  )
  return spent ?? refusal
}

/** Counts a request for help by all of these counters, or by none where one blocks: nobody was asked, so no day is used up. */
export async function spendContact(trx: Trx, means: Means, counters: readonly ContactCounter[]): Promise<boolean> {
  const spent: ContactCounter[] = []
  for (const counter of counters) {
    if (!(await spend(trx, means, counter)).allowed) {
      for (const one of spent) await giveBack(trx, means, one)
      return false
    }
    spent.push(counter)
  }
  return true
}

/** Counts the attempt; undefined while the counter blocks. */
async function count(trx: Trx, means: Means, counter: Counter, secret?: string): Promise<Spent | undefined> {
  const { now } = means
  const { tenantId, kind, browser } = counter
  const rule = ruleOf(counter)
  const mark = secret === undefined ? null : markOf(means, counter, secret)
  const again = mark === null ? null : mark + REPEATED
  const [subject] = counterKeysOf(means, tenantId, counter.name)
  // When the block will end if this attempt is the n-th failure, for each n that can be next: seconds, as one text.
  const ends = Array.from({ length: 12 }, (_, past) => plus(now, rule.block(rule.allowed + past)).getTime() / SECOND)
  const monthly = rule.month === true && browser === 'other'
  const over = hasEnded(sql`c.window_ends_at`, now, rule.window)
  const known = sql`c.recent && array[${mark}, ${again}]::int[]`
  const repeated = sql`(${known} and not ${over})`
  const failures = sql`(case when ${over} then 1 when ${repeated} then c.failures else c.failures + 1 end)`
  const month = sql`(case when ${monthOver('c', now)} then 1 else c.month_failures + 1 end)`
  const { rows } = await sql<{ begins: boolean }>`
    insert into counters as c (tenant_id, kind, subject, browser, failures, window_ends_at, blocked_until, recent, month_failures, month_ends_at)
    values (${tenantId}, ${kind}, ${subject}, ${browser}, 1, ${plus(now, rule.window)},
      ${rule.allowed <= 1 ? plus(now, rule.block(1)) : null}, array_remove(array[${mark}::int], null),
      ${monthly ? 1 : 0}, ${monthly ? plus(now, MONTH.window) : null})
    on conflict (tenant_id, kind, subject, browser) do update set
      failures = ${failures},
      window_ends_at = case when ${over} then excluded.window_ends_at else c.window_ends_at end,
      recent = case when ${over} then excluded.recent when ${known} then array_replace(c.recent, ${mark}::int, ${again}::int)
        else (excluded.recent || c.recent)[1:${REMEMBERED}] end,
      blocked_until = case when ${repeated} then null
        when ${monthly} and ${month} >= ${MONTH.allowed} then ${plus(now, MONTH.block)}::timestamptz
        when ${failures} >= ${rule.allowed}
        then to_timestamp((string_to_array(${ends.join()}, ','))[least(${failures} + 1 - ${rule.allowed}, 12)]::float8) end,
      month_failures = case when ${monthly} then ${month} else 0 end,
      month_ends_at = case when ${monthly} and ${monthOver('c', now)} then excluded.month_ends_at else c.month_ends_at end
    where not ${isBlocked('c', now)}
    returning blocked_until is not null as begins`.execute(trx)
  return rows[0] && { allowed: true, ...(rule.month && rows[0].begins && { begins: true }) }
}

/** By a statement of its own: the count waited for the row, and does not see a block that another request began meanwhile. */
const refused = async (trx: Trx, means: Means, counter: Counter): Promise<Spent> => ({
  allowed: false,
  retryAfter: Math.max(await askOne(trx, blockOf(means, counter)), 1),
})

/** A block that holds, and its seconds; `lock`: without end, and without seconds. */
export interface Block {
  kind: CounterKind | 'lock'
  browser: Browser
  seconds: number
  /** Whether strangers have failed so often in a month that a reset asks for one gate more; also without a block. */
  guessed: boolean
}

/** The keys under which the failures of a name are counted: one for each secret. */
export const counterKeysOf = ({ keys }: Pick<Means, 'keys'>, tenantId: string, name: string): Buffer[] =>
  keys.macs('name', tenantId, name)

/** For SQL: the seconds of a block. */
const secondsLeft = (now: Date) => sql`case when kind = 'lock' or not ${isBlocked('counters', now)} then 0
  else ceil(extract(epoch from blocked_until - ${now}::timestamptz)) end`

/**
 * The blocks of these kinds that hold for a name now, by the name or its keys. The kind comes first in the index:
 * without one, all counters of the tenant would be read.
 */
export const blocksOf = (
  { now, keys }: Pick<Means, 'now' | 'keys'>,
  tenantId: string,
  of: string | RawBuilder<unknown>,
  ...kinds: Block['kind'][]
): Read<Block[]> => ({
  sql: sql`(
    select coalesce(json_agg(json_build_object('kind', kind, 'browser', browser, 'guessed', ${isGuessed('counters', now)},
      'seconds', ${secondsLeft(now)})), '[]')
    from counters where tenant_id = ${tenantId} and kind = any(${kinds}::text[])
      and subject = any(${typeof of === 'string' ? counterKeysOf({ keys }, tenantId, of) : of}::bytea[])
      and (${isBlocked('counters', now)} or ${isGuessed('counters', now)}))`,
  read: json => json as Block[],
})

/** The same for several names, each with those of its own. */
export async function blocksOfNames(
  trx: Trx,
  means: Pick<Means, 'now' | 'keys'>,
  names: readonly string[],
  ...kinds: Block['kind'][]
): Promise<Map<string, Block[]>> {
  const { tenantId } = trx
  const nameOf = new Map(
    names.flatMap(name => counterKeysOf(means, tenantId, name).map(key => [key.toString('hex'), name] as const)),
  )
  const { now } = means
  const keys = [...nameOf.keys()].map(hex => Buffer.from(hex, 'hex'))
  const { rows } = await sql<Block & { subject: Buffer }>`
    select subject, kind, browser, ${isGuessed('counters', now)} as guessed, ${secondsLeft(now)}::float8 as seconds
    from counters where tenant_id = ${tenantId} and kind = any(${kinds}::text[]) and subject = any(${keys}::bytea[])
      and (${isBlocked('counters', now)} or ${isGuessed('counters', now)})`.execute(trx)
  const found = new Map<string, Block[]>()
  for (const { subject, ...block } of rows) {
    const name = nameOf.get(subject.toString('hex'))!
    found.set(name, [...(found.get(name) ?? []), block])
  }
  return found
}

/** For SQL: the last end of the blocks that hold now, as rows of `subject` (the key of a name) and `until`; in the year 9999 where one has none. */
export const blockEnds = (tenantId: string, now: Date, ...kinds: Block['kind'][]) => sql`
  select subject, max(case when kind = 'lock' then ${NO_END}::timestamptz else blocked_until end) as until from counters
  where tenant_id = ${tenantId} and kind = any(${kinds}::text[]) and ${isBlocked('counters', now)} group by subject`

/** How a time tells that there is no end. */
export const NO_END = new Date('9999-12-31T23:59:59.000Z')

/** How long the block of a counter still lasts, in seconds; 0 where there is none. */
export const blockOf = (means: Means, counter: CounterName): Read<number> => {
  const { sql, read } = blocksOf(means, counter.tenantId, counter.name, counter.kind)
  return { sql, read: json => longestBlock(read(json), counter) }
}

/** The same, of blocks that were read. */
export const longestBlock = (blocks: readonly Block[], { kind, browser }: Pick<CounterName, 'kind' | 'browser'>) =>
  Math.max(0, ...blocks.filter(one => one.kind === kind && one.browser === browser).map(({ seconds }) => seconds))

/** Whether strangers have failed to prove that they have this name twenty times in a month. */
export const isGuessedAt = (blocks: readonly Block[]) => blocks.some(({ guessed }) => guessed)

/** Whether sign-in by password is locked, in any browser, for a while or without end. */
export const hasLock = (blocks: readonly Block[]) => blocks.some(({ kind }) => kind === 'password' || kind === 'lock')

/**
 * Brings a counter under an older secret to the newest one: a rotation of secrets must give nobody new tries. Whether a
 * block stays under an older one, which holds on: it must not lift a lock either.
 */
async function isHeldByOlder(trx: Trx, { now, keys }: Means, counter: CounterName): Promise<boolean> {
  const { tenantId, kind, browser, name } = counter
  const [subject, ...older] = counterKeysOf({ keys }, tenantId, name)
  if (older.length === 0) return false
  const ours = sql`tenant_id = ${tenantId} and kind = ${kind} and browser = ${browser}`
  await sql`
    update counters set subject = ${subject}
    where ${ours} and not exists (select from counters where ${ours} and subject = ${subject})
      and subject = (select subject from counters where ${ours} and subject = any(${older}::bytea[])
        order by blocked_until desc nulls last, failures desc limit 1)`.execute(trx)
  const { rows } = await sql`
    select from counters where ${ours} and subject = any(${older}::bytea[]) and ${isBlocked('counters', now)}`.execute(
    trx,
  )
  return rows.length > 0
}

/** How many more failures a counter takes until it blocks. */
export async function findTriesLeft(trx: Trx, means: Means, counter: Counter): Promise<number> {
  const { allowed, window } = ruleOf(counter)
  const row = await trx
    .selectFrom('counters')
    .select(({ fn }) => fn.max('failures').as('failures'))
    .where('tenant_id', '=', counter.tenantId)
    .where('kind', '=', counter.kind)
    .where('subject', 'in', means.keys.macs('name', counter.tenantId, counter.name))
    .where('browser', '=', counter.browser)
    .where(stillLasts(sql.ref('window_ends_at'), means.now, window))
    .executeTakeFirstOrThrow()
  return Math.max(allowed - (row.failures ?? 0), 0)
}

/**
 * Takes back an attempt that was right or not judged, so that only failures stay counted. A block that it started ends.
 * `secret`: as for `spend`; its mark goes too, and where it was typed again meanwhile, or was counted before, nothing is
 * taken back.
 */
export async function giveBack(trx: Trx, means: Means, counter: Counter, secret?: string): Promise<void> {
  const mark = secret === undefined ? null : markOf(means, counter, secret)
  await trx
    .updateTable('counters')
    .set(row => ({
      recent: sql<number[]>`array_remove(${row.ref('recent')}, ${mark}::int)`,
      failures: sql<number>`greatest(${row.ref('failures')} - 1, 0)`,
      month_failures: sql<number>`greatest(${row.ref('month_failures')} - 1, 0)`,
      blocked_until: sql`case when ${row.ref('failures')} > ${ruleOf(counter).allowed} then ${row.ref('blocked_until')} end`,
    }))
    .where('tenant_id', '=', counter.tenantId)
    .where('kind', '=', counter.kind)
    .where('subject', 'in', means.keys.macs('name', counter.tenantId, counter.name))
    .where('browser', '=', counter.browser)
    .$if(mark !== null, query => query.where(sql<boolean>`recent @> array[${mark}::int]`))
    .execute()
}

/** Forgets the failures of one counter after a success in its browser. Strangers' failures stay counted, or each sign-in of the owner would give them new tries. */
export async function forget(trx: Trx, means: Means, counter: CounterName): Promise<void> {
  await trx
    .deleteFrom('counters')
    .where('tenant_id', '=', counter.tenantId)
    .where('kind', '=', counter.kind)
    .where('subject', 'in', means.keys.macs('name', counter.tenantId, counter.name))
    .where('browser', '=', counter.browser)
    .execute()
}

/** The remembered failures of a name, in every browser. */
export async function countFailures(trx: Trx, means: Means, counter: Omit<CounterName, 'browser'>): Promise<number> {
  const { count } = await trx
    .selectFrom('counters')
    .select(row => row.fn.sum<string | null>('failures').as('count'))
    .where('tenant_id', '=', counter.tenantId)
    .where('kind', '=', counter.kind)
    .where('subject', 'in', means.keys.macs('name', counter.tenantId, counter.name))
    .executeTakeFirstOrThrow()
  return Number(count ?? 0)
}

/** Forgets every failure of the name of these kinds: after a success, or when an administrator lifts a block. With failed passwords goes a lock without end. */
export async function clear(trx: Trx, means: Means, name: string, ...kinds: CounterKind[]) {
  await trx
    .deleteFrom('counters')
    .where('tenant_id', '=', trx.tenantId)
    .where('kind', 'in', kinds.includes('password') ? [...kinds, 'lock' as const] : kinds)
    .where('subject', 'in', means.keys.macs('name', trx.tenantId, name))
    .execute()
}

/**
 * Locks sign-in for every browser until an administrator, or a reset or unlock by its owner, lifts it.
 * Failures are counted and answered as for every name, so that the lock does not show.
 */
export async function lock(trx: Trx, means: Means, tenantId: string, name: string) {
  await sql`
    insert into counters (tenant_id, kind, subject, browser, failures, window_ends_at, blocked_until)
    values (${tenantId}, 'lock', ${means.keys.mac('name', tenantId, name)}, 'other', 0, 'infinity', 'infinity')
    on conflict do nothing`.execute(trx)
}
