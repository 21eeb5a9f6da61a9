import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { refreshAllRegistrations } from './registrations.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'refresh-registrations': Record<string, unknown>
    }
  }
}

/** The job that judges people again for reports. */
export const reportTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  'refresh-registrations': () => refreshAllRegistrations(db, () => ({ now: clock(), random, keys })),
})
