import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { type Db, inTenant, stillLasts, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { recordTakeover } from './events.ts'
import { formerPeopleOf, hasTakenIn } from './former.ts'
import { giveBackPeople } from './giveBackPeople.ts'
import { mailClaimant } from './mails.ts'
import { changeTakeover, type Found, findTakeover, nextLook, settlesUntil } from './queries.ts'
import { protectPeople } from './settling.ts'
import { DISPUTED, LONGEST_REASON, LONGEST_TERM, type Takeover, type TakeoverRefusal, WAITS } from './takeover.ts'
import { tellEverybody } from './tell.ts'
import { giveBack, restoreRights, suspendRights } from './undo.ts'

/** A reason as it is kept. Throws `text_empty`. */
export function readReason(typed: string): string {
  const text = typed.replace(/\r\n?/g, '\n').trim().slice(0, LONGEST_REASON)
  if (text === '') throw refuse('text_empty', { field: 'reason' })
  return text
}

/**
 * Somebody who was there objects, or undoes what was finished: the operator decides, and the rights that were given
 * rest until then. One statement claims it. `undo`: only what is finished. Throws `wrong_state`.
 */
export const disputeTakeover = (
  db: Db,
  act: Act,
  { tenantId, id }: Takeover,
  { reason, undo }: { reason: string | undefined; undo: boolean },
): Promise<void> =>
  inTenant(db, tenantId, async trx => {
    const claimed = await claimDispute(trx, act, id, { reason, undo })
    if (!claimed) throw refuse('wrong_state')
    await beginDispute(trx, act, (await findTakeover(trx, act, id))!)
  })

/** Claims a dispute of what waits, is ready or settles. What the operator has allowed is disputed no more, until it is finished. */
export async function claimDispute(
  trx: Trx,
  { now, keys }: Act,
  id: string,
  { reason, undo }: { reason: string | undefined; undo: boolean },
): Promise<boolean> {
  const { tenantId } = trx
  const ends = plus(now, DISPUTED)
  const claimed = await trx
    .updateTable('takeovers')
    .set({
      ...{ disputed_at: now, ends_at: ends, due_at: ends },
      ...(reason !== undefined && {
        reason_sealed: keys.seal({ purpose: 'takeover-reason', tenantId, rowId: id }, reason),
      }),
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .where('disputed_at', 'is', null)
    .where('allowed_at', 'is', null)
    .where(undo ? 'finished_at' : 'waiting_since', 'is not', null)
    .where(stillLasts(sql`ends_at`, now, LONGEST_TERM))
    .returning('id')
    .executeTakeFirst()
  return claimed !== undefined
}

export async function beginDispute(
  trx: Trx,
  act: Act,
  { row, takeover }: Found,
  reason?: TakeoverRefusal,
): Promise<void> {
  if (hasTakenIn(row)) await protectPeople(trx, formerPeopleOf(row).people, row.ends_at)
  else if (row.finished_at) await suspendRights(trx, act, row)
  await recordTakeover(trx, act, takeover, { activity: 'takeover.disputed', ...(reason && { reason }) })
  const news = reason === 'administrator_present' ? 'present' : 'disputed'
  await mailClaimant(trx, act, takeover, { news, until: row.ends_at })
}

/** The claim is given up by who made it. Throws `wrong_state` once it is finished. */
export const withdrawTakeover = (db: Db, act: Act, { tenantId, id }: Takeover): Promise<void> =>
  inTenant(db, tenantId, async trx => {
    const found = await findTakeover(trx, act, id, true)
    if (!found || found.row.ended_at || found.row.finished_at) throw refuse('wrong_state')
    await changeTakeover(trx, id, { ended_at: act.now, outcome: 'withdrawn' })
    await recordTakeover(trx, act, found.takeover, { activity: 'takeover.withdrawn' })
    if (found.row.waiting_since) await tellEverybody(trx, id, 'over')
  })

/** The operator lets a disputed claim go on: it waits for what is left of its time, or settles anew. Throws `wrong_state`. */
export const allowTakeover = (db: Db, act: Act, { tenantId, id }: Pick<Takeover, 'tenantId' | 'id'>): Promise<void> =>
  inTenant(db, tenantId, async trx => {
    const { row, takeover } = await lockDisputed(trx, act, id)
    const left = row.waiting_since && plus(row.waiting_since, WAITS[takeover.kind])
    const ends = row.finished_at ? settlesUntil(act.now) : left && left > act.now ? left : act.now
    await changeTakeover(trx, id, {
      ...{ disputed_at: null, allowed_at: act.now, ready_at: null, ends_at: ends },
      ...{ refusal: null, administrator_at: null },
      due_at: row.finished_at ? ends : nextLook(ends, act.now),
    })
    if (hasTakenIn(row)) await protectPeople(trx, formerPeopleOf(row).people, ends)
    else if (row.finished_at) await restoreRights(trx, act, row, ends)
    await recordTakeover(trx, act, takeover, { activity: 'takeover.allowed' })
    await mailClaimant(trx, act, takeover, { news: 'allowed', until: ends })
  })

/** The operator refuses a disputed claim; what was finished is undone. Throws `wrong_state`. */
export const refuseTakeover = (db: Db, act: Act, { tenantId, id }: Pick<Takeover, 'tenantId' | 'id'>): Promise<void> =>
  endDispute(db, act, { tenantId, id }, { refusal: () => 'operator', may: ({ row }) => row.disputed_at !== null })

/** How a dispute ends, and whether it does: by the locked claim. */
interface Ending {
  refusal(found: Found): TakeoverRefusal
  may(found: Found): boolean
}

/** A dispute ends for those who were there. Throws `wrong_state`. */
export async function endDispute(
  db: Db,
  act: Act,
  { tenantId, id }: Pick<Takeover, 'tenantId' | 'id'>,
  ending: Ending,
): Promise<void> {
  const isTakenIn = await inTenant(db, tenantId, async trx => {
    const found = await lockDisputed(trx, act, id)
    if (hasTakenIn(found.row)) return true
    if (!ending.may(found)) throw refuse('wrong_state')
    await endInside(trx, act, found, ending.refusal(found))
    return false
  })
  if (isTakenIn) await giveBackPeople(db, act, { tenantId, id }, ending)
}

async function endInside(trx: Trx, act: Act, { row, takeover }: Found, refusal: TakeoverRefusal): Promise<void> {
  const { id } = takeover
  if (!row.finished_at) {
    await changeTakeover(trx, id, { ended_at: act.now, outcome: 'refused', refusal })
    await recordTakeover(trx, act, takeover, { activity: 'takeover.refused', reason: refusal })
    await mailClaimant(trx, act, takeover, { news: 'refused' })
    await tellEverybody(trx, id, 'over')
    return
  }
  await giveBack(trx, act, row)
  await changeTakeover(trx, id, { ended_at: act.now, outcome: 'undone', refusal })
  await recordTakeover(trx, act, takeover, { activity: 'takeover.undone', reason: refusal })
  await mailClaimant(trx, act, takeover, { news: 'undone' })
  await tellEverybody(trx, id, 'undone')
}

async function lockDisputed(trx: Trx, act: Act, id: string): Promise<Found> {
  const found = await findTakeover(trx, act, id, true)
  if (found?.takeover.state !== 'disputed') throw refuse('wrong_state')
  return found
}
