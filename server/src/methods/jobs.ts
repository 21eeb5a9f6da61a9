import type { TaskList } from 'graphile-worker'
import type { Surroundings } from '../http/index.ts'
import type { Senders } from '../notifications/index.ts'
import { deliverCode } from './deliver.ts'

export { removeExpiredChallenges } from './expiry.ts'
export { removeFormerAddresses } from './noticeAddresses.ts'

/** The jobs that send codes. */
export const methodTasks = ({ db, clock, random, keys, words }: Surroundings, senders: Senders): TaskList => ({
  'deliver-code': payload => deliverCode(db, { now: clock(), random, keys }, words, senders, payload),
})
