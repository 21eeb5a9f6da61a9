import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { askForSecondAdministrators } from './nudges.ts'
import { endUnjoined } from './unjoined.ts'

export { oldSignups, unkeptCodes, unprovedAddresses } from './expiry.ts'
export { oldInvitations } from './invitations.ts'
export { oldSignupInvitations } from './signupInvitations.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'ask-second-administrators': Record<string, unknown>
      'end-unjoined': Record<string, unknown>
    }
  }
}

/** The jobs that ask tenants with one administrator for a second, and end companies that nobody joined. */
export const signupTasks = ({ db, clock, random, keys, origin }: Services): TaskList => ({
  'ask-second-administrators': () => askForSecondAdministrators(db, { now: clock(), random, keys }, origin),
  'end-unjoined': () => endUnjoined(db, { now: clock(), random, keys }),
})
