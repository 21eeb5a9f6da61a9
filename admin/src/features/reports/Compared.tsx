import { useSearch } from '@tanstack/react-router'
import { number, t } from '../../words.ts'
import { daysOf } from './address.ts'

/** How a figure stands to that of as many days before; nothing where those are not known. */
export function Compared({ now, before }: { now: number; before: number | undefined }) {
  const { many } = daysOf(useSearch({ from: '/reports/$report' }))
  if (before === undefined) return null
  const days = number(many)
  return (
    <dd className="small">
      {now === before
        ? t('admin.reports.compared.same', { count: many })
        : now > before
          ? t('admin.reports.compared.more', { count: now - before, days })
          : t('admin.reports.compared.fewer', { count: before - now, days })}
    </dd>
  )
}
