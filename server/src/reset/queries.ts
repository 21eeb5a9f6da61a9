import type { Insertable } from 'kysely'
import type { Act } from '../act.ts'
import { type AuditEvent, record } from '../audit/index.ts'
import { challengesOf } from '../challenges/index.ts'
import { type AccountRead, accountBy, hasHelpers, type User } from '../directory/index.ts'
import { blocksOf } from '../limits/index.ts'
import { methodsOf } from '../methods/index.ts'
import type { DirectoryRules } from '../passwords/index.ts'
import { writebackOf } from '../policies/index.ts'
import type { ResetRefusal } from '../readiness/index.ts'
import { familiarityOf } from '../sessions/index.ts'
import { ask, bytesOf, dateOf, type Read, type SealedColumn, sql, type Tables, type Trx } from '../store/index.ts'

const journeyColumns = [
  'id',
  'user_id',
  'typed_name_sealed',
  'browser_hash',
  'security_epoch',
  'may_unlock',
  'problem',
  'refusal',
  'language',
  'counter_keys',
  'expires_at',
  'contacted_at',
  'finished_at',
  'sign_in_id',
  'directory_rules',
] as const

/** A journey's row. `lock`: until the transaction ends. */
export const findJourneyRow = (trx: Trx, tenantId: string, id: string, lock: boolean) =>
  trx
    .selectFrom('journeys')
    .select(journeyColumns)
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .$if(lock, query => query.forNoKeyUpdate())
    .executeTakeFirst()

export type JourneyRow = NonNullable<Awaited<ReturnType<typeof findJourneyRow>>>

/** Where a journey stands. */
export interface JourneyKey {
  tenantId: string
  id: string
}

/** Locks a journey, then its user, until the transaction ends. A statement of its own: later reads then see the changes of earlier holders. */
export async function lockJourneyRow(trx: Trx, { tenantId, id }: JourneyKey): Promise<void> {
  await sql`
    with journey as materialized (select user_id from journeys where tenant_id = ${tenantId} and id = ${id} for no key update),
      person as materialized (
        select id from users where tenant_id = ${tenantId} and id = (select user_id from journey) for no key update)
    select (select user_id from journey), (select id from person)`.execute(trx)
}

/** The row `journey` of a statement; undefined where there is none. */
const journeyRow: Read<JourneyRow | undefined> = {
  sql: sql`to_json(journey)`,
  read(json) {
    const row = json as JourneyJson | null
    return row
      ? {
          ...row,
          typed_name_sealed: bytesOf(row.typed_name_sealed)!,
          browser_hash: bytesOf(row.browser_hash)!,
          counter_keys: row.counter_keys.map(key => bytesOf(key)!),
          expires_at: new Date(row.expires_at),
          contacted_at: dateOf(row.contacted_at),
          finished_at: dateOf(row.finished_at),
        }
      : undefined
  },
}

interface JourneyJson
  extends Omit<
    JourneyRow,
    'typed_name_sealed' | 'browser_hash' | 'counter_keys' | 'expires_at' | 'contacted_at' | 'finished_at'
  > {
  typed_name_sealed: string
  browser_hash: string
  counter_keys: string[]
  expires_at: string
  contacted_at: string | null
  finished_at: string | null
}

/** Writes events of a journey. The actor has a name and no id: nobody has proved who they are until the end. */
export function recordStep(
  trx: Trx,
  act: Act,
  { user }: { user?: User | undefined },
  ...steps: Omit<AuditEvent, 'target'>[]
): Promise<void> {
  return record(trx, byAsker(act, user), ...steps.map(step => ({ ...step, ...targetOf(user) })))
}

/** The act of a person who asks for a reset. The name is the account's, or none: a typed one may be a password. */
export const byAsker = (act: Act, user: User | undefined): Act => ({
  ...act,
  actor: { kind: 'anyone', name: user?.userPrincipalName ?? 'unknown' },
})

/** The target of a journey's events, where the name leads to an account. */
export const targetOf = (user: User | undefined) => user && { target: { id: user.id, name: user.userPrincipalName } }

