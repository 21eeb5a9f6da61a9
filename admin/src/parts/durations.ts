/** The days of an ISO 8601 duration of years, months, weeks and days, as the server counts them: a year has 365, a month 30. */
export function daysOf(duration: string): number {
  const parts = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/.exec(duration)
  const [years = 0, months = 0, weeks = 0, days = 0] = (parts ?? []).slice(1).map(part => Number(part ?? 0))
  return years * 365 + months * 30 + weeks * 7 + days
}

/** The days of a relationship that people choose from. */
const USUAL = [30, 90, 180, 365, 730]

/** The usual days that are fewer than those of a duration, and its own. */
export const daysWithin = (duration: string): number[] => {
  const own = daysOf(duration)
  return [...USUAL.filter(days => days < own), own]
}
