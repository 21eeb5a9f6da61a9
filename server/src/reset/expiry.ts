import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import { hasEnded, type Removal } from '../store/index.ts'
import { JOURNEY_LASTS } from './journey.ts'

const KEPT = 30 * DAY

/** Journeys that ended 30 days ago. */
export const expiredJourneys: Removal = {
  table: 'journeys',
  due: now => hasEnded(sql`expires_at`, plus(now, -KEPT), JOURNEY_LASTS + KEPT),
}
