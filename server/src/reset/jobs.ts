import type { TaskList } from 'graphile-worker'
import type { Act } from '../act.ts'
import type { Services } from '../http/index.ts'
import { askAdministrators } from './contact.ts'
import { explainRefusal } from './explain.ts'

export { expiredJourneys } from './expiry.ts'

/** The jobs of a reset. */
export function resetTasks({ db, clock, random, keys }: Services): TaskList {
  const actFor = ({ journeyId }: { journeyId: string }): Act => {
    return { now: clock(), random, keys, actor: { kind: 'system' }, trail: { correlationId: journeyId } }
  }
  return {
    'ask-administrators': payload => askAdministrators(db, actFor(payload), payload),
    'explain-refusal': payload => explainRefusal(db, actFor(payload), payload),
  }
}
