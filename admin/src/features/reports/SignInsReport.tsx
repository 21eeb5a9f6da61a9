import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Loading } from '../../parts/Loading.tsx'
import { StackedDays } from '../../parts/lateCharts.ts'
import { Refused } from '../../parts/Refused.tsx'
import { sumBy, sumOf } from '../../parts/resetFigures.ts'
import { i18n, number, percent, t } from '../../words.ts'
import { daysOf, queryOf } from './address.ts'
import { Filters } from './Filters.tsx'
import { type SecurityDay, securityDays } from './queries.ts'
import { Ranked } from './Ranked.tsx'
import { ReportCard } from './ReportCard.tsx'
import { useWhen } from './useWhen.ts'

const counts = {
  succeeded: (one: SecurityDay) => one.signInsSucceeded,
  failed: (one: SecurityDay) => one.signInsFailed,
  blocked: (one: SecurityDay) => one.signInsBlocked,
}
const colors = {
  succeeded: 'var(--chartBackIn)',
  failed: 'var(--chartOthers)',
  blocked: 'var(--chartBlocked)',
}
const inOrder = Object.keys(counts) as (keyof typeof counts)[]

/** Who gets in, who does not, and why? */
export function SignInsReport() {
  const { first, last, isByHour } = daysOf(useSearch({ from: '/reports/$report' }))
  const { data, error, refetch } = useQuery(securityDays(queryOf(first, last, isByHour)))
  return (
    <>
      <Filters />
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {data && <SignIns days={data} />}
    </>
  )
}

function SignIns({ days }: { days: readonly SecurityDay[] }) {
  const sums = {
    succeeded: sumOf(days, counts.succeeded),
    failed: sumOf(days, counts.failed),
    blocked: sumOf(days, counts.blocked),
  }
  const whenColumn = useWhen()
  const all = sums.succeeded + sums.failed + sums.blocked
  const series = inOrder.map(kind => ({
    legend: t(`admin.reports.signIns.${kind}`),
    color: colors[kind],
    of: counts[kind],
  }))
  const reasons = Object.entries({ ...sumBy(days, one => one.failedByCode), 50053: sums.blocked })
    .map(([code, many]) => ({ code, many }))
    .filter(({ many }) => many > 0)
    .sort((one, other) => other.many - one.many)
  return (
    <>
      {all > 0 && (
        <p className="answer">{t('admin.reports.signIns.answer', { share: percent(sums.succeeded / all) })}</p>
      )}
      <ReportCard
        title={t('admin.reports.signIns.do')}
        file="sign-ins"
        columns={[whenColumn, ...series.map(({ legend, of }) => ({ heading: legend, of }))]}
        rows={all === 0 ? [] : days}
      >
        <StackedDays
          sentence={t('admin.reports.signIns.sentence', {
            succeeded: number(sums.succeeded),
            failed: number(sums.failed),
            blocked: number(sums.blocked),
          })}
          rows={days}
          series={series}
        />
      </ReportCard>
      <div className="columns columns-even">
        <ReportCard
          title={t('admin.reports.signIns.why')}
          file="sign-ins-failed"
          columns={[
            { heading: t('admin.reports.resets.reason'), of: ({ code }) => reasonOf(code) },
            { heading: t('admin.reports.signIns.code'), of: ({ code }) => code },
            { heading: t('admin.reports.tabs.sign-ins'), of: ({ many }) => many },
          ]}
          rows={reasons}
        >
          <Ranked
            ranks={reasons.map(({ code, many }) => ({
              id: code,
              label: reasonOf(code),
              many,
              color: code === '50053' ? colors.blocked : colors.failed,
              note: code,
            }))}
          />
        </ReportCard>
      </div>
    </>
  )
}

/** A code that this version has no words for stands for itself. */
function reasonOf(code: string): string {
  const key = `admin.reports.signIns.codes.${code}`
  return i18n.exists(key) ? t(key as 'admin.reports.signIns.codes.50126') : code
}
