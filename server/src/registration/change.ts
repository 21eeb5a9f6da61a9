import type { Act } from '../act.ts'
import { type AuditEvent, record } from '../audit/index.ts'
import { findNoticeAddresses } from '../methods/index.ts'
import { type NoticeTemplate, tellOfAccount } from '../notifications/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { type Granted, isFresh, lockSession, renewSession, type Session, type SessionProof } from '../sessions/index.ts'
import { askOne, type Trx } from '../store/index.ts'
import { noteAsked } from './asked.ts'
import { refuse } from './errors.ts'
import { touchesOlder } from './secondStep.ts'
import { infoRequirement, mustProve, nextRequirement, type SecurityInfo, securityInfoOf } from './state.ts'

/** A session and its owner's security info, as they are at the moment of a change. */
export interface SecurityInfoSession {
  session: Session
  info: SecurityInfo
}

/** The new cookies after a change that finished the session's required step. */
export type Changed = Granted | undefined

/** Reads both anew, the session locked. Throws `not_signed_in` where it has ended since. */
export async function openSecurityInfo(trx: Trx, act: Act, session: Session): Promise<SecurityInfoSession> {
  const current = await openSession(trx, act, session)
  return { session: current, info: await askOne(trx, securityInfoOf(act, current.user)) }
}

/** The session as it is now, locked. Throws `not_signed_in` where it has ended since, or goes on under another id. */
export async function openSession(trx: Trx, act: Act, session: Session): Promise<Session> {
  const current = await lockSession(trx, act, session)
  if (!current) throw refuse('not_signed_in')
  return current
}

/**
 * Whether this session may change security info. The first registration needs a password typed within 15 minutes, a later
 * change a proof as strong as a gate of the reset. A stolen session or a password alone plants no way back in.
 */
export const mayChange = ({ session, info }: SecurityInfoSession, { now }: Act): boolean =>
  isFresh(session.provedAt, now) || (!mustProve(info) && isFresh(session.passwordAt, now))

/** Checks that this session may change security info, and the methods of this kind. Throws `proof_needed`. */
export function checkMayChange(own: SecurityInfoSession, act: Act, kind?: MethodKind) {
  if (!mayChange(own, act) || (kind && touchesOlder(own.session, own.info, kind, act.now))) throw refuse('proof_needed')
}

/** The entry of this kind. Throws `method_unavailable` where the policy does not offer it, `not_editable` where only an administrator can set it. */
export function getEditable(info: SecurityInfo, kind: MethodKind) {
  const entry = info.entries.find(one => one.kind === kind)
  // A kind that is no longer offered can only be taken off the record.
  if (!entry || (entry.removable && !entry.editable)) throw refuse('method_unavailable', { field: 'kind' })
  if (!entry.editable) throw refuse('not_editable', { field: 'kind' })
  return entry
}

/** Tells the addresses that were on record before the change, so that the owner hears of it in every case. */
export async function tellOfChange(
  trx: Trx,
  act: Act,
  { session, info }: SecurityInfoSession,
  change: { template: NoticeTemplate; kind: MethodKind },
) {
  const { user } = session
  const { template, kind } = change
  const { preferredLanguage } = user
  const addresses = await findNoticeAddresses(trx, act, user, info.recorded)
  const readers = addresses.map(to => ({ to, preferredLanguage, template }))
  await tellOfAccount(trx, act, user, { readers, about: { kind } })
}

/** Writes an event of the session's owner about themselves. */
export async function recordOwn(
  trx: Trx,
  act: Act,
  session: Session,
  {
    result = 'success',
    ...event
  }: Pick<AuditEvent, 'activity' | 'reason' | 'details'> & { result?: 'failure' | 'success' },
) {
  await record(trx, act, { ...event, result, target: ownerOf(session) })
}

/** The target of the events of the session's owner about themselves. */
export const ownerOf = ({ user }: Session) => ({ id: user.id, name: user.userPrincipalName })

/**
 * After a change that finished the session's required step, the session goes on under a new id. `proof`: the code by
 * which the person registered their first second step, which they need not take again.
 */
export async function advance(
  trx: Trx,
  act: Act,
  before: SecurityInfoSession,
  { deviceCookie, proof }: { deviceCookie: string | undefined; proof?: SessionProof | undefined },
): Promise<Changed> {
  const { session } = before
  const info = await askOne(trx, securityInfoOf(act, session.user))
  if (before.info.registered < info.required && info.registered >= info.required)
    await recordOwn(trx, act, session, { activity: 'securityInfo.registered' })
  if (info.askedAt && infoRequirement(info) === null) await noteAsked(trx, session.user.id, null)
  if (session.requires !== 'register' && session.requires !== 'confirm') return undefined
  const proofs = proof ? [...session.proofs, proof] : session.proofs
  const { signedInBy, user } = session
  const { requires } = await nextRequirement(trx, act, user, { proofs, deviceCookie, signedInBy })
  if (requires === session.requires && !proof) return undefined
  return renewSession(trx, act, session, { requires, proof, deviceCookie })
}
