import { sql } from 'kysely'
import { DAY, HOUR, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { ProtectionSettings } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** What is counted per account, over all ways in. */
export type CounterKind = 'password' | 'proofs' | 'phoneNumber' | ContactKind

/** Requests for help: for a name, for a name after a passed gate, and in a tenant by strangers. */
type ContactKind = 'contact' | 'provedContact' | 'tenantContacts'

/** Whether the failure came from a browser that this person is known to use. Strangers' failures never lock the owner's browser. */
export type Browser = 'familiar' | 'other'

/** How a tenant locks after wrong passwords: after how many, and for how many seconds at first. */
export type Lockout = Pick<ProtectionSettings, 'lockoutThreshold' | 'lockoutSeconds'>

/** Where failures are counted: on the name as typed, whether or not it exists, so that a lock tells nothing. */
export type Counter = {
  tenantId: string
  /** The folded name. Kept as a keyed hash. */
  name: string
  browser: Browser
} & ({ kind: Exclude<CounterKind, 'password'> } | { kind: 'password'; lockout: Lockout })

/** Where requests for help are counted. */
export type ContactCounter = CounterName & { kind: ContactKind }

/** Which counter it is, without its rule. */
export type CounterName = Pick<Counter, 'tenantId' | 'name' | 'browser' | 'kind'>

/** Failures before the block, how long they are remembered, and how long each block lasts. */
interface Rule {
  allowed: number
  window: number
  block(failures: number): number
}

// Smart lockout (self-service password reset, §4.7): a minute after the tenth, doubling with each further failure, up to an hour.
const passwordRule = ({ lockoutThreshold: allowed, lockoutSeconds }: Lockout): Rule => {
  const first = lockoutSeconds * SECOND
  const longest = Math.max(first, HOUR)
  return { allowed, window: DAY, block: failures => Math.min(first * 2 ** (failures - allowed), longest) }
}

const RULES: Record<Exclude<CounterKind, 'password'>, Rule> = {
  // §5.1: five failed proofs within a day block for a day.
  proofs: { allowed: 5, window: DAY, block: () => DAY },
  // Typing a number that is not the one on record is guessing too, but it proves nothing: a count of its own.
  phoneNumber: { allowed: 5, window: HOUR, block: () => HOUR },
  // §7.4: administrators are asked once a day for somebody.
  contact: { allowed: 1, window: DAY, block: () => DAY },
  provedContact: { allowed: 1, window: DAY, block: () => DAY },
  tenantContacts: { allowed: 20, window: HOUR, block: () => HOUR },
}

const ruleOf = (counter: Counter): Rule =>
  counter.kind === 'password' ? passwordRule(counter.lockout) : RULES[counter.kind]

/** So many different wrong passwords are remembered. */
const REMEMBERED = 3

/** An attempt was counted and may be judged, or none may be made until the block ends. */
export type Spent = { allowed: true } | { allowed: false; retryAfter: number }

/**
 * Counts one attempt before it is judged: a crash or a parallel request can then only count too much, never too little.
 * One statement, so that of fifty at once exactly the allowed number pass. The attempt that reaches the limit is still judged, and starts the block.
 * `retryAfter`: seconds.
 * `secret`: what was typed, where the same mistake made again counts once: the last three are known by a keyed hash of 16 bits, too short to find anything out from.
 */
export async function spend(trx: Trx, means: Means, counter: Counter, secret?: string): Promise<Spent> {
  const { now, keys } = means
  const { tenantId, kind, browser } = counter
  const rule = ruleOf(counter)
  const mark = secret === undefined ? null : keys.mac('wrong-password', tenantId, counter.name, secret).readUInt16BE(0)
  const [subject, ...older] = keys.macs('name', tenantId, counter.name)
  if (older.length > 0) await moveOlder(trx, counter, subject!, older)
  // What the block will be if this attempt is the n-th failure, for each n that can be next.
  const blocks = Array.from({ length: 12 }, (_, past) => rule.block(rule.allowed + past) / SECOND)
  // A block that was written under an older secret holds on: rotating secrets must not lift a lock.
  const unlessHeld = sql`where not exists (
    select from counters where tenant_id = ${tenantId} and kind = ${kind} and browser = ${browser}
      and subject = any(${older}::bytea[]) and blocked_until > ${now})`
  const { rows } = await sql`
    insert into counters as c (tenant_id, kind, subject, browser, failures, window_ends_at, blocked_until, recent)
    select ${tenantId}, ${kind}, ${subject}, ${browser}, 1, ${plus(now, rule.window)}::timestamptz,
      ${rule.allowed <= 1 ? plus(now, rule.block(1)) : null}::timestamptz, array_remove(array[${mark}::int], null)
    ${older.length > 0 ? unlessHeld : sql``}
    on conflict (tenant_id, kind, subject, browser) do update set
      failures = case when c.window_ends_at <= ${now} then 1 when c.recent @> excluded.recent and ${mark !== null} then c.failures else c.failures + 1 end,
      window_ends_at = case when c.window_ends_at <= ${now} then excluded.window_ends_at else c.window_ends_at end,
      recent = case when c.window_ends_at <= ${now} then excluded.recent when c.recent @> excluded.recent then c.recent
        else (excluded.recent || c.recent)[1:${REMEMBERED}] end,
      blocked_until = case when c.window_ends_at <= ${now} then excluded.blocked_until
        when c.recent @> excluded.recent and ${mark !== null} then null
        when c.failures + 1 >= ${rule.allowed}
        then ${now}::timestamptz + make_interval(secs => (${blocks}::float8[])[least(c.failures + 2 - ${rule.allowed}, 12)]) end
    where c.blocked_until is null or c.blocked_until <= ${now}
    returning 1`.execute(trx)
  if (rows.length > 0) return { allowed: true }
  // A statement of its own: the one above does not see a block that another request began while it waited for the row.
  return { allowed: false, retryAfter: Math.max(await blockedFor(trx, means, counter), 1) }
}

/** A block that holds, and for how many seconds; `lock`: one without end, for which that means nothing. */
export interface Block {
  kind: CounterKind | 'lock'
  browser: Browser
  seconds: number
}

/** For SQL: the `Block`s that hold for a name now. */
export const blocksOf = ({ now, keys }: Means, tenantId: string, name: string) => sql<Block[]>`(
  select coalesce(json_agg(json_build_object('kind', kind, 'browser', browser, 'seconds',
    case kind when 'lock' then 0 else ceil(extract(epoch from blocked_until - ${now}::timestamptz)) end)), '[]')
  from counters where tenant_id = ${tenantId}
    and subject = any(${keys.macs('name', tenantId, name)}::bytea[]) and blocked_until > ${now})`

/** How long such a counter is still blocked, in seconds; 0 where it is not. */
export const longestBlock = (blocks: readonly Block[], { kind, browser }: Pick<CounterName, 'kind' | 'browser'>) =>
  Math.max(0, ...blocks.filter(one => one.kind === kind && one.browser === browser).map(({ seconds }) => seconds))

/** Whether a password sign-in is locked, in any browser, for a while or without end. */
export const hasLock = (blocks: readonly Block[]) => blocks.some(({ kind }) => kind === 'password' || kind === 'lock')

/** For SQL: whether sign-in with this name is locked without end. */
export const lockOf = ({ keys }: Means, tenantId: string, name: string) => sql<boolean>`exists(
  select from counters where tenant_id = ${tenantId} and kind = 'lock' and subject = any(${keys.macs('name', tenantId, name)}::bytea[]))`

async function findBlocks(trx: Trx, means: Means, tenantId: string, name: string): Promise<Block[]> {
  const { rows } = await sql<{ blocks: Block[] }>`select ${blocksOf(means, tenantId, name)} as blocks`.execute(trx)
  return rows[0]?.blocks ?? []
}

/** Brings what was counted under an older secret to the newest one: rotating secrets must give nobody new tries. */
async function moveOlder(trx: Trx, { tenantId, kind, browser }: CounterName, subject: Buffer, older: Buffer[]) {
  const ours = sql`tenant_id = ${tenantId} and kind = ${kind} and browser = ${browser}`
  await sql`
    update counters set subject = ${subject}
    where ${ours} and not exists (select from counters where ${ours} and subject = ${subject})
      and subject = (select subject from counters where ${ours} and subject = any(${older}::bytea[])
        order by blocked_until desc nulls last, failures desc limit 1)`.execute(trx)
}

/** How long the block of this counter still lasts, in seconds; 0 where there is none. */
export const blockedFor = async (trx: Trx, means: Means, counter: CounterName): Promise<number> =>
  longestBlock(await findBlocks(trx, means, counter.tenantId, counter.name), counter)

/** Takes back an attempt that turned out right, so that only failures stay counted; a block that it had started goes too. */
export async function giveBack(trx: Trx, means: Means, counter: Counter): Promise<void> {
  await trx
    .updateTable('counters')
    .set(row => ({
      failures: sql<number>`greatest(${row.ref('failures')} - 1, 0)`,
      blocked_until: sql`case when ${row.ref('failures')} > ${ruleOf(counter).allowed} then ${row.ref('blocked_until')} end`,
    }))
    .where('tenant_id', '=', counter.tenantId)
    .where('kind', '=', counter.kind)
    .where('subject', 'in', means.keys.macs('name', counter.tenantId, counter.name))
    .where('browser', '=', counter.browser)
    .execute()
}

/** Forgets the failures of one counter after a success in its browser: strangers' failures stay counted, or each sign-in of the owner would give them new tries. */
export async function forget(trx: Trx, means: Means, counter: CounterName): Promise<void> {
  await trx
    .deleteFrom('counters')
    .where('tenant_id', '=', counter.tenantId)
    .where('kind', '=', counter.kind)
    .where('subject', 'in', means.keys.macs('name', counter.tenantId, counter.name))
    .where('browser', '=', counter.browser)
    .execute()
}

/** The failures of a name that are remembered now, in every browser. */
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

/** Forgets every failure of the name of these kinds: after a success, or when an administrator lifts a block. */
export async function clear(trx: Trx, means: Means, tenantId: string, name: string, ...kinds: CounterKind[]) {
  await clearing(trx, means, tenantId, name, ...kinds).execute()
}

/** The same, to be made together with other changes. With failed passwords goes a lock without end. */
export const clearing = (trx: Trx, means: Means, tenantId: string, name: string, ...kinds: CounterKind[]) =>
  trx
    .deleteFrom('counters')
    .where('tenant_id', '=', tenantId)
    .where('kind', 'in', kinds.includes('password') ? [...kinds, 'lock' as const] : kinds)
    .where('subject', 'in', means.keys.macs('name', tenantId, name))

/**
 * Locks sign-in for every browser until an administrator, or a reset or unlock by its owner, lifts it.
 * Failures are counted below it as for any name, and answered alike: that somebody is locked is nobody's business.
 */
export async function lock(trx: Trx, means: Means, tenantId: string, name: string) {
  await sql`
    insert into counters (tenant_id, kind, subject, browser, failures, window_ends_at, blocked_until)
    values (${tenantId}, 'lock', ${means.keys.mac('name', tenantId, name)}, 'other', 0, 'infinity', 'infinity')
    on conflict do nothing`.execute(trx)
}

/** Whether a password sign-in is locked for this name, in any browser. */
export const isLocked = async (trx: Trx, means: Means, tenantId: string, name: string): Promise<boolean> =>
  hasLock(await findBlocks(trx, means, tenantId, name))
