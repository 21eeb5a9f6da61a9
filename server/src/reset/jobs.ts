import type { TaskList } from 'graphile-worker'
import type { Surroundings } from '../http/index.ts'
import { explainRefusal } from './conceal.ts'
import { askAdministrators } from './contact.ts'

export { expiredJourneys } from './expiry.ts'

/** The jobs of a reset. */
export const resetTasks = ({ db, clock, random, keys }: Surroundings): TaskList => ({
  'ask-administrators': payload => askAdministrators(db, { now: clock(), random, keys }, payload),
  'explain-refusal': payload => explainRefusal(db, { now: clock(), random, keys }, payload),
})
