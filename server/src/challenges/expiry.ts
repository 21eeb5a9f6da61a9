import { DAY, MINUTE, plus } from '../clock.ts'
import { type Awaiting, hasEnded, type Removal, sql } from '../store/index.ts'
import { CHALLENGE_LASTS } from './held.ts'
import type { ExpiredInQueue } from './unsent.ts'

/** By then the last try of a delivery has found its challenge expired, and has recorded that the code never went out. */
const LAST_TRY = 15 * MINUTE

const ended = (ago: number) => (now: Date) => hasEnded(sql`expires_at`, plus(now, -ago), CHALLENGE_LASTS + ago)

/** The codes of challenges that ended: those that were never sent, and those that calls could say again. */
export const unsentCodes: Removal = {
  table: 'challenges',
  due: now => sql`${ended(LAST_TRY)(now)} and (code_sealed is not null or spoken_sealed is not null)`,
  // The system role does not see codes: of these tenants it knows that a challenge ended lately.
  couldBeDue: now => sql`${ended(LAST_TRY)(now)} and expires_at > ${plus(now, -7 * DAY)}`,
  set: sql`code_sealed = null, spoken_sealed = null`,
}

/** Codes that expired while their job waited behind newer ones. A failed try is told by the job that follows it. */
export const expiredInQueue: ExpiredInQueue = {
  table: 'challenges',
  lasts: CHALLENGE_LASTS,
  correlation: tenantId =>
    sql`coalesce((select s.correlation_id from sessions s where s.tenant_id = ${tenantId} and s.id = c.session_id), journey_id, session_id)`,
  channel: () => sql`coalesce(channel, 'email')`,
  target: tenantId => sql`(select json_build_object('id', u.id, 'name', u.user_principal_name)
    from users u where u.tenant_id = ${tenantId} and u.id = c.user_id)`,
  sealed: ['code_sealed'],
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