/** The facts of a journey, in one statement; undefined where there is no such journey. */
export async function findJourneyFacts(
  trx: Trx,
  act: Act,
  { tenantId, id }: JourneyKey,
  deviceCookie: string | undefined,
) {
  const columns = sql.join(journeyColumns.map(column => sql.ref(column)))
  const journey = sql`(select ${columns} from journeys where tenant_id = ${tenantId} and id = ${id}) as journey`
  const by = accountBy(trx, { id: sql`journey.user_id`, in: journey })
  const reads = {
    ...factsOf(act, by, deviceCookie),
    row: journeyRow,
    challenges: challengesOf(act, tenantId, { purpose: 'reset', journeyId: id }),
    blocks: blocksOf(act, tenantId, sql`journey.counter_keys`, 'proofs'),
  }
  const { row, account, ...facts } = await ask(trx, reads, by.from)
  if (!row) return undefined
  const typedName = act.keys.open({ purpose: 'typed-name', tenantId, rowId: id }, row.typed_name_sealed)
  return { row, typedName, ...account, ...facts }
}

/** The first facts of a journey for this name (from `readName`), in one statement. */
export async function findFirstFacts(trx: Trx, act: Act, name: string, deviceCookie: string | undefined) {
  const by = accountBy(trx, { name })
  const reads = {
    ...factsOf(act, by, deviceCookie),
    blocks: blocksOf(act, trx.tenantId, name, 'password', 'lock', 'proofs'),
  }
  const { account, ...facts } = await ask(trx, reads, by.from)
  return { ...account, ...facts }
}

const factsOf = (act: Act, account: AccountRead, deviceCookie: string | undefined) => ({
  account,
  recorded: methodsOf(act, account.user),
  browser: familiarityOf(act, account.user, deviceCookie),
  hasHelpers: hasHelpers(account.user.tenantId),
  writeback: writebackOf(account.user.tenantId, act.now),
})

export type NewJourney = Omit<Insertable<Tables['journeys']>, 'directory_rules'> & {
  directory_rules: DirectoryRules | null
}

export const insertJourney = (trx: Trx, { directory_rules, ...journey }: NewJourney) =>
  trx
    .insertInto('journeys')
    .values({ ...journey, directory_rules: directory_rules && JSON.stringify(directory_rules) })
    .execute()

export async function setProblem(trx: Trx, tenantId: string, id: string, problem: 'forgot' | 'unlock') {
  await trx.updateTable('journeys').set({ problem }).where('tenant_id', '=', tenantId).where('id', '=', id).execute()
}

/** Refuses the journey for good: the directory said no to us, which no other password would change. */
export async function refuseJourney(trx: Trx, tenantId: string, id: string, refusal: ResetRefusal) {
  await trx
    .updateTable('journeys')
    .set({ refusal })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute()
}

/** Counts one more tried password; false beyond the limit of a journey. */
export async function spendPasswordTry(trx: Trx, tenantId: string, id: string, atMost: number): Promise<boolean> {
  const spent = await trx
    .updateTable('journeys')
    .set(row => ({ passwords_refused: row('passwords_refused', '+', 1) }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('passwords_refused', '<', atMost)
    .returning('id')
    .executeTakeFirst()
  return spent !== undefined
}

/** Ends the journey, once: false where it has ended. */
export async function claimJourney(trx: Trx, { now }: Act, tenantId: string, id: string): Promise<boolean> {
  const claimed = await trx
    .updateTable('journeys')
    .set({ finished_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Notes that the administrators are asked, once a journey: false where they were. */
export async function claimContact(trx: Trx, { now }: Act, tenantId: string, id: string): Promise<boolean> {
  const claimed = await trx
    .updateTable('journeys')
    .set({ contacted_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('contacted_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** The columns that a job seals anew. */
export const journeySeals: SealedColumn[] = [
  { table: 'journeys', column: 'typed_name_sealed', key: ['id'], purpose: 'typed-name' },
]
