import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { inTenant } from '../store/index.ts'
import { createTurns } from '../targets/index.ts'
import { mayCall, notify, rest, tellLifecycle, wakeLifecycle } from './notify.ts'

export { endedSubscriptions, oldDeliveries, waitingDeliveries } from './expiry.ts'

/**
 * Between the turns of a slow tenant's subscriptions: short, because most of them may answer at once, and one that does
 * not rests by itself.
 */
const BETWEEN = 250

/** The jobs that call subscribers. */
export function webhookTasks({ db, clock, random, keys, targets, origin }: Services): TaskList {
  const takeTurn = createTurns(BETWEEN)
  const outside = { targets, origin }
  const actNow = () => {
    const now = clock()
    return { now, random, keys, actor: { kind: 'system' }, trail: { correlationId: random.uuid(now) } } as const
  }
  return {
    async 'notify-subscriber'(ref) {
      const act = actNow()
      if (!(await mayCall(db, act, ref))) return
      const turn = await takeTurn(ref.tenantId, act.now, () => notify(db, act, outside, ref))
      if (turn) await rest(db, act, ref, turn)
    },
    async 'tell-lifecycle'(ref) {
      const act = actNow()
      const turn = await takeTurn(ref.tenantId, act.now, () => tellLifecycle(db, act, outside, ref))
      if (turn) await inTenant(db, ref.tenantId, trx => wakeLifecycle(trx, act, ref, turn))
    },
  }
}
