import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Loading } from '../../parts/Loading.tsx'
import { ShareOverDays } from '../../parts/lateCharts.ts'
import { Refused } from '../../parts/Refused.tsx'
import { day, number, percent, t } from '../../words.ts'
import { daysOf, filterOf } from './address.ts'
import { Filters, PolicyFilter } from './Filters.tsx'
import { methodName } from './names.ts'
import { type PolicyFigures, policyFigures, type RegistrationDay, registrationDays } from './queries.ts'
import { Ranked } from './Ranked.tsx'
import { ReportCard } from './ReportCard.tsx'

/** How many of the people who may reset could do it now: are we reaching the goal? */
export function RegistrationReport() {
  const search = useSearch({ from: '/reports/$report' })
  const { first, last } = daysOf(search)
  const { data, error, refetch } = useQuery(registrationDays(filterOf(first, last)))
  return (
    <>
      <Filters>
        <PolicyFilter />
      </Filters>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {data && <Registration days={data} />}
    </>
  )
}

const shareOf = ({ capable, enabled }: Pick<RegistrationDay, 'capable' | 'enabled'>) =>
  enabled === 0 ? 0 : capable / enabled

function Registration({ days }: { days: readonly RegistrationDay[] }) {
  const today = days.at(-1)
  if (!today) return <p className="calm">{t('admin.reports.none')}</p>
  const { enabled, capable, goal } = today
  const missing = Math.ceil((enabled * goal) / 100) - capable
  const methods = Object.entries(today.byMethod)
    .map(([method, many]) => ({ method, many }))
    .sort((one, other) => other.many - one.many)
  return (
    <>
      <p className="answer">
        {enabled === 0
          ? t('admin.reports.registration.nobody')
          : t('admin.reports.registration.answer', { share: percent(shareOf(today)) })}
        {enabled > 0 && (
          <span>
            {missing <= 0
              ? t('admin.reports.registration.reached', { goal: percent(goal / 100) })
              : t('admin.reports.registration.short', { count: missing, goal: percent(goal / 100) })}
          </span>
        )}
      </p>
      <dl className="tiles">
        {(['users', 'enabled', 'registered', 'capable'] as const).map(figure => (
          <div key={figure}>
            <dt>{t(`admin.reports.registration.${figure}`)}</dt>
            <dd>{number(today[figure])}</dd>
          </div>
        ))}
      </dl>
      <div className="stack">
        <ReportCard
          title={t('admin.reports.registration.overTime')}
          file="registration"
          columns={[
            { heading: t('admin.reports.day'), of: ({ date }) => date, show: ({ date }) => day(date) },
            ...(['users', 'enabled', 'registered', 'capable'] as const).map(figure => ({
              heading: t(`admin.reports.registration.${figure}`),
              of: (row: RegistrationDay) => row[figure],
            })),
            {
              heading: t('admin.reports.registration.share'),
              of: row => Math.round(shareOf(row) * 100) / 100,
              show: row => percent(shareOf(row)),
            },
          ]}
          rows={days}
          note={t('admin.reports.registration.kept')}
        >
          <ShareOverDays
            sentence={t('admin.reports.registration.sentence', {
              first: percent(shareOf(days[0]!)),
              last: percent(shareOf(today)),
              goal: percent(goal / 100),
            })}
            rows={days}
            series={[
              { legend: t('admin.reports.registration.capable'), color: 'var(--chartBackIn)', of: shareOf },
              { legend: t('admin.reports.registration.goal'), color: 'var(--chartRest)', of: () => goal / 100 },
            ]}
          />
        </ReportCard>
        <ReportCard
          title={t('admin.reports.registration.methods')}
          file="registration-methods"
          columns={[
            { heading: t('admin.reports.registration.method'), of: ({ method }) => methodName(method) },
            { heading: t('admin.reports.registration.people'), of: ({ many }) => many },
          ]}
          rows={methods}
        >
          <Ranked
            ranks={methods.map(({ method, many }) => ({
              id: method,
              label: methodName(method),
              many,
              color: 'var(--chartBackIn)',
            }))}
          />
        </ReportCard>
        <ByPolicy />
      </div>
    </>
  )
}

/** How many more people of a policy have to register to reach its goal. */
const missingOf = ({ enabled, capable, goal }: PolicyFigures) =>
  goal === null ? null : Math.max(Math.ceil((enabled * goal) / 100) - capable, 0)

/** Each policy against its own goal: where is it that people lack? */
function ByPolicy() {
  const { policy } = useSearch({ from: '/reports/$report' })
  const { data, error, refetch } = useQuery(policyFigures)
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={3} />
  return (
    <ReportCard
      title={t('admin.reports.registration.byPolicy')}
      file="registration-policies"
      columns={[
        {
          heading: t('admin.reports.filters.policy'),
          of: ({ displayName }) => displayName ?? t('admin.reports.registration.noPolicy'),
        },
        ...(['users', 'enabled', 'registered', 'capable'] as const).map(figure => ({
          heading: t(`admin.reports.registration.${figure}`),
          of: (row: PolicyFigures) => row[figure],
        })),
        {
          heading: t('admin.reports.registration.share'),
          of: row => Math.round(shareOf(row) * 100) / 100,
          show: row => percent(shareOf(row)),
        },
        {
          heading: t('admin.reports.registration.goal'),
          of: ({ goal }) => (goal === null ? null : goal / 100),
          show: ({ goal }) => (goal === null ? '–' : percent(goal / 100)),
        },
        { heading: t('admin.reports.registration.missing'), of: missingOf },
      ]}
      rows={policy ? data.filter(({ policyId }) => policyId === policy) : data}
      note={t('admin.reports.registration.present')}
    />
  )
}
