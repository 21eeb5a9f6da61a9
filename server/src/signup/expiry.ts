import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import { endedLongAgo, type Removal } from '../store/index.ts'
import { KEEP_LASTS, REST_LASTS } from './signup.ts'

const KEPT = 30 * DAY

/** The addresses of journeys that nobody proved within a day. */
export const unprovedAddresses: Removal = {
  table: 'signups',
  due: now => sql`proved_at is null and created_at <= ${plus(now, -DAY)} and address_sealed is not null`,
  // The system role does not see addresses: of these tenants it knows that a journey ended lately.
  couldBeDue: now =>
    sql`proved_at is null and created_at <= ${plus(now, -DAY)} and created_at > ${plus(now, -7 * DAY)}`,
  set: sql`address_sealed = null`,
}

/** Journeys that ended 30 days ago. */
export const oldSignups = endedLongAgo('signups', { lasts: REST_LASTS, kept: KEPT })

/** Codes of emergency accounts that their administrator did not keep in time. */
export const unkeptCodes: Removal = {
  table: 'signup_tenants',
  due: now => sql`kept_at is null and made_at <= ${plus(now, -KEEP_LASTS)} and codes_sealed is not null`,
  couldBeDue: now => sql`kept_at is null and made_at <= ${plus(now, -KEEP_LASTS)} and made_at > ${plus(now, -7 * DAY)}`,
  set: sql`codes_sealed = null`,
}
