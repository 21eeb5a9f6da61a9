import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { removeChallenges } from '../challenges/index.ts'
import { plus } from '../clock.ts'
import { findOtherAdministrators, type User } from '../directory/index.ts'
import { findNoticeAddresses, noteProved } from '../methods/index.ts'
import { accountNotices, type Notice, queueNotices } from '../notifications/index.ts'
import { type Answer, doneOr, isReported, type PasswordRules, type Passwords, passwordOf } from '../passwords/index.ts'
import { Refusal } from '../refusals.ts'
import { findOpeners, noteReset, requirementAfterReset, type ToldPasskey } from '../registration/index.ts'
import { newSession, type Requirement, rememberDevice } from '../sessions/index.ts'
import { askOne, type Db, inTenant, type Trx } from '../store/index.ts'
import { outOfStep, refuse } from './errors.ts'
import {
  challengeOwnerOf,
  finishedNow,
  JOURNEY_LASTS,
  type Journey,
  type JourneyIn,
  type Problem,
  refusedNow,
} from './journey.ts'
import { type Asker, lockJourney } from './open.ts'
import { claimJourney, recordStep, refuseJourney, setProblem, spendPasswordTry } from './queries.ts'

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
  | { outcome: 'unable'; journey: Journey }
  | { outcome: 'refused'; refusal: Refusal }

/** A journey that has passed every gate. */
type Ready = JourneyIn<'choose-password'>

/** A new password for a journey, the rules for it, and the browser that asks. */
export interface Choice {
  journey: Ready
  rules: PasswordRules
  newPassword: string
  asker: Asker
}

/**
 * Reads the rules for the new password, once every gate is passed. Counts the try before it is judged, so that parallel
 * tries gain nothing.
 * Throws what `outOfStep` gives.
 */
export async function beginChoice(
  trx: Trx,
  act: Act,
  { homeOf }: Pick<Passwords, 'homeOf'>,
  found: Journey,
): Promise<Pick<Choice, 'journey' | 'rules'>> {
  const journey = getReady(found, 'forgot')
  const { tenantId, id, user } = journey
  const [spent, rules] = await trx.last(() =>
    Promise.all([spendPasswordTry(trx, tenantId, id, PASSWORDS_AT_MOST), homeOf(user).rules(trx, act, user, 'reset')]),
  )
  if (!spent) throw refuse('journey_expired')
  return { journey, rules }
}

/**
 * Sets the new password at its home. Then one transaction claims the journey, ends all grants, and signs in where the
 * policy says so. Passwords that are kept here are set in it.
 * Throws what `outOfStep` gives.
 */
export async function choosePassword(
  db: Db,
  act: Act,
  passwords: Passwords,
  { journey, rules, newPassword, asker }: Choice,
): Promise<FinishOutcome> {
  const answer = await passwords.homeOf(journey.user).set(
    db,
    act,
    passwords,
    { rules, newPassword },
    {
      open: trx => reopen(trx, act, journey, asker),
      async claim(trx, now) {
        const [notices, requires] = await Promise.all([
          claim(trx, act, now, 'password_reset'),
          now.policy.settings.signInAfterReset ? askOne(trx, requirementAfterReset(act, now.user)) : undefined,
          noteReset(trx, now.user, now.recorded, passedBy(now)),
        ])
        return { notices, requires }
      },
      async conclude(trx, now, person, { notices, requires }): Promise<FinishOutcome> {
        const [deviceCookie, signedIn] = await trx.last(() =>
          Promise.all([
            rememberDevice(trx, act, person),
            requires === undefined ? undefined : signIn(trx, act, { journey: now, user: person, requires }),
            noteProved(trx, act, person, passedBy(now)),
            conclude(trx, act, now, { activity: 'reset.finished', notices }),
          ]),
        )
        return { outcome: 'finished', deviceCookie, journey: finishedNow(act, now), signedIn }
      },
    },
  )
  const done = await read(db, act, journey, answer)
  if (done instanceof Ended) return { outcome: 'unable', journey: done.journey }
  if (!(done instanceof Refusal)) return done
  const details = typeof answer === 'object' && 'unknown' in answer ? { directory: answer.unknown } : undefined
  await inTenant(db, journey.tenantId, trx =>
    recordStep(trx, act, journey, {
      activity: 'reset.failed',
      result: 'failure',
      reason: done.code,
      ...(details && { details }),
    }),
  )
  return { outcome: 'refused', refusal: done }
}

/** The methods that passed the gates of a journey. */
const passedBy = ({ facts }: Ready) => facts.challenges.passed.map(({ methodId }) => methodId)

/** A journey that its home has ended: the directory said no to us. */
class Ended {
  readonly journey: Journey
  constructor(journey: Journey) {
    this.journey = journey
  }
}

/** The change that was made, or the refusal that its home gave. Where no word came, the journey stays open. */
async function read<T>(db: Db, act: Act, journey: Ready, answer: Answer<T>): Promise<T | Refusal | Ended> {
  if (answer === 'ended') throw refuse('journey_expired')
  if (typeof answer !== 'object' || !('unable' in answer)) return doneOr(answer)
  const { tenantId, id } = journey
  const reason = 'SSPR_0029'
  await inTenant(db, tenantId, async trx => {
    await refuseJourney(trx, tenantId, id, reason)
    const details = { directory: answer.unable }
    await recordStep(trx, act, journey, { activity: 'reset.refused', result: 'failure', reason, details })
  })
  return new Ended(refusedNow(act, journey, reason))
}

