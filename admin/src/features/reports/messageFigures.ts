import { sumBy } from '../../parts/resetFigures.ts'
import { dayOf } from './address.ts'

interface Row {
  date: string
  channel: string
  gateway: string | null
  country: string | null
  sent: number
  delivered: number
  failed: Record<string, number>
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

/** The messages of each day, also of those without any. */
export function daysOfMessages(rows: readonly Row[], first: string, last: string) {
  const days = []
  for (let date = first; date <= last; date = dayOf(new Date(Date.parse(date) + 86_400_000))) {
    const own = rows.filter(row => row.date === date)
    const [sent, delivered] = [
      own.reduce((sum, row) => sum + row.sent, 0),
      own.reduce((sum, row) => sum + row.delivered, 0),
    ]
    days.push({ date, delivered, failed: sent - delivered, costs: costsOf(own) })
  }
  return days
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
      return { channel, gateway, country, sent, delivered, costs: costsOf(own!) }
    })
    .sort((one, other) => other.sent - one.sent)
}
