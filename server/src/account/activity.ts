import type { Act } from '../act.ts'
import { type Activity, type ActivityLine, findActivity, findDetails, findFolded } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import type { User } from '../directory/index.ts'
import type { Session } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'

/** The events of an account that its owner sees: own acts, and acts that a stranger may have tried or done. */
export const shownActivities = [
  'user.created',
  'user.unblocked',
  'user.registration_required',
  'signin.succeeded',
  'signin.failed',
  'signin.blocked',
  'signout.succeeded',
  'passkey.copy_suspected',
  'proof.passed',
  'proof.failed',
  'password.changed',
  'password.given',
  'pass.issued',
  'link.sent',
  'caller.approved',
  'method.removed',
  'password.change_failed',
  'reset.started',
  'reset.finished',
  'reset.unlocked',
  'reset.blocked',
  'reset.contacted',
  'securityInfo.saved',
  'securityInfo.renamed',
  'securityInfo.removed',
  'securityInfo.confirmed',
  'securityInfo.put_off',
  'account.reported',
] as const satisfies readonly Activity[]

/** Attempts, which strangers can repeat without end: folded, so that they push no successful act out of sight. */
const tried = [
  'signin.failed',
  'signin.blocked',
  'passkey.copy_suspected',
  'proof.failed',
  'password.change_failed',
  'reset.started',
  'reset.blocked',
  'reset.contacted',
] as const satisfies readonly (typeof shownActivities)[number][]

/** Whether the event is only an attempt. */
export const isTried = ({ activity }: { activity: ShownActivity }) => (tried as readonly Activity[]).includes(activity)

const gotThrough = shownActivities.filter(activity => !isTried({ activity }))

/** How long attempts are shown. */
const TRIED_SINCE = 30 * DAY

export type ShownActivity = (typeof shownActivities)[number]

/** Successful acts, of which one can say "this wasn't me". After an attempt there is nothing to end. */
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

/** An event of an account, as its owner sees it. */
export interface OwnActivity extends ActivityLine {
  activity: ShownActivity
  /** It is the sign-in of this session. */
  here: boolean
  /** Whether its owner can report it. */
  reportable: boolean
  /** Whether it was reported. */
  reported: boolean
  /** For a folded line: how many events, at most `COUNTED_AT_MOST`, and since when. */
  times: { count: number; firstAt: Date } | undefined
}

/** Whether the owner can report an event: never the sign-in of this session. */
export const isReportable = (session: Session, line: ActivityLine) =>
  reportable.includes(line.activity) && !isHere(session, line)

const isHere = (session: Session, line: ActivityLine) =>
  line.activity === 'signin.succeeded' && line.correlationId === session.correlationId

/** The successful acts on the owner's account, newest first. `before`: only the ones older than the event of this id. */
export async function listOwnActivity(
  trx: Trx,
  session: Session,
  limit: number,
  before?: string,
): Promise<OwnActivity[]> {
  const { user } = session
  const lines = await findActivity(trx, user.id, gotThrough, { limit, before })
  const oldest = lines.at(-1)
  const reported = oldest ? await findReported(trx, user, oldest.at) : new Map()
  return lines.map(line => ({
    ...line,
    activity: line.activity as ShownActivity,
    here: isHere(session, line),
    reportable: isReportable(session, line),
    reported: reported.has(line.id),
    times: undefined,
  }))
}

/** Recent attempts on the owner's account: one line for each kind. */
export async function listTried(trx: Trx, { now }: Act, { user }: Session): Promise<OwnActivity[]> {
  const lines = await findFolded(trx, user.id, tried, plus(now, -TRIED_SINCE))
  return lines.map(({ firstAt, ...line }) => ({
    ...line,
    activity: line.activity as ShownActivity,
    here: false,
    reportable: false,
    reported: false,
    times: line.count > 1 ? { count: line.count, firstAt } : undefined,
  }))
}

/** The details of each report since a moment, by the id of the reported event. */
export async function findReported(trx: Trx, user: User, since: Date): Promise<Map<string, Record<string, string>>> {
  const reports = await findDetails(trx, 'account.reported', user.id, { since })
  return new Map(reports.map(({ details }) => [details.event ?? '', details]))
}
