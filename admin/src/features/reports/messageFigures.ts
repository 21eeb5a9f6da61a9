import { sumBy } from '../../parts/resetFigures.ts'
import { dayOf, hoursOf } from './address.ts'

interface Row {
  date: string
  channel: string
  gateway: string | null
  country: string | null
  sent: number
  delivered: number
  failed: Record<string, number>
  lastFailedDateTime: string | null
  costs: Record<string, number>
}

/** The channels that carried anything. */
export const channelsOf = (rows: readonly Row[]) => [...new Set(rows.map(({ channel }) => channel))].sort()

/** What the messages cost, by currency. Sums of no currency are mixed. */
export const costsOf = (rows: readonly Row[]) => sumBy(rows, ({ costs }) => costs)

/** Why messages did not arrive, most frequent first. */
export const reasonsOf = (rows: readonly Row[]) =>
  Object.entries(sumBy(rows, ({ failed }) => failed))
    .map(([reason, many]) => ({ reason, many }))
    .sort((one, other) => other.many - one.many)

/** The messages of each day or hour, also of those without any. */
export function daysOfMessages(
  rows: readonly Row[],
  { first, last, isByHour }: { first: string; last: string; isByHour: boolean },
) {
  const all: string[] = []
  for (let day = first; day <= last; day = dayOf(new Date(Date.parse(day) + 86_400_000)))
    all.push(...(isByHour ? hoursOf(day) : [day]))
  return all.map(date => {
    const own = rows.filter(row => row.date === date)
    const [sent, delivered] = [
      own.reduce((sum, row) => sum + row.sent, 0),
      own.reduce((sum, row) => sum + row.delivered, 0),
    ]
    return { date, delivered, failed: sent - delivered, costs: costsOf(own) }
  })
}

/** The messages by gateway and country over all days, most first. */
export function waysOf(rows: readonly Row[]) {
  const groups = Object.values(
    Object.groupBy(rows, ({ channel, gateway, country }) => JSON.stringify([channel, gateway, country])),
  )
  return groups
    .map(own => {
      const { channel, gateway, country } = own![0]!
      const sent = own!.reduce((sum, row) => sum + row.sent, 0)
      const delivered = own!.reduce((sum, row) => sum + row.delivered, 0)
      const lastFailed =
        own!
          .flatMap(row => row.lastFailedDateTime ?? [])
          .toSorted()
          .at(-1) ?? null
      return { channel, gateway, country, sent, delivered, lastFailed, costs: costsOf(own!) }
    })
    .sort((one, other) => other.sent - one.sent)
}

/** The way whose message was given up last; undefined where none was. */
export const lastFailedOf = (ways: ReturnType<typeof waysOf>) =>
  ways
    .flatMap(({ lastFailed, ...way }) => (lastFailed === null ? [] : [{ ...way, lastFailed }]))
    .toSorted((one, other) => other.lastFailed.localeCompare(one.lastFailed))[0]
