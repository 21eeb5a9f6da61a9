import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { removeChallenges } from '../challenges/index.ts'
import { plus } from '../clock.ts'
import { findOtherAdministrators, readName, type User } from '../directory/index.ts'
import { clear } from '../limits/index.ts'
import { findNoticeAddresses, noteProved } from '../methods/index.ts'
import { tellOfAccount } from '../notifications/index.ts'
import {
  findPassword,
  isReported,
  type PasswordChecks,
  type PasswordRefusals,
  type PasswordRules,
  preparePassword,
  readPasswordRules,
  setPassword,
} from '../passwords/index.ts'
import { nextRequirement } from '../registration/index.ts'
import { newSession, type Requirement, rememberDevice } from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { outOfStep, refuse } from './errors.ts'
import { type Asker, challengeOwnerOf, finishedNow, JOURNEY_LASTS, type Journey, openJourney } from './journey.ts'
import { claimJourney, setProblem, spendPasswordTry } from './queries.ts'
import { peopleOf } from './verify.ts'

/** How many passwords a journey may try before it has to be begun again. */
const PASSWORDS_AT_MOST = 30

/** A session that a finished reset has begun. */
export interface SignedIn {
  sessionCookie: string
  requires: Requirement | null
}

/** `deviceCookie`: the browser has earned to be familiar. `signedIn`: where the policy says so. */
export type FinishOutcome =
  | { outcome: 'finished'; deviceCookie: string; journey: Journey; signedIn: SignedIn | undefined }
  | { outcome: 'refused'; codes: PasswordRefusals }

/** A journey whose new password may be judged, and its rules. */
export interface Choice {
  journey: Journey
  rules: PasswordRules
}

/**
 * Reads the rules for the new password, once every gate is passed. Counts the try before it is judged, so that parallel
 * tries gain nothing.
 * Throws what `outOfStep` gives.
 */
export async function beginChoice(trx: Trx, act: Act, journey: Journey): Promise<Choice> {
  checkReady(journey, 'forgot')
  const { user } = journey
  if (!user) throw refuse('journey_expired')
  const [spent, rules] = await trx.last(() =>
    Promise.all([spendPasswordTry(trx, journey, PASSWORDS_AT_MOST), readPasswordRules(trx, act, user, 'reset')]),
  )
  if (!spent) throw refuse('journey_expired')
  return { journey, rules }
}

/**
 * Sets the new password. It is judged and hashed with no transaction open. Then one transaction claims the journey,
 * sets the password, ends all grants, and signs in where the policy says so.
 * Throws what `outOfStep` gives.
 */
export async function choosePassword(
  db: Db,
  act: Act,
  checks: PasswordChecks,
  { journey, rules }: Choice,
  asked: { newPassword: string; asker: Asker },
): Promise<FinishOutcome> {
  const judged = await preparePassword(db, act, checks, act.trail, rules, asked.newPassword)
  return inTenant(db, journey.tenantId, async trx => {
    if ('refused' in judged) {
      await record(trx, act, journey.tenantId, act.trail, {
        activity: 'reset.failed',
        result: 'failure',
        reason: judged.refused[0],
        ...peopleOf(journey),
      })
      return { outcome: 'refused', codes: judged.refused }
    }
    const { user, now } = await reopen(trx, act, journey, asked.asker, 'forgot')
    const [securityEpoch] = await Promise.all([
      setPassword(trx, act, user, { ...judged.prepared, mustChange: false }),
      claim(trx, act, now),
    ])
    const person = { ...user, securityEpoch }
    const proved = now.challenges.passed.map(({ methodId }) => methodId)
    const [deviceCookie, signedIn] = await Promise.all([
      rememberDevice(trx, act, person),
      now.policy.settings.signInAfterReset ? signIn(trx, act, now, person) : undefined,
      noteProved(trx, act, user, proved),
      conclude(trx, act, now, user, 'reset.finished'),
    ])
    return { outcome: 'finished', deviceCookie, journey: finishedNow(act, now), signedIn }
  })
}

/** Opens a session as the new password would: no gate of the reset counts as a proof in it. It shares the reset's trail, so that one report covers both. */
async function signIn(trx: Trx, act: Act, journey: Journey, user: User): Promise<SignedIn> {
  const requires = await nextRequirement(trx, act, user)
  const person = { id: user.id, name: user.userPrincipalName }
  const [sessionCookie] = await Promise.all([
    newSession(trx, act, user, { requires, language: journey.language }),
    record(trx, act, journey.tenantId, act.trail, {
      activity: 'signin.succeeded',
      result: 'success',
      reason: 'reset',
      actor: { kind: 'user', ...person },
      target: person,
    }),
  ])
  return { sessionCookie, requires }
}

