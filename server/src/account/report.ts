import {
  type Activity,
  type ActivityLine,
  countEvents,
  findEvent,
  findTrail,
  record,
  type Trail,
} from '../audit/index.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { findHelpers, findOtherAdministrators, raiseSecurityEpoch, readName, type User } from '../directory/index.ts'
import { isLocked, lock } from '../limits/index.ts'
import { blockMethods, countGates, findNoticeAddresses, findUsedMethods, resetMethods } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import { findPassword } from '../passwords/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { readSecurityInfo, type SecurityInfo } from '../registration/index.ts'
import { lockSession, rotateSession, type Session } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'
import { findReported, isReportable } from './activity.ts'

/** "This wasn't me", said of one event: what it does, or has done. */
export interface Report {
  line: ActivityLine
  /** It was made before; then the rest says what holds of it still. */
  made: boolean
  /** Nobody can sign in with the password any more, in any browser, until a new one is set by a reset, or an operator lifts it. */
  password: boolean
  /** These prove nothing until they are registered anew, or an operator lifts it. */
  methods: MethodKind[]
  /** Whether the person can then choose a new password without an administrator. */
  canReset: boolean
  /** Whether the tenant has somebody else to tell. */
  administrators: boolean
}

/** Beyond so many reports in a day nobody is mailed of another: whoever sits in a session could fill mailboxes, and bury in them what matters. */
const ALERTS_A_DAY = 5

/** Whoever set a password knows it. */
const setting: readonly Activity[] = ['password.changed', 'reset.finished']
/** Whoever gave such a proof, or put such a method on record, has it in their hands; the event's reason is its kind. */
const using: readonly Activity[] = ['reset.proof_passed', 'proof.passed', 'securityInfo.saved']

/** The event of this id, and what reporting it does; undefined where there is none that this session's owner could report: an unknown id, somebody else's, or something that only failed. */
export async function findReport(trx: Trx, means: Means, session: Session, id: string): Promise<Report | undefined> {
  const { found } = await judge(trx, means, session, id)
  return found
}

async function judge(trx: Trx, means: Means, session: Session, id: string) {
  const { user } = session
  const line = isUuid(id) ? await findEvent(trx, user.tenantId, user.id, id) : undefined
  if (!line || !isReportable(session, line)) return { found: undefined, ids: [] }
  const info = await readSecurityInfo(trx, means, user)
  const administrators = (await findAdministrators(trx, user)).length > 0
  const details = (await findReported(trx, user, line.at)).get(id)
  if (details) {
    // What holds of it now: a password may have been chosen since, and a method set up anew.
    const blocked = info.recorded.filter(
      ({ kind, blockedAt }) => blockedAt && details.methods?.split(',').includes(kind),
    )
    const name = readName(user.userPrincipalName).folded
    const password = details.password === 'locked' && (await isLocked(trx, means, user.tenantId, name))
    const methods = blocked.map(({ kind }) => kind)
    const canReset = mayReset(means, user, info)
    return { found: { line, made: true, password, methods, canReset, administrators }, ids: [] }
  }
  const used = await findUsed(trx, means, session, line)
  const ids = used.methods.map(method => method.id)
  const found: Report = {
    line,
    made: false,
    password: used.password,
    methods: [...new Set(used.methods.map(({ kind }) => kind))],
    canReset: mayReset(means, user, info, ids),
    administrators,
  }
  return { found, ids }
}

/**
 * What whoever did this had in their hands: the password, and the methods that they proved, or put on record. What was changed since is no longer in them.
 * In another session or journey than this one, all that was done there was theirs. In this very session it is the reported act alone, or the owner's own proofs would be blocked with it.
 */
async function findUsed(trx: Trx, means: Means, session: Session, line: ActivityLine) {
  const { user, tenantId } = session
  const elsewhere = line.correlationId !== session.correlationId
  const acts = elsewhere
    ? await findTrail(trx, tenantId, user.id, line.correlationId, [...using, ...setting, 'signin.succeeded'])
    : [line]
  const uses = acts
    .filter(({ activity }) => using.includes(activity))
    .map(({ reason, at }) => ({ kind: reason as MethodKind, at }))
  const known = acts.filter(({ activity }) => activity === 'signin.succeeded' || setting.includes(activity))
  const password = await findPassword(trx, user)
  return {
    methods: await findUsedMethods(trx, means, user, uses),
    password: password !== undefined && known.some(({ at }) => password.setAt <= at),
  }
}

