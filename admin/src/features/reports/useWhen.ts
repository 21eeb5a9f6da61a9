import { useSearch } from '@tanstack/react-router'
import { dayOrHour, t } from '../../words.ts'
import { daysOf } from './address.ts'

/** The first column of what a report tells day by day, or hour by hour where it is about few days. */
export function useWhen() {
  const { isByHour } = daysOf(useSearch({ from: '/reports/$report' }))
  return {
    heading: t(isByHour ? 'admin.reports.hour' : 'admin.reports.day'),
    of: ({ date }: { date: string }) => date,
    show: ({ date }: { date: string }) => dayOrHour(date),
  }
}