/** Removes the lock and leaves the password as it is, through the same gates. It signs nobody in: the password was not proved. Throws what `outOfStep` gives, and `password_reported`. */
export async function unlockAccount(db: Db, act: Act, journey: Journey, asker: Asker): Promise<Journey> {
  checkReady(journey, 'unlock')
  // Told only after the gates. A later report raises the epoch, which `reopen` sees.
  const reported = await inTenant(db, journey.tenantId, async trx => {
    if (!journey.user || !(await isReported(trx, journey.user))) return false
    await setProblem(trx, journey, 'forgot')
    return true
  })
  if (reported) throw refuse('password_reported')
  return inTenant(db, journey.tenantId, async trx => {
    const { user, now } = await reopen(trx, act, journey, asker, 'unlock')
    const { folded } = readName(user.userPrincipalName)
    await Promise.all([
      claim(trx, act, now),
      clear(trx, act, user.tenantId, folded, 'password', 'proofs', 'phoneNumber'),
      conclude(trx, act, now, user, 'reset.unlocked'),
    ])
    return finishedNow(act, now)
  })
}

/** The facts to tell of a journey that has ended. */
export interface Aftermath {
  /** Notices went out, to at least one address. */
  told: boolean
  /** A password was set since the journey began; otherwise a report ended the journey. */
  passwordChanged: boolean
}

export async function readAftermath(trx: Trx, act: Act, journey: Journey): Promise<Aftermath> {
  const { state, user, policy, recorded, expiresAt } = journey
  const password = user && state === 'superseded' ? await findPassword(trx, user) : undefined
  return {
    told:
      user !== undefined &&
      state === 'finished' &&
      policy.settings.notifyUsers &&
      (await findNoticeAddresses(trx, act, user, recorded)).length > 0,
    passwordChanged: password !== undefined && password.setAt >= plus(expiresAt, -JOURNEY_LASTS),
  }
}

function checkReady(journey: Journey, problem: 'forgot' | 'unlock') {
  const asks = journey.problem ?? 'forgot'
  if (journey.state !== 'choose-password' || asks !== problem) throw outOfStep(journey, true)
}

/** Locks the journey and reads it once more: gates, policy, account and epoch hold at the moment of the change, or nothing is changed. */
async function reopen(trx: Trx, act: Act, journey: Journey, asker: Asker, problem: 'forgot' | 'unlock') {
  const now = await openJourney(trx, act, journey.tenantId, journey.id, asker, true)
  if (!now) throw refuse('journey_expired')
  checkReady(now, problem)
  if (!now.user) throw outOfStep(now)
  return { user: now.user, now }
}

/** Ends the journey together with its last changes, which a journey that has ended undoes. */
async function claim(trx: Trx, act: Act, journey: Journey) {
  if (!(await claimJourney(trx, act, journey))) throw outOfStep(journey)
}

/** Makes the last changes: removes the challenges, writes the event and queues the notices. */
async function conclude(
  trx: Trx,
  act: Act,
  journey: Journey,
  user: User,
  activity: 'reset.finished' | 'reset.unlocked',
) {
  const template = activity === 'reset.finished' ? 'password_reset' : 'account_unlocked'
  await Promise.all([
    removeChallenges(trx, journey.tenantId, challengeOwnerOf(journey)),
    record(trx, act, journey.tenantId, act.trail, { activity, result: 'success', ...peopleOf(journey) }),
    tell(trx, act, journey, user, template),
  ])
}

/** Tells the person at every address on record, and of an administrator the other Global Administrators, as the policy says. */
async function tell(trx: Trx, act: Act, journey: Journey, user: User, template: 'password_reset' | 'account_unlocked') {
  const { settings, administrator } = journey.policy
  const { preferredLanguage } = user
  const reading = Promise.all([
    settings.notifyUsers ? findNoticeAddresses(trx, act, user, journey.recorded) : [],
    administrator && settings.notifyAdministrators && template === 'password_reset'
      ? findOtherAdministrators(trx, user.tenantId, user.id)
      : [],
  ])
  const readers = reading.then(([own, others]) => [
    ...own.map(to => ({ to, preferredLanguage, template })),
    ...others.map(other => ({ ...other, to: other.mail, template: 'administrator_reset' as const })),
  ])
  await tellOfAccount(trx, act, user, act.trail, readers)
}
