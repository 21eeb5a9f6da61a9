import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import { type Db, inTenant } from '../store/index.ts'
import { protect } from '../takeovers/index.ts'
import type { Enter } from './entitlement.ts'
import { refusePerson } from './errors.ts'
import { type Found, findRescue, sealText } from './queries.ts'
import { DISPUTED, LONGEST_REASON, type Rescue, type RescueRefusal, SETTLES } from './rescue.ts'
import { dueAt, inRescue, takeStep } from './step.ts'
import { giveBack, restAccount, returnAccount } from './undo.ts'

/** A reason as it is kept. Throws `text_empty`. */
export function readReason(typed: string): string {
  const text = typed.replace(/\r\n?/g, '\n').trim().slice(0, LONGEST_REASON)
  if (text === '') throw refusePerson('text_empty', { field: 'reason' })
  return text
}

type Which = Pick<Rescue, 'tenantId' | 'id'>

/** Works on a rescue whose row is locked, in its company and its firm. Throws `not_found`. */
async function withLocked(
  db: Db,
  act: Act,
  { tenantId, id }: Which,
  work: (enter: Enter, found: Found) => Promise<void>,
) {
  const seen = await inTenant(db, tenantId, trx => findRescue(trx, act, id))
  if (!seen) throw refusePerson('not_found')
  const firmId = seen.rescue.provider?.id ?? null
  await inRescue(db, { tenantId, firmId }, async enter => {
    const found = await findRescue(await enter(tenantId), act, id, true)
    if (!found || (found.rescue.provider?.id ?? null) !== firmId) throw refusePerson('wrong_state')
    await work(enter, found)
  })
}

/**
 * Somebody who is told objects, or undoes what was finished: the operator decides, and the account rests until then.
 * `undo`: only what settles. Throws `wrong_state`, also where the operator has allowed it already.
 */
export const disputeRescue = (
  db: Db,
  act: Act,
  which: Which,
  { reason, undo }: { reason: string | undefined; undo: boolean },
): Promise<void> =>
  withLocked(db, act, which, async (enter, found) => {
    const { state, endsAt } = found.rescue
    const isOpen = state === 'settling' || (!undo && (state === 'cooling' || state === 'ready'))
    if (!isOpen || endsAt <= act.now || found.row.allowed_at) throw refusePerson('wrong_state')
    await beginDispute(enter, act, found, { reason })
  })

async function beginDispute(
  enter: Enter,
  act: Act,
  found: Found,
  { reason, refusal }: { reason?: string | undefined; refusal?: RescueRefusal },
): Promise<void> {
  const { rescue, row } = found
  const ends = plus(act.now, DISPUTED)
  if (row.finished_at) await restAccount(await enter(rescue.tenantId), act, row, ends)
  await takeStep(enter, act, found, {
    ...{ activity: 'rescue.disputed', news: refusal === 'administrator_present' ? 'present' : 'disputed' },
    ...(refusal && { reason: refusal }),
    changes: {
      ...{ disputed_at: act.now, ends_at: ends, due_at: ends },
      ...(reason !== undefined && { reason_sealed: sealText(act, rescue, 'reason', reason) }),
      ...(refusal && { refusal }),
    },
  })
}

/** A Global Administrator of the company is there after all (decision 63). What runs is what the locked row says. */
export const disputeByAdministrator = (
  db: Db,
  act: Act,
  { tenantId, rescueId: id }: GraphileWorker.Tasks['dispute-rescue'],
): Promise<void> =>
  withLocked(db, act, { tenantId, id }, async (enter, found) => {
    const { state } = found.rescue
    const refusal = 'administrator_present'
    if (!found.row.administrator_at) return
    if (state === 'asked' || state === 'taken')
      await takeStep(enter, act, found, {
        ...{ activity: 'rescue.refused', news: 'refused', reason: refusal },
        changes: { ended_at: act.now, outcome: 'refused', refusal },
      })
    else if (state === 'cooling' || state === 'ready') await beginDispute(enter, act, found, { refusal })
  })

/** The operator lets a disputed rescue go on: it waits for what is left of its time, or settles anew. Throws `wrong_state`. */
export const allowRescue = (db: Db, act: Act, which: Which): Promise<void> =>
  withLocked(db, act, which, async (enter, found) => {
    const { row, rescue } = found
    const { now } = act
    if (rescue.state !== 'disputed') throw refusePerson('wrong_state')
    const left = row.cooling_until! > now ? row.cooling_until! : now
    const ends = row.finished_at ? plus(now, SETTLES) : left
    if (row.finished_at) await returnAccount(await enter(rescue.tenantId), act, row, ends)
    await takeStep(enter, act, found, {
      ...{ activity: 'rescue.allowed', news: 'allowed' },
      changes: {
        ...{ disputed_at: null, allowed_at: now, refusal: null, administrator_at: null, ends_at: ends },
        ...(row.finished_at
          ? { due_at: ends }
          : { ready_at: null, cooling_until: left, due_at: dueAt(ends, now, 'cooling') }),
      },
    })
  })

/** The operator refuses a disputed rescue; what was finished is undone. Throws `wrong_state`. */
export const refuseByOperator = (db: Db, act: Act, which: Which): Promise<void> =>
  withLocked(db, act, which, async (enter, found) => {
    if (found.rescue.state !== 'disputed') throw refusePerson('wrong_state')
    await endDispute(enter, act, found, 'operator')
  })

/** A dispute ends for those who objected. */
export async function endDispute(enter: Enter, act: Act, found: Found, refusal: RescueRefusal): Promise<void> {
  const { row, rescue } = found
  if (row.finished_at) await giveBack(await enter(rescue.tenantId), act, row)
  await takeStep(enter, act, found, {
    ...(row.finished_at
      ? ({ activity: 'rescue.undone', news: 'undone' } as const)
      : ({ activity: 'rescue.refused', news: 'refused' } as const)),
    reason: refusal,
    changes: { ended_at: act.now, outcome: row.finished_at ? 'undone' : 'refused', refusal, former: null },
  })
}

/** What has settled is over: from now on administrators act on everybody, and the ways that were lost are gone. */
export async function settle(enter: Enter, act: Act, found: Found): Promise<void> {
  await protect(await enter(found.rescue.tenantId), undefined)
  await takeStep(enter, act, found, {
    ...{ activity: 'rescue.settled', news: 'done' },
    changes: { ended_at: act.now, outcome: 'done', former: null },
  })
}
