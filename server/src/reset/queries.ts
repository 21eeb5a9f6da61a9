import type { Insertable } from 'kysely'
import type { Means } from '../crypto/index.ts'
import type { Tables, Trx } from '../store/index.ts'
import type { Journey } from './journey.ts'

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
    .$if(lock, query => query.forUpdate())
    .executeTakeFirst()

/** Adds a journey. Returns its row. */
export const insertJourney = (trx: Trx, journey: Insertable<Tables['journeys']>) =>
  trx.insertInto('journeys').values(journey).returning(journeyColumns).executeTakeFirstOrThrow()

export async function setProblem(trx: Trx, journey: Journey, problem: 'forgot' | 'unlock') {
  await trx
    .updateTable('journeys')
    .set({ problem })
    .where('tenant_id', '=', journey.tenantId)
    .where('id', '=', journey.id)
    .execute()
}

/** Counts one more password that is tried; false where that would be more than a journey may. */
export async function spendPasswordTry(trx: Trx, journey: Journey, atMost: number): Promise<boolean> {
  const spent = await trx
    .updateTable('journeys')
    .set(row => ({ passwords_refused: row('passwords_refused', '+', 1) }))
    .where('tenant_id', '=', journey.tenantId)
    .where('id', '=', journey.id)
    .where('passwords_refused', '<', atMost)
    .returning('id')
    .executeTakeFirst()
  return spent !== undefined
}

/** Ends the journey, once: false where it has ended. */
export async function claimJourney(trx: Trx, means: Means, journey: Journey): Promise<boolean> {
  const claimed = await trx
    .updateTable('journeys')
    .set({ finished_at: means.now })
    .where('tenant_id', '=', journey.tenantId)
    .where('id', '=', journey.id)
    .where('finished_at', 'is', null)
    .where('expires_at', '>', means.now)
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

/** Notes that the administrators are asked, once a journey: false where they were. */
export async function claimContact(trx: Trx, means: Means, journey: Journey): Promise<boolean> {
  const claimed = await trx
    .updateTable('journeys')
    .set({ contacted_at: means.now })
    .where('tenant_id', '=', journey.tenantId)
    .where('id', '=', journey.id)
    .where('contacted_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}
