import type { TaskList } from 'graphile-worker'
import type { Services } from '../http/index.ts'
import { moveDueRelationships } from './due.ts'

export { formerTags } from './customers.ts'
export { oldDaps, oldGrants, oldOffers, oldUses } from './due.ts'
export { oldPartnerInvitations } from './invitations.ts'
export { formerCompanies } from './served.ts'

/** The job of what ends between partners and customers. */
export const relationshipTasks = ({ db, clock, random, keys }: Services): TaskList => ({
  'move-relationships': () => moveDueRelationships(db, { now: clock(), random, keys }),
})
