/** The reports, in the order of their tabs. */
export const reports = ['registration', 'resets', 'cannot-reset', 'blocked', 'messages', 'sign-ins'] as const
export type Report = (typeof reports)[number]

/** The periods that are offered, in days. */
export const periods = [2, 7, 30, 90, 365] as const
const USUAL = 30

/** What the address of a report says: its days, and what narrows it. */
export interface ReportSearch {
  days?: number
  /** Days of one's own choice, as `2026-11-01`. Both, or neither. */
  from?: string
  to?: string
  /** The id of a reset policy. */
  policy?: string
  /** A country as in ISO 3166. */
  country?: string
  channel?: string
  /** The code of a refusal. */
  refusal?: string
  department?: string
  /** The figures in place of their charts. */
  as?: 'table'
}

const DAY = 86_400_000

/** A day in UTC, as reports count it. */
export const dayOf = (moment: Date) => moment.toISOString().slice(0, 10)

const isDay = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))

const patterns = {
  policy: /^[0-9a-f-]{36}$/,
  country: /^[A-Z]{2}$/,
  channel: /^(email|sms|voice)$/,
  refusal: /^[A-Z]+_\d{4}$/,
  department: /^.{1,64}$/,
} as const

/** Reads the address. What it cannot mean is left out: a mistyped address shows the last thirty days. */
export function readReportSearch(search: Record<string, unknown>): ReportSearch {
  const { days, from, to } = search
  const own = isDay(from) && isDay(to) && from <= to && Date.parse(to) - Date.parse(from) < 366 * DAY
  const period = periods.find(one => one === Number(days))
  return {
    ...(own ? { from, to } : period && period !== USUAL && { days: period }),
    ...Object.fromEntries(
      Object.entries(patterns).flatMap(([name, pattern]) => {
        const value = search[name]
        return typeof value === 'string' && pattern.test(value) ? [[name, value]] : []
      }),
    ),
    ...(search.as === 'table' && { as: 'table' as const }),
  }
}

/** Up to so many days are told by hour. */
const BY_HOUR = 2

/** The first and last day of a report, of the same number of days before it, and whether its hours are told. */
export function daysOf({ days = USUAL, from, to }: ReportSearch, now = new Date()) {
  const last = to ?? dayOf(now)
  const first = from ?? dayOf(new Date(now.getTime() - (days - 1) * DAY))
  const many = (Date.parse(last) - Date.parse(first)) / DAY + 1
  return { first, last, many, isByHour: many <= BY_HOUR, before: dayOf(new Date(Date.parse(first) - many * DAY)) }
}

/** The hours of a day in UTC, as reports name them. */
export const hoursOf = (day: string) =>
  Array.from({ length: 24 }, (_, hour) => `${day}T${String(hour).padStart(2, '0')}:00`)

/** What summaries from one day to another are asked by. */
export const queryOf = (first: string, last: string, isByHour: boolean, policy?: string) => ({
  $filter: filterOf(first, last, policy),
  ...(isByHour && { interval: 'hour' }),
})

/** The `$filter` of summaries from one day to another. */
export const filterOf = (first: string, last: string, policy?: string) =>
  [`date ge ${first}`, `date le ${last}`, ...(policy ? [`policyId eq '${policy}'`] : [])].join(' and ')