/** Whether somebody can choose a new password without an administrator, once the methods of these ids are `blocked` too. */
export function mayReset(
  means: Means,
  user: User,
  { policy, recorded }: SecurityInfo,
  blocked: readonly string[] = [],
): boolean {
  const { enabled, gates } = policy.settings
  const left = resetMethods(means, policy, recorded).filter(({ id }) => !blocked.includes(id))
  return enabled && user.passwordMasteredIn === 'cloud' && countGates(left) >= gates
}

/** `ended`: the session ended while this went on. `sessionCookie`: under which the session that reports goes on; undefined where the report had been made before, and nothing was changed. */
export type ReportOutcome =
  | { outcome: 'reported'; report: Report; sessionCookie: string | undefined }
  | { outcome: 'unknown' }
  | { outcome: 'ended' }

/**
 * Reports one event as somebody else's. In one transaction: everything granted so far ends (sessions, familiar browsers, journeys, challenges), but the session that reports goes on under a new id; what was used is blocked; administrators and the person's addresses, old and new, are told.
 * No proof is asked for, or the alarm could not be raised by somebody whose methods are in other hands. Whoever has stolen a session can press it too. It ends their own ways in with the owner's, opens none, and is told of everywhere, so it serves a thief less than the session itself.
 */
export async function reportActivity(
  trx: Trx,
  means: Means,
  session: Session,
  trail: Trail,
  id: string,
): Promise<ReportOutcome> {
  const current = await lockSession(trx, means, session)
  if (!current) return { outcome: 'ended' }
  const { found: report, ids } = await judge(trx, means, current, id)
  if (!report) return { outcome: 'unknown' }
  if (report.made) return { outcome: 'reported', report, sessionCookie: undefined }
  const { user, tenantId } = current
  // As it stands before anything is blocked: whoever reports in a stolen session must not keep the owner from hearing of it.
  const { recorded } = await readSecurityInfo(trx, means, user)
  const addresses = await findNoticeAddresses(trx, means, user, recorded)
  const securityEpoch = await raiseSecurityEpoch(trx, tenantId, user.id)
  await blockMethods(trx, means, user, ids)
  if (report.password) await lock(trx, means, tenantId, readName(user.userPrincipalName).folded)
  await tell(trx, means, user, trail, report, addresses)
  const name = user.userPrincipalName
  await record(trx, means, tenantId, trail, {
    activity: 'account.reported',
    result: 'success',
    reason: report.line.activity,
    actor: { kind: 'user', id: user.id, name },
    target: { id: user.id, name },
    details: { event: id, methods: report.methods.join(','), ...(report.password && { password: 'locked' }) },
  })
  const sessionCookie = await rotateSession(trx, means, current, { requires: current.requires, securityEpoch })
  return { outcome: 'reported', report: { ...report, made: true }, sessionCookie }
}

/** Tells whoever administers the tenant, and the person at every address. */
async function tell(trx: Trx, means: Means, user: User, trail: Trail, report: Report, own: readonly string[]) {
  const { line, password, methods } = report
  const { tenantId, preferredLanguage } = user
  const today = await countEvents(trx, tenantId, 'account.reported', means.now, user.id)
  if (today >= ALERTS_A_DAY) return
  const administrators = await findAdministrators(trx, user)
  await tellOfAccount(
    trx,
    means,
    user,
    trail,
    [
      ...own.map(to => ({ to, preferredLanguage, template: 'activity_reported' }) as const),
      ...administrators.map(
        one => ({ to: one.mail, preferredLanguage: one.preferredLanguage, template: 'account_reported' }) as const,
      ),
    ],
    {
      reported: line.activity,
      reportedAt: line.at.toISOString(),
      blocked: [...(password ? ['password'] : []), ...methods].join(','),
      ...(line.address && { reportedFrom: line.address }),
    },
  )
}

/** Everybody but the person who helps with lost passwords, or administers the tenant. */
async function findAdministrators(trx: Trx, { id, tenantId }: User) {
  const helpers = [...(await findHelpers(trx, tenantId)), ...(await findOtherAdministrators(trx, tenantId, id))]
  return [...new Map(helpers.filter(helper => helper.id !== id).map(helper => [helper.id, helper])).values()]
}
