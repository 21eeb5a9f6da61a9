import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { readName, type User } from '../directory/index.ts'
import { findTriesLeft } from '../limits/index.ts'
import { findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import {
  doneOr,
  isReported,
  type Passwords,
  refusedPassword,
  unansweredHome,
  verifyPassword,
} from '../passwords/index.ts'
import { Refusal } from '../refusals.ts'
import { nextRequirement } from '../registration/index.ts'
import { familiarityOf, type Granted, lockSession, renewSession, type Session } from '../sessions/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'

export interface PasswordChange {
  session: Session
  currentPassword: string
  newPassword: string
  deviceCookie: string | undefined
}

/** `ended`: meanwhile the session ended, or the password was changed elsewhere. `reported`: the owner reported the password as known to somebody else. It proves nothing any more, and only a reset gives the account a new one. */
export type ChangeOutcome =
  | ({ outcome: 'changed' } & Granted)
  | { outcome: 'incorrect'; retryAfter: number | undefined; left: number }
  | { outcome: 'refused'; refusal: Refusal }
  | { outcome: 'reported' }
  | { outcome: 'ended' }

/**
 * Changes one's own password: by choice, or because it is a temporary one. The current password is judged by the
 * function of a sign-in, and counted with it. Every other session ends. This one goes on under a new id, and its
 * requirement is computed anew.
 */
export async function changePassword(
  db: Db,
  act: Act,
  passwords: Passwords,
  asked: PasswordChange,
): Promise<ChangeOutcome> {
  const { session } = asked
  const { user, tenantId } = session
  // The directory that keeps the password would not learn of the new one.
  if (user.passwordMasteredIn === 'directory' && !user.directory)
    return { outcome: 'refused', refusal: refusedPassword(['password_refused_by_directory']) }
  // Before the password is judged: right and wrong ones are answered alike, and nothing is counted.
  const reported = await inTenant(db, tenantId, async trx => {
    if (!(await isReported(trx, user))) return false
    await recordChange(trx, act, user, 'password_reported')
    return true
  })
  if (reported) return { outcome: 'reported' }
  const verdict = await verifyPassword(
    db,
    act,
    passwords,
    {
      tenantId,
      name: readName(user.userPrincipalName).folded,
      password: asked.currentPassword,
      browserOf: person => familiarityOf(act, person, asked.deviceCookie),
    },
    (trx, found) => passwords.homeOf(found).rules(trx, act, found, 'change'),
  )
  // Whether it was right is unknown: nobody answered.
  if (!verdict.right && verdict.unknown) return { outcome: 'refused', refusal: unansweredHome() }
  if (!verdict.right) {
    const left = await inTenant(db, tenantId, async trx => {
      await recordChange(trx, act, user, 'current password incorrect')
      return findTriesLeft(trx, act, verdict.counter)
    })
    return { outcome: 'incorrect', retryAfter: verdict.retryAfter, left }
  }
  const { currentPassword, newPassword, deviceCookie } = asked
  const asking = { rules: verdict.result, newPassword, currentPassword }
  const answer = await passwords.homeOf(user).set(db, act, passwords, asking, {
    open: trx => lockSession(trx, act, session),
    claim: trx => askOne(trx, methodsOf(act, user)),
    async conclude(trx, current, person, recorded): Promise<ChangeOutcome> {
      await recordChange(trx, act, user)
      const { preferredLanguage } = user
      const addresses = await findNoticeAddresses(trx, act, user, recorded)
      const readers = addresses.map(to => ({ to, preferredLanguage, template: 'password_changed' }) as const)
      await tellOfAccount(trx, act, user, { readers })
      // By the epoch before this change: the browser that it is made in need not be asked again.
      const { requires } = await nextRequirement(trx, act, current.user, { proofs: current.proofs, deviceCookie })
      const rise = { requires, securityEpoch: person.securityEpoch, passwordAt: act.now, deviceCookie }
      return { outcome: 'changed', ...(await renewSession(trx, act, current, rise)) }
    },
  })
  if (answer === 'ended') return { outcome: 'ended' }
  const done = doneOr(answer)
  if (!(done instanceof Refusal)) return done
  await inTenant(db, tenantId, trx => recordChange(trx, act, user, done.code))
  return { outcome: 'refused', refusal: done }
}

async function recordChange(trx: Trx, act: Act, user: User, reason?: string) {
  const name = user.userPrincipalName
  await record(trx, act, {
    activity: reason === undefined ? 'password.changed' : 'password.change_failed',
    result: reason === undefined ? 'success' : 'failure',
    ...(reason !== undefined && { reason }),
    target: { id: user.id, name },
  })
}
