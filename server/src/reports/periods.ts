import { type RawBuilder, sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { refuseReport } from './errors.ts'

/** What a summary is about: whole days from and to these dates, in a time zone. */
export interface Period {
  from: string
  to: string
  timeZone: string
  byHour: boolean
  policyId: string | undefined
}

/** The days of a report that asks for none. */
const USUAL = 30

/** A day in UTC. */
export const dayOf = (moment: Date) => moment.toISOString().slice(0, 10)

/** Reads the options of a summary. Throws `range_invalid`, `time_zone_unknown`. */
export function readPeriod(query: readonly [name: string, value: string][], now: Date, byPolicy: boolean): Period {
  const option = (name: string) => query.find(([one]) => one.replace(/^\$/, '').toLowerCase() === name)?.[1]
  const interval = option('interval') ?? 'day'
  if (interval !== 'day' && interval !== 'hour') throw refuseReport('range_invalid', { field: 'interval' })
  const byHour = interval === 'hour'
  const period: Period = {
    from: dayOf(plus(now, (byHour ? 0 : 1 - USUAL) * DAY)),
    to: dayOf(now),
    timeZone: readZone(option('timezone') ?? 'UTC'),
    byHour,
    policyId: undefined,
  }
  for (const part of (option('filter') ?? '').split(/\s+and\s+/i).filter(text => text !== '')) {
    const [, operator, day = ''] = /^\(?date (ge|gt|le|lt|eq) (\d{4}-\d\d-\d\d)\)?$/i.exec(part.trim()) ?? []
    const [, policy = ''] = /^\(?policyId eq '([0-9a-f-]+)'\)?$/i.exec(part.trim()) ?? []
    const moment = new Date(`${day}T00:00:00Z`)
    if (byPolicy && isUuid(policy.toLowerCase())) period.policyId = policy.toLowerCase()
    else if (operator === undefined || Number.isNaN(moment.getTime()) || dayOf(moment) !== day)
      throw refuseReport('range_invalid', { field: '$filter' })
    else narrow(period, operator.toLowerCase(), moment)
  }
  const days = (Date.parse(period.to) - Date.parse(period.from)) / DAY + 1
  if (days > (byHour ? 31 : 366)) throw refuseReport('range_invalid', { field: '$filter' })
  return period
}

function narrow(period: Period, operator: string, day: Date) {
  if (operator === 'ge' || operator === 'eq') period.from = dayOf(day)
  if (operator === 'gt') period.from = dayOf(plus(day, DAY))
  if (operator === 'le' || operator === 'eq') period.to = dayOf(day)
  if (operator === 'lt') period.to = dayOf(plus(day, -DAY))
}

function readZone(name: string): string {
  try {
    // Offsets are none of PostgreSQL's names.
    if (!/^[A-Za-z]/.test(name)) throw new RangeError(name)
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw refuseReport('time_zone_unknown', { field: 'timeZone' })
  }
}

/** For SQL: whether a moment lies in the period. */
export const isWithin = (at: RawBuilder<unknown>, { from, to, timeZone }: Period) =>
  sql<boolean>`${at} >= (${from}::timestamp at time zone ${timeZone})
    and ${at} < ((${to}::date + 1)::timestamp at time zone ${timeZone})`

/** For SQL: the day or hour of a moment, as text. */
export const placeIn = (at: RawBuilder<unknown>, { timeZone, byHour }: Period) =>
  sql<string>`to_char(${at} at time zone ${timeZone}, ${byHour ? 'YYYY-MM-DD"T"HH24:00' : 'YYYY-MM-DD'})`

/** Every day or hour of the period, in order. */
export function placesOf({ from, to, byHour }: Period): string[] {
  const places: string[] = []
  for (let day = new Date(from); day <= new Date(to); day = plus(day, DAY))
    if (byHour)
      places.push(...Array.from({ length: 24 }, (_, hour) => `${dayOf(day)}T${String(hour).padStart(2, '0')}:00`))
    else places.push(dayOf(day))
  return places
}
