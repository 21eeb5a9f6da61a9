import { type Insertable, sql } from 'kysely'
import type { Act } from '../act.ts'
import { readChallenges, type StoredChallenge, storedChallenges } from '../challenges/index.ts'
import {
  accountColumns,
  hasHelpers,
  nobody,
  readAccount,
  type StoredAccount,
  subjectId,
  subjectOf,
} from '../directory/index.ts'
import { type Block, blocksOf } from '../limits/index.ts'
import { readMethods, type StoredMethod, storedMethods } from '../methods/index.ts'
import { readFamiliar, type StoredDevice, storedDevice } from '../sessions/index.ts'
import type { SealedColumn, Tables, Trx } from '../store/index.ts'

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
  'expires_at',
  'contacted_at',
  'finished_at',
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

/** Locks a journey, then its user, until the transaction ends. A statement of its own: later reads then see the changes of earlier holders. */
export async function lockJourney(trx: Trx, tenantId: string, id: string): Promise<void> {
  await sql`
    with journey as materialized (select user_id from journeys where tenant_id = ${tenantId} and id = ${id} for no key update),
      person as materialized (
        select id from users where tenant_id = ${tenantId} and id = (select user_id from journey) for no key update)
    select (select user_id from journey), (select id from person)`.execute(trx)
}

interface StoredFacts extends StoredAccount {
  methods: StoredMethod[]
  device: StoredDevice | null
  hasHelpers: boolean
}

/** The facts of a journey, in one statement; undefined where there is no such journey. */
export async function findJourneyFacts(
  trx: Trx,
  act: Act,
  tenantId: string,
  id: string,
  deviceCookie: string | undefined,
) {
  const { rows } = await sql<JourneyRow & StoredFacts & { challenges: StoredChallenge[] }>`
    with journey as (
      select ${sql.join(journeyColumns.map(column => sql.ref(column)))} from journeys
      where tenant_id = ${tenantId} and id = ${id}
    ), ${subjectOf(trx, tenantId, sql`users.id = (select user_id from journey)`)}
    select journey.*, ${storedChallenges(tenantId, { purpose: 'reset', journeyId: id })} as challenges,
      ${factColumns(act, tenantId, deviceCookie)}
    from journey left join tenants on tenants.tenant_id = ${tenantId} left join subject on true`.execute(trx)
  const [row] = rows
  return row && { row, ...readFacts(act, tenantId, row, deviceCookie), challenges: readChallenges(act, row.challenges) }
}

/** The first facts of a journey for this name (from `readName`), in one statement. */
export async function findFirstFacts(
  trx: Trx,
  act: Act,
  tenantId: string,
  name: string,
  deviceCookie: string | undefined,
) {
  const { rows } = await sql<StoredFacts & { blocks: Block[] }>`
    with ${subjectOf(trx, tenantId, sql`users.user_principal_name_folded = ${name}`)}
    select ${blocksOf(act, tenantId, name)} as blocks, ${factColumns(act, tenantId, deviceCookie)}
    from (select 1) as always left join tenants on tenants.tenant_id = ${tenantId} left join subject on true`.execute(
    trx,
  )
  const row = rows[0]!
  return { ...readFacts(act, tenantId, row, deviceCookie), blocks: row.blocks }
}

const factColumns = (act: Act, tenantId: string, deviceCookie: string | undefined) => sql`
  ${accountColumns(tenantId)}, ${storedMethods(tenantId, subjectId)} as methods,
  ${storedDevice(act, tenantId, subjectId, deviceCookie)} as device,
  ${hasHelpers(tenantId)} as "hasHelpers"`

function readFacts(act: Act, tenantId: string, stored: StoredFacts, deviceCookie: string | undefined) {
  const account = readAccount(tenantId, stored)
  const recorded = readMethods(act, account.user ?? nobody(tenantId), stored.methods)
  const familiar = readFamiliar(act, account.user ?? nobody(tenantId), deviceCookie, stored.device)
  return {
    ...account,
    recorded,
    browser: familiar ? ('familiar' as const) : ('other' as const),
    hasHelpers: stored.hasHelpers,
  }
}

export type NewJourney = Insertable<Tables['journeys']>

export const insertJourney = (trx: Trx, journey: NewJourney) => trx.insertInto('journeys').values(journey).execute()

export async function setProblem(trx: Trx, tenantId: string, id: string, problem: 'forgot' | 'unlock') {
  await trx.updateTable('journeys').set({ problem }).where('tenant_id', '=', tenantId).where('id', '=', id).execute()
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
