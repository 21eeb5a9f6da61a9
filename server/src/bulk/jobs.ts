import type { TaskList } from 'graphile-worker'
import { SECOND } from '../clock.ts'
import type { Services } from '../http/index.ts'
import { enqueue, inTenant } from '../store/index.ts'
import { type JobRef, takeTurn } from './running.ts'

export { lostBulkJobs, oldBulkJobs, oldBulkRows } from './expiry.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'run-bulk-job': JobRef
    }
  }
}

/** Before a turn that had better wait, as where sign-ins need the hashing. */
const WAIT = 2 * SECOND

/** The job that runs rows of files. */
export const bulkTasks = (services: Services): TaskList => ({
  async 'run-bulk-job'(ref) {
    const turn = await takeTurn(services, ref)
    if (turn === 'ended') return
    const later = turn === 'waits' ? { after: WAIT } : {}
    await inTenant(services.db, ref.tenantId, trx => enqueue(trx, 'run-bulk-job', ref, { jobKey: ref.jobId, ...later }))
  },
})
