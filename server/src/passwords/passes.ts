import { sql } from 'kysely'
import { MINUTE } from '../clock.ts'
import { hasEnded, type Removal } from '../store/index.ts'

/** The longest life of a pass. */
const LONGEST = 480 * MINUTE

/** Passes that have ended. */
export const expiredPasses: Removal = {
  table: 'access_passes',
  due: now => hasEnded(sql`ends_at`, now, LONGEST),
}
