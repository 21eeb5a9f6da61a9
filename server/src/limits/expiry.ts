import { DAY } from '../clock.ts'
import { hasEnded, type Removal, sql } from '../store/index.ts'
import { isForgotten } from './counters.ts'

/** Counters that can be forgotten: unknown names, typed at random, must not pile up. */
export const expiredCounters: Removal = { table: 'counters', due: isForgotten }

/** Counters of messages whose window is over. */
export const expiredSends: Removal = { table: 'sends', due: now => hasEnded(sql`window_ends_at`, now, DAY) }
