import { type Activity, type ActivityLine, findActivity } from '../audit/index.ts'
import type { User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** What a person sees of their own account's events: what they did, and what somebody else may have tried. */
export const shownActivities = [
  'signin.succeeded',
  'signin.failed',
  'signin.blocked',
  'signout.succeeded',
  'password.changed',
  'reset.started',
  'reset.finished',
  'reset.unlocked',
  'reset.blocked',
  'reset.contacted',
  'securityInfo.saved',
  'securityInfo.removed',
  'securityInfo.confirmed',
  'securityInfo.put_off',
] as const satisfies readonly Activity[]

export type ShownActivity = (typeof shownActivities)[number]

/** The newest events of somebody's own account. */
export const listOwnActivity = (trx: Trx, user: User, limit: number): Promise<ActivityLine[]> =>
  findActivity(trx, user.tenantId, user.id, shownActivities, limit)
