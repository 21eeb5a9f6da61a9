import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { findUser } from '../directory/index.ts'
import { type Db, enqueue, inTenant, type Row, type Trx } from '../store/index.ts'
import { formerPeopleOf, hasTakenIn } from './former.ts'
import { mailMember } from './mails.ts'
import { changeTakeover, findTakeover } from './queries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-of-takeover': { tenantId: string; takeoverId: string }
    }
  }
}

/** People whom one transaction tells. */
const BATCH = 50

/** Has everybody there told what has become of a claim, by a job once this transaction commits. */
export async function tellEverybody(
  trx: Trx,
  id: string,
  telling: NonNullable<Row<'takeovers'>['telling']>,
): Promise<void> {
  await changeTakeover(trx, id, { telling, told_after: null })
  await askToTell(trx, id)
}

export const askToTell = (trx: Trx, takeoverId: string): Promise<void> =>
  enqueue(trx, 'tell-of-takeover', { tenantId: trx.tenantId, takeoverId }, { jobKey: `tell of takeover ${takeoverId}` })

/** Tells everybody there, some at a time. How far it got stands in the row: a job that runs twice tells nobody twice. */
export async function tellOfTakeover(
  db: Db,
  act: Act,
  { tenantId, takeoverId }: GraphileWorker.Tasks['tell-of-takeover'],
): Promise<void> {
  while (await inTenant(db, tenantId, trx => tellSome(trx, act, takeoverId)));
}

/** Returns whether there are more to tell. */
async function tellSome(trx: Trx, act: Act, takeoverId: string): Promise<boolean> {
  const found = await findTakeover(trx, act, takeoverId, true)
  const news = found?.row.telling
  if (!found || !news) return false
  const { row, takeover } = found
  const people = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('account_enabled', '=', true)
    // Who claimed hears of it otherwise.
    .where('id', 'is distinct from', row.user_id)
    .$if(hasTakenIn(row), query => query.where('id', '=', sql<string>`any(${formerPeopleOf(row).people}::uuid[])`))
    .$if(row.told_after !== null, query => query.where('id', '>', row.told_after))
    .orderBy('id')
    .limit(BATCH)
    .execute()
  for (const { id } of people) {
    const user = await findUser(trx, trx.tenantId, id)
    if (user) await mailMember(trx, act, user, { takeover, news, until: row.ends_at })
  }
  const isOver = people.length < BATCH
  await changeTakeover(
    trx,
    takeoverId,
    isOver ? { telling: null, told_after: null } : { told_after: people.at(-1)!.id },
  )
  return !isOver
}
