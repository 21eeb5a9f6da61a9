import { record, type Trail } from '../audit/index.ts'
import type { Hasher, Means } from '../crypto/index.ts'
import { findOtherAdministrators, readName, type User } from '../directory/index.ts'
import { clear } from '../limits/index.ts'
import { noticeAddresses, removeChallenges } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import { type PasswordRefusal, preparePassword, setPassword } from '../passwords/index.ts'
import { rememberDevice } from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { OutOfStep } from './errors.ts'
import { type Asker, finishedNow, holderOf, type Journey, openJourney } from './journey.ts'
import { claimJourney, countRefusedPassword } from './queries.ts'
import { peopleOf } from './verify.ts'

/** How many passwords a journey may try before it has to be begun again. */
const PASSWORDS_AT_MOST = 30

/** `deviceCookie`: the browser has earned to be familiar. */
export type FinishOutcome =
  | { outcome: 'finished'; deviceCookie: string; journey: Journey }
  | { outcome: 'refused'; code: PasswordRefusal }

/**
 * Sets the new password, where every gate was passed. The gates are judged first, then the password, then it is hashed with no transaction open; then one transaction claims the journey, sets the password and ends all that was granted before.
 * Throws `OutOfStep`.
 */
export async function choosePassword(
  db: Db,
  means: Means,
  hasher: Hasher,
  journey: Journey,
  trail: Trail,
  asked: { newPassword: string; asker: Asker },
): Promise<FinishOutcome> {
  checkReady(journey, 'forgot')
  const judged = await preparePassword(hasher, asked.newPassword)
  return inTenant(db, journey.tenantId, async trx => {
    if ('refused' in judged) {
      await countRefusedPassword(trx, journey)
      await record(trx, means, journey.tenantId, trail, {
        activity: 'reset.failed',
        result: 'failure',
        reason: judged.refused,
        ...peopleOf(journey),
      })
      return { outcome: 'refused', code: judged.refused }
    }
    const { user, now } = await claim(trx, means, journey, asked.asker, 'forgot')
    const securityEpoch = await setPassword(trx, means, user, { ...judged.prepared, mustChange: false })
    await record(trx, means, journey.tenantId, trail, {
      activity: 'reset.finished',
      result: 'success',
      ...peopleOf(now),
    })
    await tell(trx, means, now, user, trail, 'password_reset')
    const deviceCookie = await rememberDevice(trx, means, { ...user, securityEpoch })
    return { outcome: 'finished', deviceCookie, journey: finishedNow(means, now) }
  })
}

/** Removes the lock and leaves the password as it is, through the same gates. Throws `OutOfStep`. */
export async function unlockAccount(
  db: Db,
  means: Means,
  journey: Journey,
  trail: Trail,
  asker: Asker,
): Promise<Journey> {
  checkReady(journey, 'unlock')
  return inTenant(db, journey.tenantId, async trx => {
    const { user, now } = await claim(trx, means, journey, asker, 'unlock')
    await clear(trx, means, user.tenantId, readName(user.userPrincipalName).folded, 'password', 'proofs', 'phoneNumber')
    await record(trx, means, journey.tenantId, trail, {
      activity: 'reset.unlocked',
      result: 'success',
      ...peopleOf(now),
    })
    await tell(trx, means, now, user, trail, 'account_unlocked')
    return finishedNow(means, now)
  })
}

function checkReady(journey: Journey, problem: 'forgot' | 'unlock') {
  const asks = journey.problem ?? 'forgot'
  if (journey.state !== 'choose-password' || asks !== problem) throw new OutOfStep(journey, true)
  if (journey.passwordsRefused >= PASSWORDS_AT_MOST) throw new OutOfStep({ state: 'expired', blockedFor: 0 })
}

/** Claims the journey and reads it once more: gates, policy, account and epoch hold at the moment of the change, or nothing is changed. */
async function claim(trx: Trx, means: Means, journey: Journey, asker: Asker, problem: 'forgot' | 'unlock') {
  const now = await openJourney(trx, means, journey.tenantId, journey.id, asker, true)
  if (!now) throw new OutOfStep({ state: 'expired', blockedFor: 0 })
  checkReady(now, problem)
  if (!now.user || !(await claimJourney(trx, means, now))) throw new OutOfStep(now)
  await removeChallenges(trx, now.tenantId, holderOf(now))
  return { user: now.user, now }
}

/** Tells the person at every address on record, and for an administrator the others, as the policy says. */
async function tell(
  trx: Trx,
  means: Means,
  journey: Journey,
  user: User,
  trail: Trail,
  template: 'password_reset' | 'account_unlocked',
) {
  const { settings, administrator } = journey.policy
  const { preferredLanguage } = user
  const own = settings.notifyUsers ? noticeAddresses(user, journey.recorded) : []
  const others =
    administrator && settings.notifyAdministrators && template === 'password_reset'
      ? await findOtherAdministrators(trx, user.tenantId, user.id)
      : []
  await tellOfAccount(trx, means, user, trail, [
    ...own.map(to => ({ to, preferredLanguage, template })),
    ...others.map(other => ({ ...other, to: other.mail, template: 'administrator_reset' as const })),
  ])
}
