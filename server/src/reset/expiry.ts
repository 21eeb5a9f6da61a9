import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import type { Removal } from '../store/index.ts'

/** Journeys that ended 30 days ago. */
export const expiredJourneys: Removal = {
  table: 'journeys',
  due: now => sql`expires_at <= ${plus(now, -30 * DAY)}`,
}
