import type { RawBuilder } from 'kysely'
import { HOUR, plus } from '../clock.ts'
import { sql } from './sql.ts'

/** How far clocks may be apart, or one may be set back, before something ends early. */
export const APART = HOUR

/** The latest possible end of something that lasts so many milliseconds. A later end was written by a clock that had jumped ahead, and counts as over. */
export const latestEnd = (now: Date, longest: number) => plus(now, longest + APART)

/**
 * For SQL: whether what lasts until `end` is over. `longest`: how many milliseconds it lasts at most, or the expression of its `latestEnd`.
 * Moments are computed here: in PostgreSQL the sum of a moment and an interval is not immutable. An engine that spreads
 * tenants over servers refuses it in updates on conflict.
 */
export const hasEnded = (end: RawBuilder<unknown>, now: Date, longest: number | RawBuilder<unknown>) => {
  const latest = typeof longest === 'number' ? sql`${latestEnd(now, longest)}::timestamptz` : longest
  return sql<boolean>`(${end} <= ${now}::timestamptz or ${end} > ${latest})`
}

/**
 * For SQL: whether it still lasts, of a row that is found by its key. PostgreSQL must make no index condition of it: it
 * would expect fewer than one row, and read them all.
 */
export const stillLasts = (end: RawBuilder<unknown>, now: Date, longest: number) =>
  sql<boolean>`(${hasEnded(end, now, longest)} is false)`

/** The same of a moment that was read. */
export const isOver = (end: Date, now: Date, longest: number) => end <= now || end > latestEnd(now, longest)
