import type { Act } from '../act.ts'
import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, inSystem, inTenant } from '../store/index.ts'
import { endDispute, settle } from './dispute.ts'
import { type Enter, findBasis, judgeFirm } from './entitlement.ts'
import { changeRescue, type Found, findRescue } from './queries.ts'
import { ASKED_LASTS, isBefore, READY_LASTS, type RescueRefusal } from './rescue.ts'
import { dueAt, inRescue, released, type Step, takeStep } from './step.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'move-rescues': Record<string, unknown>
    }
  }
}

interface Which {
  tenantId: string
  id: string
}

/** Moves on every rescue whose time has come. Each is a transaction of its own; an error of one is thrown once the others are done. */
export async function moveDueRescues(db: Db, means: Means): Promise<void> {
  const due = await inSystem(db, trx =>
    trx
      .selectFrom('rescues')
      .select(['tenant_id as tenantId', 'id'])
      .where('ended_at', 'is', null)
      .where('due_at', '<=', means.now)
      .execute(),
  )
  const failures: unknown[] = []
  for (const which of due) await lookAt(db, means, which).catch(error => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

/**
 * Moves a rescue on by time, and ends what its provider may no more: read anew. Whoever reads or acts calls it first, so
 * that no state outlives its reason until the next job.
 */
export async function lookAt(db: Db, { now, random, keys }: Means, which: Which): Promise<void> {
  const act: Act = { now, random, keys, actor: { kind: 'system' }, trail: { correlationId: which.id } }
  const seen = await inTenant(db, which.tenantId, trx => findRescue(trx, act, which.id))
  if (!seen || seen.row.ended_at) return
  const firmId = seen.rescue.provider?.id ?? null
  await inRescue(db, { tenantId: which.tenantId, firmId }, async enter => {
    const found = await findRescue(await enter(which.tenantId), act, which.id, true)
    // Somebody may have acted while it waited for its turn.
    if (!found || found.row.ended_at || (found.rescue.provider?.id ?? null) !== firmId) return
    const { state, endsAt } = found.rescue
    if (!isBefore(state)) {
      if (endsAt > now) return
      if (state === 'settling') await settle(enter, act, found)
      else await endDispute(enter, act, found, found.row.refusal ?? 'objection')
      return
    }
    // A job disputes it at once, and nothing moves on before.
    if (found.row.administrator_at) return
    const step = await nextStep(enter, act, found)
    if (step) await takeStep(enter, act, found, step)
    else await changeRescue(await enter(which.tenantId), which.id, { due_at: dueAt(endsAt, now, state) })
  })
}

/** What time or a lost right makes of a rescue; undefined: it stays as it is. */
async function nextStep(enter: Enter, act: Act, found: Found): Promise<Step | undefined> {
  const { rescue, row } = found
  const { now } = act
  const isOver = rescue.endsAt <= now
  if (rescue.state === 'asked') {
    if (isOver) return ended('expired', now)
    for (const firmId of row.candidates)
      if (await findBasis(await enter(rescue.tenantId), act, firmId, rescue)) return undefined
    return ended('authority_lost', now)
  }
  const people = [rescue.taker!.id, ...(rescue.approver ? [rescue.approver.id] : [])]
  const { basis, lacks } = await judgeFirm(enter, act, { rescue, firmId: rescue.provider!.id, people })
  if (!basis) return ended('authority_lost', now)
  const isLost = lacks.some(one => one.length > 0)
  if (rescue.state === 'taken') {
    if (!isLost && !isOver) return undefined
    return plus(rescue.askedAt, ASKED_LASTS) <= now
      ? ended('expired', now)
      : { activity: 'rescue.released', changes: await released(await enter(rescue.tenantId), act, found) }
  }
  if (isLost) return ended('authority_lost', now)
  if (!isOver) return undefined
  if (rescue.state === 'ready') return ended('expired', now)
  const ends = plus(now, READY_LASTS)
  return {
    ...{ activity: 'rescue.ready', news: 'ready' },
    changes: { ready_at: now, ends_at: ends, due_at: dueAt(ends, now, 'ready') },
  }
}

const ended = (refusal: RescueRefusal, now: Date): Step => ({
  ...{ activity: 'rescue.ended', news: 'ended', reason: refusal },
  // Who may no more reads no more.
  changes: { ended_at: now, outcome: 'ended', refusal, ...(refusal === 'authority_lost' && { candidates: [] }) },
})