/** Opens a session as the new password would: no gate of the reset counts as a proof in it. It shares the reset's trail, so that one report covers both. */
async function signIn(
  trx: Trx,
  act: Act,
  { journey, user, requires }: { journey: Ready; user: User; requires: Requirement | null },
): Promise<SignedIn> {
  const person = { id: user.id, name: user.userPrincipalName }
  const [sessionCookie] = await Promise.all([
    newSession(trx, act, user, {
      requires,
      language: journey.language,
      signInId: journey.signInId,
    }),
    record(
      trx,
      { ...act, actor: { kind: 'user', ...person } },
      { activity: 'signin.succeeded', result: 'success', reason: 'reset', target: person },
    ),
  ])
  return { sessionCookie, requires }
}

/** Removes the lock and leaves the password as it is, through the same gates. It signs nobody in: the password was not proved. Throws what `outOfStep` gives, and `password_reported`. */
export async function unlockAccount(
  db: Db,
  act: Act,
  { homeOf }: Pick<Passwords, 'homeOf'>,
  { journey: found, asker }: { journey: Journey; asker: Asker },
): Promise<Journey> {
  const journey = getReady(found, 'unlock')
  // Told only after the gates. A later report raises the epoch, which `reopen` sees.
  const reported = await inTenant(db, journey.tenantId, async trx => {
    if (!(await isReported(trx, journey.user))) return false
    await setProblem(trx, journey.tenantId, journey.id, 'forgot')
    return true
  })
  if (reported) throw refuse('password_reported')
  const answer = await homeOf(journey.user).unlock(db, act, journey.user, {
    open: trx => reopen(trx, act, journey, asker),
    claim: (trx, now) => claim(trx, act, now, 'account_unlocked'),
    async conclude(trx, now, _person, notices): Promise<Journey> {
      await trx.last(() => conclude(trx, act, now, { activity: 'reset.unlocked', notices }))
      return finishedNow(act, now)
    },
  })
  const done = await read(db, act, journey, answer)
  if (done instanceof Refusal) throw done
  return done instanceof Ended ? done.journey : done
}

/** The facts to tell of a journey that has ended. */
export interface Aftermath {
  /** Notices went out, to at least one address. */
  told: boolean
  /** A password was set since the journey began; otherwise a report ended the journey. */
  passwordChanged: boolean
  /** What still opens the account, besides the new password. */
  passkeys: readonly ToldPasskey[]
}

export async function readAftermath(trx: Trx, act: Act, journey: Journey): Promise<Aftermath> {
  const { state, user, policy, recorded, expiresAt } = journey
  const password = user && state === 'superseded' ? await askOne(trx, passwordOf(user)) : undefined
  return {
    told:
      user !== undefined &&
      state === 'finished' &&
      policy.settings.notifyUsers &&
      (await findNoticeAddresses(trx, act, user, recorded)).length > 0,
    passwordChanged: password !== undefined && password.setAt >= plus(expiresAt, -JOURNEY_LASTS),
    passkeys:
      user && state === 'finished' && journey.problem === 'forgot' ? await findOpeners(trx, user, recorded) : [],
  }
}

/** The journey, where it asks for this and has passed every gate. */
function getReady(journey: Journey, problem: Problem): Ready {
  if (journey.state !== 'choose-password' || journey.problem !== problem) throw outOfStep(journey, true)
  return journey
}

/** Locks the journey and reads it once more: gates, policy, account and epoch hold at the moment of the change, or nothing is changed. */
async function reopen(trx: Trx, act: Act, journey: Ready, asker: Asker): Promise<Ready | undefined> {
  const now = await lockJourney(trx, act, journey, asker)
  return now && getReady(now, journey.problem)
}

/** Ends the journey together with its last changes, which a journey that has ended undoes. Reads the notices of the end. */
async function claim(trx: Trx, act: Act, journey: Ready, template: 'password_reset' | 'account_unlocked') {
  const [claimed, notices] = await Promise.all([
    claimJourney(trx, act, journey.tenantId, journey.id),
    noticesOf(trx, act, journey, template),
  ])
  if (!claimed) throw outOfStep(journey)
  return notices
}

/** Makes the last changes: removes the challenges, writes the event and queues the notices. */
async function conclude(
  trx: Trx,
  act: Act,
  journey: Ready,
  { activity, notices }: { activity: 'reset.finished' | 'reset.unlocked'; notices: readonly Notice[] },
) {
  await Promise.all([
    removeChallenges(trx, journey.tenantId, challengeOwnerOf(journey)),
    recordStep(trx, act, journey, { activity, result: 'success' }),
    queueNotices(trx, act, notices),
  ])
}

const tellable = ({ name, createdAt }: ToldPasskey) => ({ name, at: createdAt.toISOString() })

/** The notices to the person at every address on record, and of an administrator to the other Global Administrators, as the policy says. */
async function noticesOf(trx: Trx, act: Act, journey: Ready, template: 'password_reset' | 'account_unlocked') {
  const { user, policy } = journey
  const { settings, administrator } = policy
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
  const passkeys = template === 'password_reset' ? findOpeners(trx, user, journey.recorded) : []
  return accountNotices(trx, act, user, { readers, about: { passkeys: (await passkeys).map(tellable) } })
}
