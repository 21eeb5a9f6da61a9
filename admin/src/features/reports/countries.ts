import type { SecurityDay } from './queries.ts'

/** Failed and blocked sign-ins by country, most first; undefined where the server cannot tell countries. */
export function countriesOf(days: readonly Pick<SecurityDay, 'byCountry'>[]) {
  if (days.some(({ byCountry }) => byCountry === null)) return undefined
  const sums = new Map<string | null, { country: string | null; failed: number; blocked: number }>()
  for (const { country, signInsFailed, signInsBlocked } of days.flatMap(({ byCountry }) => byCountry ?? [])) {
    const sum = sums.get(country) ?? { country, failed: 0, blocked: 0 }
    sum.failed += signInsFailed
    sum.blocked += signInsBlocked
    sums.set(country, sum)
  }
  return [...sums.values()]
    .filter(({ failed, blocked }) => failed + blocked > 0)
    .sort((one, other) => other.failed + other.blocked - one.failed - one.blocked)
}

/** A day with the sign-ins of one country alone. From where a reset was blocked is not counted. */
export function ofCountry(day: SecurityDay, country: string): SecurityDay {
  const own = day.byCountry?.find(one => one.country === country)
  return {
    ...day,
    signInsSucceeded: own?.signInsSucceeded ?? 0,
    signInsFailed: own?.signInsFailed ?? 0,
    signInsBlocked: own?.signInsBlocked ?? 0,
    resetsBlocked: 0,
    phoneValidationsBlocked: 0,
  }
}
