import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import type { Channel, Senders } from '../notifications/index.ts'
import { alarmOfGuessing, tellOfBlock } from './alarm.ts'
import { deliverCode, type Run } from './deliver.ts'

export { expiredChallenges, expiredInQueue, unsentCodes, waitingCodes } from './expiry.ts'

/** The jobs that send codes, by the channel that they go through. */
export function deliveryTasks(
  { db, clock, random, keys, words, origin }: Services,
  senders: Senders,
): Record<Channel, TaskList> {
  const deliver = (payload: GraphileWorker.Tasks['deliver-code'], { job }: { job: Run }) =>
    deliverCode(db, { now: clock(), random, keys }, { words, senders, origin }, { ...payload, job })
  return {
    email: { 'deliver-code': deliver },
    sms: { 'deliver-text-message': deliver },
    voice: { 'deliver-call': deliver },
  }
}

/** The jobs that tell of guessing. */
export const guessingTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  'tell-of-block': payload => tellOfBlock(db, { now: clock(), random, keys }, payload),
  'alarm-of-guessing': payload => alarmOfGuessing(db, { now: clock(), random, keys }, payload),
})
