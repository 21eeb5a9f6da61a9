/** Tells the present moment. Rules never read the system's clock: they are given the moment of the act, so that tests can choose it. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()

/** The system's clock, set ahead: the demonstration's, and that of tests. */
export interface MovableClock {
  now: Clock
  /** Milliseconds that it is ahead of the system's. */
  ahead(): number
  /** Sets it forward by so many milliseconds. */
  advance(milliseconds: number): void
}

export function movableClock(): MovableClock {
  let ahead = 0
  return {
    now: () => new Date(Date.now() + ahead),
    ahead: () => ahead,
    advance(milliseconds) {
      ahead += milliseconds
    },
  }
}

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The moment `milliseconds` after (or, when negative, before) the given one. */
export const plus = (moment: Date, milliseconds: number) => new Date(moment.getTime() + milliseconds)

/** The milliseconds from one moment to another. */
export const between = (from: Date, to: Date) => to.getTime() - from.getTime()

/** A moment as tokens tell it: whole seconds. */
export const secondsOf = (moment: Date) => Math.floor(moment.getTime() / SECOND)
