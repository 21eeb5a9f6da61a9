import { type RawBuilder, sql } from 'kysely'
import { HOUR, plus, SECOND } from '../clock.ts'

/** How far clocks may be apart, or one may be set back, without anything ending early. */
export const APART = HOUR

/**
 * For SQL: whether what lasts until `end`, and `longest` at most, is over. An end later than could have been written by
 * now comes from a clock that had jumped ahead, and would else hold until that day. `longest`: milliseconds, or an interval.
 */
export const hasEnded = (end: RawBuilder<unknown>, now: Date, longest: number | RawBuilder<unknown>) => {
  const length = typeof longest === 'number' ? sql`make_interval(secs => ${longest / SECOND}::float8)` : longest
  return sql<boolean>`(${end} <= ${now}::timestamptz or ${end} > ${plus(now, APART)}::timestamptz + ${length})`
}

/**
 * For SQL: whether it still lasts, of a row that is found by its key. PostgreSQL makes no condition of an index of it:
 * it would take the few rows that last now for fewer than one, and read them all.
 */
export const stillLasts = (end: RawBuilder<unknown>, now: Date, longest: number) =>
  sql<boolean>`(${hasEnded(end, now, longest)} is false)`

/** Judges the same of a moment that was read. */
export const isOver = (end: Date, now: Date, longest: number) => end <= now || end > plus(now, longest + APART)
