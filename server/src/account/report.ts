import type { Act } from '../act.ts'
import { type Activity, type ActivityLine, countEvents, findEvent, findTrail, record } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { findHelpers, findOtherAdministrators, raiseSecurityEpoch, readName, type User } from '../directory/index.ts'
import { blocksOf, hasLock, lock } from '../limits/index.ts'
import { blockMethods, findNoticeAddresses, findUsedMethods, gatesBy, resetMethods } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import { passwordOf } from '../passwords/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { type SecurityInfo, securityInfoOf } from '../registration/index.ts'
import { lockSession, rotateSession, type Session } from '../sessions/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { findReported, isReportable } from './activity.ts'

/** "This wasn't me" of one event: its effects, before or after. */
export interface Report {
  line: ActivityLine
  /** It was made before; then the rest says which effects still hold. */
  made: boolean
  /** Whether the password opens nothing any more, in any browser, until a reset or an operator sets a new one. */
  password: boolean
  /** These prove nothing until they are registered anew or an operator lifts the block. */
  methods: MethodKind[]
  /** Whether the person can then choose a new password without an administrator. */
  canReset: boolean
  /** Whether the tenant has administrators to tell, besides the owner. */
  administrators: boolean
}

/** After so many reports in a day no more mails go out. Otherwise the thief of a session could fill mailboxes, and bury what matters. */
const ALERTS_A_DAY = 5

/** Acts whose author knows the password. */
const setting: readonly Activity[] = ['password.changed', 'reset.finished']
/** Acts whose author holds a method. The event's reason is its kind. */
const using: readonly Activity[] = ['reset.proof_passed', 'proof.passed', 'securityInfo.saved']

/** The event of this id, and the effects of its report. Undefined for an unknown id, another person's event, and an attempt. */
export async function findReport(trx: Trx, act: Act, session: Session, id: string): Promise<Report | undefined> {
  const { found } = await judge(trx, act, session, id)
  return found
}

async function judge(trx: Trx, act: Act, session: Session, id: string) {
  const { user } = session
  const line = isUuid(id) ? await findEvent(trx, user.id, id) : undefined
  if (!line || !isReportable(session, line)) return { found: undefined, ids: [] }
  const info = await askOne(trx, securityInfoOf(act, user))
  const administrators = (await findAdministrators(trx, user)).length > 0
  const details = (await findReported(trx, user, line.at)).get(id)
  if (details) {
    // Only what still holds: since then a password may have been chosen, and a method set up anew.
    const blocked = info.recorded.filter(
      ({ kind, blockedAt }) => blockedAt && details.methods?.split(',').includes(kind),
    )
    const name = readName(user.userPrincipalName).folded
    const password =
      details.password === 'locked' &&
      hasLock(await askOne(trx, blocksOf(act, user.tenantId, name, 'password', 'lock')))
    const methods = blocked.map(({ kind }) => kind)
    const canReset = mayReset(act, user, info)
    return { found: { line, made: true, password, methods, canReset, administrators }, ids: [] }
  }
  const used = await findUsed(trx, act, session, line)
  const ids = used.methods.map(method => method.id)
  const found: Report = {
    line,
    made: false,
    password: used.password,
    methods: [...new Set(used.methods.map(({ kind }) => kind))],
    canReset: mayReset(act, user, info, ids),
    administrators,
  }
  return { found, ids }
}

/**
 * The password and methods that the author of this act held: typed, proved or put on record, and not changed since. Of
 * another session or journey, every act was the author's. Of this session only the reported act counts, so that the
 * owner's own proofs are not blocked.
 */
async function findUsed(trx: Trx, act: Act, session: Session, line: ActivityLine) {
  const { user } = session
  const elsewhere = line.correlationId !== session.correlationId
  const acts = elsewhere
    ? await findTrail(trx, user.id, line.correlationId, [...using, ...setting, 'signin.succeeded'])
    : [line]
  const uses = acts
    .filter(act => using.includes(act.activity) || isByPasskey(act))
    .map(({ reason, at }) => ({ kind: reason as MethodKind, at }))
  const known = acts.filter(
    act => (act.activity === 'signin.succeeded' && !isByPasskey(act)) || setting.includes(act.activity),
  )
  const password = await askOne(trx, passwordOf(user))
  return {
    methods: await findUsedMethods(trx, act, user, uses),
    // What a clock that had jumped ahead has set may have been set before the act.
    password: password !== undefined && known.some(({ at }) => password.setAt <= at || password.setAt > act.now),
  }
}

