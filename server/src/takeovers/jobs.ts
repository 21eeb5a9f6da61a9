import type { TaskList } from 'graphile-worker'
import type { Act } from '../act.ts'
import type { Means } from '../crypto/index.ts'
import type { Services } from '../http/index.ts'
import { checkDueTakeover, moveDueTakeovers } from './move.ts'
import { disputeRecovery } from './recovery.ts'
import { tellOfTakeover } from './tell.ts'

export { emptied, endedTakeovers, unprovedTakeovers } from './expiry.ts'

const meansOf = ({ clock, random, keys }: Services): Means => ({ now: clock(), random, keys })

/** The jobs of claims: their timers, and what everybody there is told. */
export const takeoverTasks = (services: Services): TaskList => ({
  'move-takeovers': () => moveDueTakeovers(services.db, meansOf(services)),
  'dispute-recovery': (asked: GraphileWorker.Tasks['dispute-recovery']) =>
    disputeRecovery(
      services.db,
      { ...meansOf(services), actor: { kind: 'system' }, trail: { correlationId: asked.takeoverId } },
      asked,
    ),
  'tell-of-takeover': (asked: GraphileWorker.Tasks['tell-of-takeover']) => {
    const act: Act = {
      ...meansOf(services),
      actor: { kind: 'system' },
      trail: { correlationId: asked.takeoverId },
    }
    return tellOfTakeover(services.db, act, asked)
  },
})

/** Their looks into the DNS, apart from other jobs: a domain's name servers may take their time. */
export const takeoverCheckTasks = (services: Services): TaskList => ({
  'check-takeover': (asked: GraphileWorker.Tasks['check-takeover']) =>
    checkDueTakeover(services.db, meansOf(services), { ...asked, dns: services.dns }),
})
