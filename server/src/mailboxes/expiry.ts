import { sql } from 'kysely'
import { CHALLENGE_LASTS, type ExpiredInQueue } from '../challenges/index.ts'
import { DAY, MINUTE, plus } from '../clock.ts'
import { type Awaiting, hasEnded, type Removal } from '../store/index.ts'
import { LINK_LASTS, STOP_LASTS } from './stops.ts'

/** Codes that ended a day ago, with the addresses that they went to. */
export const oldMailboxChallenges: Removal = {
  table: 'mailbox_challenges',
  due: now => hasEnded(sql`expires_at`, plus(now, -DAY), CHALLENGE_LASTS + DAY),
}

/** Links that can no longer be opened. */
export const expiredMailboxLinks: Removal = {
  table: 'mailbox_links',
  due: now => hasEnded(sql`expires_at`, now, LINK_LASTS),
}

/** Mailboxes that get mail again. */
export const endedStops: Removal = {
  table: 'stopped_mailboxes',
  due: now => hasEnded(sql`ends_at`, now, STOP_LASTS),
}

/** Codes that expired while their job waited behind newer ones. */
export const mailboxCodesExpiredInQueue: ExpiredInQueue = {
  table: 'mailbox_challenges',
  lasts: CHALLENGE_LASTS,
  correlation: () => sql`journey_id`,
  channel: () => sql`'email'`,
  target: () => sql`null`,
  sealed: ['code_sealed', 'stop_sealed'],
}

const stillOpen = (now: Date) => sql`expires_at > ${now} and expires_at <= ${plus(now, CHALLENGE_LASTS - MINUTE)}`

/** Codes that have waited for a minute to be sent. */
export const waitingMailboxCodes: Awaiting = {
  table: 'mailbox_challenges',
  overdue: now => sql`${stillOpen(now)} and delivery = 'pending' and code_sealed is not null`,
  couldBeOverdue: stillOpen,
  task: sql`'deliver-mailbox-code'`,
  idName: 'challengeId',
}