/** Whether it is a sign-in by passkey, whose author need not know the password. */
const isByPasskey = ({ activity, reason }: ActivityLine) => activity === 'signin.succeeded' && reason === 'passkey'

/** Whether a person can choose a new password without an administrator, once the methods of these ids are `blocked` too. */
export function mayReset(
  act: Act,
  user: User,
  { policy, recorded }: SecurityInfo,
  blocked: readonly string[] = [],
): boolean {
  const { enabled, gates } = policy.settings
  const left = resetMethods(act, policy, recorded).filter(({ id }) => !blocked.includes(id))
  return enabled && user.passwordMasteredIn === 'cloud' && gatesBy(policy.settings, left) >= gates
}

/** `ended`: the session ended meanwhile. `sessionCookie`: the new cookie of the session that reports; undefined where the report was made before, and nothing changed. */
export type ReportOutcome =
  | { outcome: 'reported'; report: Report; sessionCookie: string | undefined }
  | { outcome: 'unknown' }
  | { outcome: 'ended' }

/**
 * Reports an event as another person's, in one transaction. All grants end; this session goes on under a new id. The
 * password and methods of the act are blocked. Administrators and all addresses, old and new, are told.
 * No proof is asked for, because the owner's methods may be in other hands. A thief who reports opens nothing.
 */
export async function reportActivity(trx: Trx, act: Act, session: Session, id: string): Promise<ReportOutcome> {
  const current = await lockSession(trx, act, session)
  if (!current) return { outcome: 'ended' }
  const { found: report, ids } = await judge(trx, act, current, id)
  if (!report) return { outcome: 'unknown' }
  if (report.made) return { outcome: 'reported', report, sessionCookie: undefined }
  const { user, tenantId } = current
  // Read before anything is blocked: a thief who reports must not keep the owner from hearing of it.
  const { recorded } = await askOne(trx, securityInfoOf(act, user))
  const addresses = await findNoticeAddresses(trx, act, user, recorded)
  const securityEpoch = await raiseSecurityEpoch(trx, tenantId, user.id)
  await blockMethods(trx, act, user, ids)
  if (report.password) await lock(trx, act, tenantId, readName(user.userPrincipalName).folded)
  await tell(trx, act, { user, addresses }, report)
  const name = user.userPrincipalName
  const locked = report.password ? await askOne(trx, passwordOf(user)) : undefined
  await record(trx, act, {
    activity: 'account.reported',
    result: 'success',
    reason: report.line.activity,
    target: { id: user.id, name },
    details: {
      event: id,
      methods: report.methods.join(','),
      ...(locked && { password: 'locked', passwordSetAt: locked.setAt.toISOString() }),
    },
  })
  const sessionCookie = await rotateSession(trx, act, current, { requires: current.requires, securityEpoch })
  return { outcome: 'reported', report: { ...report, made: true }, sessionCookie }
}

/** Tells the tenant's administrators, and the person at every address. */
async function tell(
  trx: Trx,
  act: Act,
  { user, addresses }: { user: User; addresses: readonly string[] },
  report: Report,
) {
  const { line, password, methods } = report
  const { preferredLanguage } = user
  const today = await countEvents(trx, 'account.reported', act.now, user.id)
  if (today >= ALERTS_A_DAY) return
  const administrators = await findAdministrators(trx, user)
  await tellOfAccount(trx, act, user, {
    readers: [
      ...addresses.map(to => ({ to, preferredLanguage, template: 'activity_reported' }) as const),
      ...administrators.map(helper => ({ ...helper, to: helper.mail, template: 'account_reported' }) as const),
    ],
    about: {
      reported: line.activity,
      reportedAt: line.at.toISOString(),
      blocked: [...(password ? ['password'] : []), ...methods].join(','),
      ...(line.address && { reportedFrom: line.address }),
    },
  })
}

/** The helpers with lost passwords and the administrators of the tenant, without the person. */
async function findAdministrators(trx: Trx, { id, tenantId }: User) {
  const helpers = [...(await findHelpers(trx, tenantId)), ...(await findOtherAdministrators(trx, tenantId, id))]
  return [...new Map(helpers.filter(helper => helper.id !== id).map(helper => [helper.id, helper])).values()]
}
