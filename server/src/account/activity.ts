import { type Activity, type ActivityLine, findActivity, findDetails } from '../audit/index.ts'
import type { User } from '../directory/index.ts'
import type { Session } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'

/** What a person sees of their own account's events: what they did, and what somebody else may have tried or done. */
export const shownActivities = [
  'user.created',
  'user.unblocked',
  'signin.succeeded',
  'signin.failed',
  'signin.blocked',
  'signout.succeeded',
  'proof.passed',
  'proof.failed',
  'password.changed',
  'password.change_failed',
  'reset.started',
  'reset.finished',
  'reset.unlocked',
  'reset.blocked',
  'reset.contacted',
  'securityInfo.saved',
  'securityInfo.removed',
  'securityInfo.confirmed',
  'securityInfo.put_off',
  'account.reported',
] as const satisfies readonly Activity[]

export type ShownActivity = (typeof shownActivities)[number]

/** What somebody else can only have done by getting through: worth "this wasn't me". Of what was merely tried there is nothing to end. */
const reportable: readonly Activity[] = [
  'signin.succeeded',
  'proof.passed',
  'password.changed',
  'reset.finished',
  'reset.unlocked',
  'securityInfo.saved',
  'securityInfo.removed',
  'securityInfo.confirmed',
]

/** One event of one's own account, as it stands for whoever looks at it. */
export interface OwnActivity extends ActivityLine {
  activity: ShownActivity
  /** It is the sign-in of the very session that looks. */
  here: boolean
  /** Whether it can be reported as somebody else's. */
  reportable: boolean
  /** It was. */
  reported: boolean
}

/** Whether "this wasn't me" can be said of an event: not of the sign-in that one is looking from. */
export const isReportable = (session: Session, line: ActivityLine) =>
  reportable.includes(line.activity) && !isHere(session, line)

const isHere = (session: Session, line: ActivityLine) =>
  line.activity === 'signin.succeeded' && line.correlationId === session.correlationId

/** The newest events of somebody's own account; `before`: those older than the event of this id. */
export async function listOwnActivity(
  trx: Trx,
  session: Session,
  limit: number,
  before?: string,
): Promise<OwnActivity[]> {
  const { user } = session
  const lines = await findActivity(trx, user.tenantId, user.id, shownActivities, limit, before)
  const oldest = lines.at(-1)
  const reported = oldest ? await findReported(trx, user, oldest.at) : new Map()
  return lines.map(line => ({
    ...line,
    activity: line.activity as ShownActivity,
    here: isHere(session, line),
    reportable: isReportable(session, line),
    reported: reported.has(line.id),
  }))
}

/** What was reported since a moment: the details of each report, by the id of the event that it is about. */
export async function findReported(trx: Trx, user: User, since: Date): Promise<Map<string, Record<string, string>>> {
  const details = await findDetails(trx, user.tenantId, 'account.reported', user.id, since)
  return new Map(details.map(one => [one.event ?? '', one]))
}
