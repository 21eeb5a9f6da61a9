import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { askForSecondAdministrators } from './nudges.ts'

export { oldSignups, unkeptCodes, unprovedAddresses } from './expiry.ts'
export { oldInvitations } from './invitations.ts'
export { oldSignupInvitations } from './signupInvitations.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'ask-second-administrators': Record<string, unknown>
    }
  }
}

/** The job that asks tenants with one administrator for a second. */
export const signupTasks = ({ db, clock, random, keys, origin }: Services): TaskList => ({
  'ask-second-administrators': () => askForSecondAdministrators(db, { now: clock(), random, keys }, origin),
})
