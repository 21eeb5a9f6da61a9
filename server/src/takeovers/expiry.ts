import { sql } from 'kysely'
import { plus } from '../clock.ts'
import { hasEnded, type Removal } from '../store/index.ts'
import { KEPT, PROVE_LASTS } from './takeover.ts'

/** Claims whose mailbox nobody proved within a day, with the address. */
export const unprovedTakeovers: Removal = {
  table: 'takeovers',
  due: now => sql`proved_at is null and ${hasEnded(sql`due_at`, now, PROVE_LASTS)}`,
}

/** Claims that ended 180 days ago. */
export const endedTakeovers: Removal = {
  table: 'takeovers',
  due: now => sql`ended_at <= ${plus(now, -KEPT)}`,
}
