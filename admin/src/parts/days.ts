/** The first moment of a day in the reader's time zone, as the interface takes it. */
export const startOf = (day: string): string => new Date(`${day}T00:00`).toISOString()

/** The first moment after that day. */
export function endOf(day: string): string {
  const start = new Date(`${day}T00:00`)
  return new Date(start.getFullYear(), start.getMonth(), start.getDate() + 1).toISOString()
}
