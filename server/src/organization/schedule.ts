import { DAY, HOUR, MINUTE, plus } from '../clock.ts'

/** How long after it was added an unproven domain is looked up without being asked; then hourly until the last. */
const EARLY = [1, 2, 5, 10, 15, 30].map(minutes => minutes * MINUTE)
const UNTIL = 72 * HOUR

/** Until when an unproven domain is looked up without being asked. */
export const autoCheckUntil = (addedAt: Date) => plus(addedAt, UNTIL)

/** When an unproven domain is looked up next without being asked; null: never again. */
export function nextCheckOf(addedAt: Date, now: Date): Date | null {
  const passed = now.getTime() - addedAt.getTime()
  const next = EARLY.find(after => after > passed) ?? Math.floor(passed / HOUR + 1) * HOUR
  return next > UNTIL ? null : plus(addedAt, next)
}

/** A proven domain is looked up daily, so that its people hear when its record goes. */
export const HYGIENE = DAY
