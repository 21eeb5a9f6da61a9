import type { TaskList } from 'graphile-worker'
import type { Act } from '../act.ts'
import type { Services } from '../http/index.ts'
import { disputeByAdministrator } from './dispute.ts'
import { moveDueRescues } from './look.ts'
import { tellOfRescue } from './mails.ts'

export { endedRescues } from './expiry.ts'

/** The jobs of rescues: their timers, and what everybody is told who could object. */
export const rescueTasks = ({ db, clock, random, keys }: Services): TaskList => {
  const actOn = (rescueId: string): Act => ({
    ...{ now: clock(), random, keys, actor: { kind: 'system' } },
    trail: { correlationId: rescueId },
  })
  return {
    'move-rescues': () => moveDueRescues(db, { now: clock(), random, keys }),
    'tell-of-rescue': (asked: GraphileWorker.Tasks['tell-of-rescue']) => tellOfRescue(db, actOn(asked.rescueId), asked),
    'dispute-rescue': (asked: GraphileWorker.Tasks['dispute-rescue']) =>
      disputeByAdministrator(db, actOn(asked.rescueId), asked),
  }
}
