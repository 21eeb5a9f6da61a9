import { sql } from 'kysely'
import { plus } from '../clock.ts'
import { hasEnded, type Removal } from '../store/index.ts'
import { KEPT, PROVE_LASTS } from './case.ts'

/** Cases whose mailbox nobody proved within a day, with the address and what was written. */
export const unprovedCases: Removal = {
  table: 'cases',
  due: now => sql`opened_at is null and ${hasEnded(sql`due_at`, now, PROVE_LASTS)}`,
}

/** Cases that were closed 180 days ago, with all that was written in them. */
export const closedCases: Removal = {
  table: 'cases',
  due: now => sql`closed_at <= ${plus(now, -KEPT)}`,
}
