import { sql } from 'kysely'
import { plus } from '../clock.ts'
import type { Removal } from '../store/index.ts'
import { KEPT } from './rescue.ts'

/** Rescues that ended 180 days ago. */
export const endedRescues: Removal = {
  table: 'rescues',
  due: now => sql`ended_at <= ${plus(now, -KEPT)}`,
}
