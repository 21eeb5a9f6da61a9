import type { TaskList } from 'graphile-worker'
import type { Act } from '../act.ts'
import type { Services } from '../http/index.ts'
import { moveDueVerifications } from './due.ts'
import { tellOfVerification } from './mails.ts'

export { expiredDocuments } from './documents.ts'
export { oldMailboxLinks } from './mailbox.ts'

/** The jobs of verifications: what firms are told, and what time does. */
export const verificationTasks = ({ db, clock, random, keys, operatorTenant }: Services): TaskList => ({
  'move-verifications': () => moveDueVerifications(db, { now: clock(), random, keys }, operatorTenant),
  'tell-of-verification': (asked: GraphileWorker.Tasks['tell-of-verification']) => {
    const now = clock()
    const act: Act = { now, random, keys, actor: { kind: 'system' }, trail: { correlationId: random.uuid(now) } }
    return tellOfVerification(db, act, asked)
  },
})
