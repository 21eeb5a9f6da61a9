import type { Act } from '../act.ts'
import { MINUTE, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Dns } from '../organization/index.ts'
import { type Db, enqueue, inSystem, inTenant, type Trx } from '../store/index.ts'
import { checkTakeover } from './check.ts'
import { endDispute } from './dispute.ts'
import { settle } from './finish.ts'
import { changeTakeover, dueTakeovers, type Found, findTakeover } from './queries.ts'
import { askToTell } from './tell.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'move-takeovers': Record<string, unknown>
      'check-takeover': { tenantId: string; takeoverId: string }
    }
  }
}

/** When a look that was asked for is asked for again, where its job was lost. */
const ASKED_AGAIN = 10 * MINUTE

/**
 * Moves on the claims whose time has come: what settles is over, a dispute ends for those who were there, and jobs look
 * the others up. Each claim is a transaction of its own; an error of one is thrown once the others are done.
 */
export async function moveDueTakeovers(db: Db, means: Means): Promise<void> {
  const tenants = await inSystem(db, trx =>
    trx
      .selectFrom('takeovers')
      .select('tenant_id')
      .distinct()
      .where(eb => eb.or([dueTakeovers(means.now), eb('telling', 'is not', null)]))
      .execute(),
  )
  const failures: unknown[] = []
  for (const { tenant_id: tenantId } of tenants) {
    const due = await inTenant(db, tenantId, trx =>
      trx
        .selectFrom('takeovers')
        .select(['id', 'telling'])
        .where('tenant_id', '=', tenantId)
        .where(eb => eb.or([dueTakeovers(means.now), eb('telling', 'is not', null)]))
        .execute(),
    )
    for (const { id, telling } of due)
      await inTenant(db, tenantId, async trx => {
        if (telling) await askToTell(trx, id)
        return moveTakeover(trx, means, id)
      })
        .then(over => over && endDisputeOf(db, over.act, over.found))
        .catch(error => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

/** Returns a dispute that is over, which ends in a transaction of its own: two tenants may be part of it. */
async function moveTakeover(trx: Trx, means: Means, id: string): Promise<{ act: Act; found: Found } | undefined> {
  const found = await findTakeover(trx, means, id, true)
  // Somebody may have acted while it waited for its turn.
  if (!found || found.row.ended_at || found.row.due_at > means.now) return undefined
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: id } }
  const { state } = found.takeover
  if (state === 'disputed') return { act, found }
  if (state === 'finished') {
    await settle(trx, act, found)
    return undefined
  }
  await changeTakeover(trx, id, { due_at: plus(means.now, ASKED_AGAIN) })
  const payload = { tenantId: trx.tenantId, takeoverId: id }
  await enqueue(trx, 'check-takeover', payload, { jobKey: `check takeover ${id}` })
  return undefined
}

/** A dispute whose time is over ends for those who were there. */
const endDisputeOf = (db: Db, act: Act, { takeover }: Found): Promise<void> =>
  endDispute(db, act, takeover, {
    refusal: ({ row }) => row.refusal ?? 'objection',
    may: ({ row }) => row.disputed_at !== null && row.due_at <= act.now,
  }).catch(error => {
    // Somebody has acted while it waited for its turn.
    if ((error as { code?: string }).code !== 'wrong_state') throw error
  })

/** Looks a claim up as a job. */
export async function checkDueTakeover(
  db: Db,
  means: Means,
  { tenantId, takeoverId, dns }: GraphileWorker.Tasks['check-takeover'] & { dns: Dns },
): Promise<void> {
  const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: takeoverId } }
  await checkTakeover(db, act, { tenantId, id: takeoverId, dns }).catch(error => {
    // It has ended meanwhile.
    if ((error as { code?: string }).code !== 'wrong_state') throw error
  })
}
