import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { sendLogout } from './backChannel.ts'

export { rollDueKeys } from './keys.ts'
export { expiredRecords } from './records.ts'

/** The jobs that tell applications of sign-outs. */
export const logoutTasks = ({ db, clock, random, keys, targets }: Services): TaskList => ({
  async 'send-logout'(logout) {
    const now = clock()
    const trail = { correlationId: random.uuid(now) }
    await sendLogout(db, { now, random, keys, actor: { kind: 'system' }, trail }, targets, logout)
  },
})
