import { DAY } from '../clock.ts'
import { endedLongAgo } from '../store/index.ts'
import { JOURNEY_LASTS } from './journey.ts'

const KEPT = 30 * DAY

/** Journeys that ended 30 days ago. */
export const expiredJourneys = endedLongAgo('journeys', { lasts: JOURNEY_LASTS, kept: KEPT })
