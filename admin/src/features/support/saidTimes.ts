import { list, t, weekday } from '../../words.ts'
import { type Times, weekdays } from './contacts.ts'

/** "Monday to Friday 09:00–17:00": days in their order. */
export function saidTimes({ days, from, to }: Times): string {
  const sorted = weekdays.flatMap((day, place) => (days.includes(day) ? [place] : []))
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)]
  const name = (place: number) => weekday(`2024-01-0${place + 1}`)
  const isRange = sorted.length > 2 && last - first === sorted.length - 1
  const range = sorted.length === weekdays.length ? t('admin.support.days.every') : undefined
  const on =
    range ?? (isRange ? t('admin.support.days.range', { from: name(first), to: name(last) }) : list(sorted.map(name)))
  return `${on} ${from}–${to}`
}
