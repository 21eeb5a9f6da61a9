import { sql } from 'kysely'
import { DAY, MINUTE, plus } from '../clock.ts'
import { type Awaiting, hasEnded, type Removal } from '../store/index.ts'
import { CHALLENGE_LASTS } from './held.ts'

/** By then the last try of a delivery has found its challenge expired, and has recorded that the code never went out. */
const LAST_TRY = 15 * MINUTE

const ended = (ago: number) => (now: Date) => hasEnded(sql`expires_at`, plus(now, -ago), CHALLENGE_LASTS + ago)

/** The codes of challenges that ended and were never sent. */
export const unsentCodes: Removal = {
  table: 'challenges',
  due: now => sql`${ended(LAST_TRY)(now)} and code_sealed is not null`,
  // The system role does not see codes: of these tenants it knows that a challenge ended lately.
  couldBeDue: now => sql`${ended(LAST_TRY)(now)} and expires_at > ${plus(now, -7 * DAY)}`,
  set: sql`code_sealed = null`,
}

const stillOpen = (now: Date) => sql`expires_at > ${now} and expires_at <= ${plus(now, CHALLENGE_LASTS - MINUTE)}`

/** Codes that have waited for a minute to be sent. */
export const waitingCodes: Awaiting = {
  table: 'challenges',
  overdue: now => sql`${stillOpen(now)} and delivery = 'pending' and code_sealed is not null`,
  couldBeOverdue: stillOpen,
  task: sql`case channel when 'sms' then 'deliver-text-message' when 'voice' then 'deliver-call' else 'deliver-code' end`,
  idName: 'challengeId',
}

/** Challenges that ended 30 days ago. */
export const expiredChallenges: Removal = { table: 'challenges', due: ended(30 * DAY) }
