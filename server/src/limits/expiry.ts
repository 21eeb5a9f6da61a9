import { sql } from 'kysely'
import { DAY } from '../clock.ts'
import { hasEnded, type Removal } from '../store/index.ts'
import { isForgotten } from './counters.ts'

/** Counters whose failures are forgotten: names that nobody has, typed at random, must not pile up. */
export const expiredCounters: Removal = { table: 'counters', due: isForgotten }

/** What was counted of messages in times that are over. */
export const expiredSends: Removal = { table: 'sends', due: now => hasEnded(sql`window_ends_at`, now, DAY) }
