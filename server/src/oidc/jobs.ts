import type { TaskList } from 'graphile-worker'
import { between, SECOND } from '../clock.ts'
import type { Services } from '../http/index.ts'
import { enqueue, inTenant } from '../store/index.ts'
import { createTurns } from '../targets/index.ts'
import { sendLogout } from './backChannel.ts'

export { rollDueKeys } from './keys.ts'
export { expiredRecords } from './records.ts'

/** Between the turns of a slow company's calls. One without an answer takes five seconds, and two are made at once. */
const BETWEEN = 2.5 * SECOND

/** The jobs that tell applications of sign-outs. */
export function logoutTasks({ db, clock, random, keys, targets }: Services): TaskList {
  const takeTurn = createTurns(BETWEEN)
  return {
    async 'send-logout'(logout) {
      const now = clock()
      const { tenantId } = logout
      const act = { now, random, keys, actor: { kind: 'system' }, trail: { correlationId: random.uuid(now) } } as const
      const turn = await takeTurn(tenantId, now, () => sendLogout(db, act, targets, logout))
      if (!turn) return
      // A job of its own, so that the place is free at once.
      const later = { after: between(now, turn) }
      await inTenant(db, tenantId, trx => enqueue(trx, 'send-logout', logout, later))
    },
  }
}
