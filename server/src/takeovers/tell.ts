import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { findUser } from '../directory/index.ts'
import { type Db, enqueue, inPair, inTenant, type Row, type Trx } from '../store/index.ts'
import { formerPeopleOf, hasTakenIn } from './former.ts'
import { mailMember, mailStaying } from './mails.ts'
import { changeTakeover, findTakeover } from './queries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'tell-of-takeover': { tenantId: string; takeoverId: string }
    }
  }
}

/** What people are told; `left`: that others have gone, to those who stay where they were. */
type Telling = NonNullable<Row<'takeovers'>['telling']>

/** People whom one transaction tells. */
const BATCH = 50

/** Has everybody there told what has become of a claim, by a job once this transaction commits. */
export async function tellEverybody(trx: Trx, id: string, telling: Exclude<Telling, 'left'>): Promise<void> {
  await changeTakeover(trx, id, { telling, told_after: null })
  await askToTell(trx, id)
}

export const askToTell = (trx: Trx, takeoverId: string): Promise<void> =>
  enqueue(trx, 'tell-of-takeover', { tenantId: trx.tenantId, takeoverId }, { jobKey: `tell of takeover ${takeoverId}` })

/**
 * Tells everybody there, some at a time, and then those who have stayed where others left. How far it got stands in the
 * row: a job that runs twice tells nobody twice.
 */
export async function tellOfTakeover(
  db: Db,
  act: Act,
  { tenantId, takeoverId }: GraphileWorker.Tasks['tell-of-takeover'],
): Promise<void> {
  while (await inTenant(db, tenantId, trx => tellSome(trx, act, takeoverId)));
  while (await tellSomeLeft(db, act, { tenantId, takeoverId }));
}

/** Returns whether there are more to tell. */
async function tellSome(trx: Trx, act: Act, takeoverId: string): Promise<boolean> {
  const found = await findTakeover(trx, act, takeoverId, true)
  const news = found?.row.telling
  if (!found || !news || news === 'left') return false
  const { row, takeover } = found
  const isTakenIn = hasTakenIn(row)
  const moved = takeover.kind === 'external' && row.finished_at ? formerPeopleOf(row).people : undefined
  const people = await nextPeople(trx, row, isTakenIn ? moved : undefined)
  const went = moved && new Set(moved)
  for (const id of people) {
    const user = await findUser(trx, trx.tenantId, id)
    if (!user) continue
    if (!went || went.has(id)) await mailMember(trx, act, user, { takeover, news, until: row.ends_at })
    // Those who went are back beside them.
    else if (news === 'undone') await mailStaying(trx, act, user, { takeover, news, until: row.ends_at })
  }
  const isOver = people.length < BATCH
  const next = isTakenIn && news === 'finished' ? 'left' : null
  await changeTakeover(trx, takeoverId, isOver ? { telling: next, told_after: null } : { told_after: people.at(-1)! })
  return !isOver
}

/** Tells some of those who stay in the tenant that others have left: the claim has gone with these. */
async function tellSomeLeft(
  db: Db,
  act: Act,
  { tenantId, takeoverId }: GraphileWorker.Tasks['tell-of-takeover'],
): Promise<boolean> {
  const seen = await inTenant(db, tenantId, trx => findTakeover(trx, act, takeoverId))
  const former = seen?.row.telling === 'left' ? seen.row.other_tenant_id : null
  if (!former) return false
  return inPair(db, [tenantId, former], async enter => {
    const found = await findTakeover(await enter(tenantId), act, takeoverId, true)
    if (found?.row.telling !== 'left') return false
    const { row, takeover } = found
    const left = await enter(former)
    const people = await nextPeople(left, row)
    for (const id of people) {
      const user = await findUser(left, former, id)
      if (user) await mailStaying(left, act, user, { takeover, news: 'finished', until: row.ends_at })
    }
    const isOver = people.length < BATCH
    await changeTakeover(
      await enter(tenantId),
      takeoverId,
      isOver ? { telling: null, told_after: null } : { told_after: people.at(-1)! },
    )
    return !isOver
  })
}

/** The next enabled people of a tenant who are to be told. `among`: these alone. */
async function nextPeople(
  trx: Trx,
  { told_after: after, user_id: claimant }: Row<'takeovers'>,
  among?: readonly string[],
): Promise<string[]> {
  const rows = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('account_enabled', '=', true)
    // Who claimed hears of it otherwise.
    .where('id', 'is distinct from', claimant)
    .$if(among !== undefined, query => query.where('id', '=', sql<string>`any(${among}::uuid[])`))
    .$if(after !== null, query => query.where('id', '>', after))
    .orderBy('id')
    .limit(BATCH)
    .execute()
  return rows.map(({ id }) => id)
}
