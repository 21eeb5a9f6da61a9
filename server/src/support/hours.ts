import { DAY, MINUTE } from '../clock.ts'
import { type Contact, type Hours, speaks, type Weekday, weekdays } from './contacts.ts'

/** Whether somebody answers now, and when that changes; null: not within a month. */
export interface Opening {
  open: boolean
  changesAt: Date | null
}

/** How many days ahead a change is looked for. */
const AHEAD = 31

/** A day in the calendar of a zone, as a count of days since 1970-01-01. */
type DayNumber = number

interface Span {
  start: number
  end: number
}

/** Whether a contact answers in this language at `now`. Summer time is the zone's own, by Intl. */
export function openingOf(contact: Contact, language: string, now: Date): Opening {
  const clock = clockOf(contact.zone)
  const hours = hoursIn(contact, language)
  const moment = now.getTime()
  const today = clock.dayOf(now)
  if (hours.some(isAlways) && closedSoon(contact, now).length === 0) return { open: true, changesAt: null }
  let open: Span | undefined
  // Hours of the day before may reach into this one.
  for (let day = today - 1; day <= today + AHEAD; day++) {
    for (const span of spansOf(contact, clock, hours, day)) {
      if (span.end <= moment) continue
      if (open && span.start > open.end) return { open: true, changesAt: new Date(open.end) }
      if (open) open.end = Math.max(open.end, span.end)
      else if (span.start <= moment) open = { ...span }
      else return { open: false, changesAt: new Date(span.start) }
    }
    // What begins on the days after begins at their midnight or later.
    if (open && open.end < clock.instantOf(day + 1, 0)) return { open: true, changesAt: new Date(open.end) }
  }
  return { open: open !== undefined, changesAt: null }
}

/** The languages in which a contact answers at `now`. */
export const openLanguages = (contact: Contact, now: Date): string[] =>
  contact.languages.filter(language => openingOf(contact, language, now).open)

/** The days without service from today to a month ahead. */
export function closedSoon({ closed = [], zone }: Contact, now: Date): string[] {
  const today = clockOf(zone).dayOf(now)
  return [...closed].sort().filter(date => dayNumber(date) >= today && dayNumber(date) <= today + AHEAD)
}

/**
 * The hours of the seven days from today by the clock of another zone. Days whose hours are alike stand together, as in
 * the file; around a change of summer time they may differ.
 */
export function hoursInZone(contact: Contact, zone: string, now: Date): Hours[] {
  const clock = clockOf(contact.zone)
  const theirs = clockOf(zone)
  const today = clock.dayOf(now)
  return listed(contact).flatMap(hours => {
    // All day, every day is that in each zone.
    if (isAlways(hours)) return [hours]
    const found = new Map<string, Weekday[]>()
    for (let day = today; day < today + weekdays.length; day++) {
      if (!hours.days.includes(weekdayOf(day))) continue
      const { start, end } = spanOf(clock, hours, day)
      const times = [start, end].map(moment => theirs.timeOf(new Date(moment))).join('-')
      found.set(times, [...(found.get(times) ?? []), weekdayOf(theirs.dayOf(new Date(start)))])
    }
    return [...found].map(([times, days]) => {
      const [from = '', to = ''] = times.split('-')
      return { ...hours, days: weekdays.filter(day => days.includes(day)), from, to }
    })
  })
}

/** The hours of a contact, each with its days; `always` as all of them. */
export const listed = ({ hours }: Contact): readonly Hours[] =>
  hours === 'always' ? [{ days: weekdays, from: '00:00', to: '24:00' }] : hours

const isAlways = ({ days, from, to }: Hours) =>
  days.length === weekdays.length && minutesOf(to) - minutesOf(from) === 24 * 60

const hoursIn = (contact: Contact, language: string) =>
  listed(contact).filter(({ languages }) => !languages || languages.some(one => speaks(one, language)))

/** When a contact answers from this day on, less the days without service, in order. */
function spansOf(contact: Contact, clock: ZoneClock, hours: readonly Hours[], day: DayNumber): Span[] {
  const spans = hours.filter(({ days }) => days.includes(weekdayOf(day))).map(one => spanOf(clock, one, day))
  // Hours reach into the next day at most.
  const closed = [day, day + 1, day + 2].filter(one => contact.closed?.includes(dateOf(one)))
  const without = closed.reduce((left, one) => {
    const [start, end] = [clock.instantOf(one, 0), clock.instantOf(one + 1, 0)]
    return left.flatMap(span => [
      { start: span.start, end: Math.min(span.end, start) },
      { start: Math.max(span.start, end), end: span.end },
    ])
  }, spans)
  return without.filter(({ start, end }) => start < end).sort((one, other) => one.start - other.start)
}

function spanOf(clock: ZoneClock, { from, to }: Hours, day: DayNumber): Span {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  return { start: clock.instantOf(day, start), end: clock.instantOf(day, end <= start ? end + 24 * 60 : end) }
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

const dayNumber = (date: string): DayNumber => Date.parse(`${date}T00:00Z`) / DAY
const dateOf = (day: DayNumber) => new Date(day * DAY).toISOString().slice(0, 10)
/** 1970-01-01 was a Thursday. */
const weekdayOf = (day: DayNumber): Weekday => weekdays[(((day + 3) % 7) + 7) % 7]!

/** The wall clock of a zone. */
interface ZoneClock {
  dayOf(moment: Date): DayNumber
  /** HH:MM. */
  timeOf(moment: Date): string
  /** The moment at which it shows so many minutes of this day, as milliseconds. One that it skips is as much later; of one that comes twice it is the first. */
  instantOf(day: DayNumber, minutes: number): number
}

// Made once for each zone: making a format takes longer than a hundred uses of it. Only names that Intl knows come here.
const clocks = new Map<string, ZoneClock>()

function clockOf(zone: string): ZoneClock {
  const known = clocks.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  })
  /** What the clock shows at a moment, as if it were UTC. */
  const shown = (moment: number) => {
    const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour, minute, second } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second)
  }
  const made: ZoneClock = {
    dayOf: moment => Math.floor(shown(moment.getTime()) / DAY),
    timeOf: moment => new Date(shown(moment.getTime())).toISOString().slice(11, 16),
    instantOf(day, minutes) {
      const wanted = day * DAY + minutes * MINUTE
      // Before and after a change of the clock on that day; without one both are the same.
      const offsets = [wanted - DAY, wanted + DAY].map(near => shown(near) - near)
      const fitting = offsets.map(offset => wanted - offset).filter(moment => shown(moment) === wanted)
      return fitting.length > 0 ? Math.min(...fitting) : wanted - offsets[0]!
    },
  }
  clocks.set(zone, made)
  return made
}

/** The zone's name where Intl knows it. */
export function readZone(zone: string): string | undefined {
  if (!/^[A-Za-z]/.test(zone)) return undefined // Intl would take an offset, which has no summer time
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}
