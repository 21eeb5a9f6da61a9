/** Tells the present moment. Rules never read the system's clock: they are given the moment of the act, so that tests can choose it. */
export type Clock = () => Date

export const systemClock: Clock = () => new Date()

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The moment `milliseconds` after (or, when negative, before) the given one. */
export const plus = (moment: Date, milliseconds: number) => new Date(moment.getTime() + milliseconds)

/** A moment as tokens tell it: whole seconds. */
export const secondsOf = (moment: Date) => Math.floor(moment.getTime() / SECOND)
