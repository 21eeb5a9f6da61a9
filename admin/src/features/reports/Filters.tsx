import { Field, Input, Select } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { policies } from '../../parts/policyQueries.ts'
import { t } from '../../words.ts'
import { dayOf, daysOf, periods, type ReportSearch } from './address.ts'

/** Changes what the address says of a report. */
export function useNarrow() {
  const search = useSearch({ from: '/reports/$report' })
  const params = useParams({ from: '/reports/$report' })
  const navigate = useNavigate()
  return (changes: { [name in keyof ReportSearch]?: ReportSearch[name] | undefined }) => {
    const all = Object.entries({ ...search, ...changes }).filter(([, value]) => value !== undefined)
    void navigate({ to: '/reports/$report', params, search: Object.fromEntries(all), resetScroll: false })
  }
}

/** The days of a report, and what else narrows it. */
export function Filters({ children }: { children?: ReactNode }) {
  const search = useSearch({ from: '/reports/$report' })
  const narrow = useNarrow()
  const { first, last } = daysOf(search)
  const isOwn = search.from !== undefined
  const choose = (value: string) =>
    narrow(
      value === 'own'
        ? { days: undefined, from: first, to: last }
        : { days: Number(value), from: undefined, to: undefined },
    )
  return (
    <div className="filters">
      <Field label={t('admin.reports.filters.period')}>
        <Select value={isOwn ? 'own' : String(search.days ?? 30)} onChange={(_, { value }) => choose(value)}>
          {periods.map(days => (
            <option key={days} value={days}>
              {t('admin.reports.filters.days', { count: days })}
            </option>
          ))}
          <option value="own">{t('admin.reports.filters.own')}</option>
        </Select>
      </Field>
      {isOwn &&
        (['from', 'to'] as const).map(end => (
          <Field key={end} label={t(`admin.reports.filters.${end}`)}>
            <Input
              type="date"
              value={search[end] ?? ''}
              max={dayOf(new Date())}
              onChange={(_, { value }) => value && narrow({ [end]: value })}
            />
          </Field>
        ))}
      {children}
    </div>
  )
}

/** Narrows a report to the people of one policy. Offered to those who may read the policies. */
export function PolicyFilter() {
  const { policy } = useSearch({ from: '/reports/$report' })
  const narrow = useNarrow()
  const { data: allowed } = useQuery(allowedActions)
  const may = allowed?.value.includes('policies.read') ?? false
  const { data: all } = useQuery({ ...policies, enabled: may })
  if (!all || (all.length < 2 && !policy)) return null
  return (
    <Choice
      label={t('admin.reports.filters.policy')}
      all={t('admin.reports.filters.allPolicies')}
      value={policy}
      options={all.map(({ id, displayName }) => [id!, displayName ?? ''])}
      choose={value => narrow({ policy: value })}
    />
  )
}

interface ShownChoice {
  label: string
  /** What stands for none of them. */
  all: string
  value: string | undefined
  options: readonly (readonly [value: string, label: string])[]
  choose: (value: string | undefined) => void
}

/** One of several, or all. */
export function Choice({ label, all, value, options, choose }: ShownChoice) {
  return (
    <Field label={label}>
      <Select value={value ?? ''} onChange={(_, { value }) => choose(value || undefined)}>
        <option value="">{all}</option>
        {options.map(([one, label]) => (
          <option key={one} value={one}>
            {label}
          </option>
        ))}
      </Select>
    </Field>
  )
}
