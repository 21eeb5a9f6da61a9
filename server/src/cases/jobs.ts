import type { TaskList } from 'graphile-worker'
import type { Act } from '../act.ts'
import type { Services } from '../http/index.ts'
import { tellOfCase } from './helpers.ts'
import { mailLostLink } from './lost.ts'
import { moveDueCases } from './move.ts'

export { closedCases, unprovedCases } from './expiry.ts'
export { oldCaseLinks } from './links.ts'

/** The jobs of cases. */
export const caseTasks = ({ db, clock, random, keys }: Services): TaskList => {
  const act = (): Act => ({
    ...{ now: clock(), random, keys },
    actor: { kind: 'system' },
    trail: { correlationId: random.uuid(clock()) },
  })
  return {
    'move-cases': () => moveDueCases(db, act()),
    'tell-of-case': (payload: GraphileWorker.Tasks['tell-of-case']) => tellOfCase(db, act(), payload),
    'mail-case-link': (payload: GraphileWorker.Tasks['mail-case-link']) => mailLostLink(db, act(), payload),
  }
}
