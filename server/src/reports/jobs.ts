import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { keepRegistrationSummaries } from './registrationSummaries.ts'
import { refreshAllRegistrations } from './registrations.ts'

export { oldPartnerActivities } from './partnerActivities.ts'
export { oldRegistrationSummaries } from './registrationSummaries.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'refresh-registrations': Record<string, unknown>
    }
  }
}

/** The job that judges people again for reports, and counts them once a day. */
export const reportTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  async 'refresh-registrations'() {
    await refreshAllRegistrations(db, () => ({ now: clock(), random, keys }))
    await keepRegistrationSummaries(db, clock())
  },
})
