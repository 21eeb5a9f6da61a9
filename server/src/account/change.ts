import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { readName, type User } from '../directory/index.ts'
import { findTriesLeft } from '../limits/index.ts'
import { findNoticeAddresses, methodsOf } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import {
  isReported,
  type PasswordChecks,
  type PasswordRefusals,
  preparePassword,
  readPasswordRules,
  setPassword,
  verifyPassword,
} from '../passwords/index.ts'
import { nextRequirement } from '../registration/index.ts'
import { familiarityOf, type Granted, lockSession, renewSession, type Session } from '../sessions/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'

export interface PasswordChange {
  currentPassword: string
  newPassword: string
  deviceCookie: string | undefined
}

/** `ended`: meanwhile the session ended, or the password was changed elsewhere. `reported`: the owner reported the password as known to somebody else. It proves nothing any more, and only a reset gives the account a new one. */
export type ChangeOutcome =
  | ({ outcome: 'changed' } & Granted)
  | { outcome: 'incorrect'; retryAfter: number | undefined; left: number }
  | { outcome: 'refused'; codes: PasswordRefusals }
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
  checks: PasswordChecks,
  session: Session,
  asked: PasswordChange,
): Promise<ChangeOutcome> {
  const { user, tenantId } = session
  // The directory that keeps the password would not learn of the new one.
  if (user.passwordMasteredIn === 'directory') return { outcome: 'refused', codes: ['password_refused_by_directory'] }
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
    checks.hasher,
    {
      tenantId,
      name: readName(user.userPrincipalName).folded,
      password: asked.currentPassword,
      browserOf: person => familiarityOf(act, person, asked.deviceCookie),
    },
    (trx, found) => readPasswordRules(trx, act, found, 'change'),
  )
  if (!verdict.right) {
    const left = await inTenant(db, tenantId, async trx => {
      await recordChange(trx, act, user, 'current password incorrect')
      return findTriesLeft(trx, act, verdict.counter)
    })
    return { outcome: 'incorrect', retryAfter: verdict.retryAfter, left }
  }
  const judged = await preparePassword(db, act, checks, {
    rules: verdict.result,
    newPassword: asked.newPassword,
  })
  return inTenant(db, tenantId, async (trx): Promise<ChangeOutcome> => {
    if ('refused' in judged) {
      await recordChange(trx, act, user, judged.refused[0])
      return { outcome: 'refused', codes: judged.refused }
    }
    const current = await lockSession(trx, act, session)
    if (!current) return { outcome: 'ended' }
    const recorded = await askOne(trx, methodsOf(act, current.user))
    const securityEpoch = await setPassword(trx, act, current.user, { ...judged.prepared, mustChange: false })
    await recordChange(trx, act, user)
    const { preferredLanguage } = user
    const addresses = await findNoticeAddresses(trx, act, user, recorded)
    const readers = addresses.map(to => ({ to, preferredLanguage, template: 'password_changed' }) as const)
    await tellOfAccount(trx, act, user, { readers })
    const now = { ...current.user, securityEpoch }
    const requires = await nextRequirement(trx, act, now)
    const rise = { requires, securityEpoch, passwordAt: act.now }
    return { outcome: 'changed', ...(await renewSession(trx, act, current, rise, asked.deviceCookie)) }
  })
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
