import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { Loading } from '../../parts/Loading.tsx'
import { StackedDays } from '../../parts/lateCharts.ts'
import { Refused } from '../../parts/Refused.tsx'
import { type Ending, endings, methodsOf, reasonsOf, sumOf, totalsOf, weekdaysOf } from '../../parts/resetFigures.ts'
import { number, percent, t, weekday } from '../../words.ts'
import { daysOf, queryOf } from './address.ts'
import { Compared } from './Compared.tsx'
import { Filters, PolicyFilter } from './Filters.tsx'
import { methodName, reasonName } from './names.ts'
import { type ResetDay, resetDays } from './queries.ts'
import { Ranked } from './Ranked.tsx'
import { type Column, ReportCard } from './ReportCard.tsx'
import { useWhen } from './useWhen.ts'

/** One hue for each meaning, the same in every chart. */
const colors: Record<Ending, string> = {
  backIn: 'var(--chartBackIn)',
  gaveUp: 'var(--chartOthers)',
  refused: 'var(--chartRefused)',
  blocked: 'var(--chartBlocked)',
}

const inOrder = Object.keys(endings) as Ending[]

/** The longest report of the server, in days: a longer one is not compared with the time before it. */
const MOST_DAYS = 366

/** Do people get back in, and what stops the others? */
export function ResetsReport() {
  const search = useSearch({ from: '/reports/$report' })
  const { first, last, many, isByHour, before } = daysOf(search)
  const isCompared = many * 2 <= MOST_DAYS
  const { data, error, refetch } = useQuery(
    resetDays(queryOf(isCompared ? before : first, last, isByHour, search.policy)),
  )
  return (
    <>
      <Filters>
        <PolicyFilter />
      </Filters>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {data && (
        <Resets
          days={data.filter(({ date }) => date >= first)}
          before={isCompared ? data.filter(({ date }) => date < first) : undefined}
        />
      )}
    </>
  )
}

function Resets({ days, before }: { days: readonly ResetDay[]; before: readonly ResetDay[] | undefined }) {
  const totals = totalsOf(days)
  const totalsBefore = before && totalsOf(before)
  const reasons = reasonsOf(days)
  const medians = days.flatMap(({ medianSeconds }) => (medianSeconds === null ? [] : [medianSeconds]))
  const series = inOrder.map(ending => ({
    legend: t(`admin.reports.resets.${ending}`),
    color: colors[ending],
    of: endings[ending],
  }))
  const whenColumn = useWhen()
  const columns: Column<ResetDay>[] = [
    whenColumn,
    { heading: t('admin.reports.resets.started'), of: ({ started }) => started },
    ...series.map(({ legend, of }) => ({ heading: legend, of })),
  ]
  // A reset counts once, by what it came to; its reasons count each.
  const countedElsewhere = (ending: Ending) => {
    const many = sumOf(
      reasons.filter(one => one.ending === ending),
      one => one.many,
    )
    return many > totals[ending] ? t('admin.reports.resets.elsewhere', { many: number(many) }) : undefined
  }
  const details = {
    backIn: t('admin.reports.resets.backInDetail', {
      resets: number(sumOf(days, one => one.succeeded)),
      unlocks: number(sumOf(days, one => one.unlocked)),
    }),
    gaveUp: t('admin.reports.resets.gaveUpDetail', { asked: number(sumOf(days, one => one.contactedAdministrator)) }),
    refused: countedElsewhere('refused'),
    blocked: countedElsewhere('blocked'),
  }
  return (
    <>
      {totals.ended > 0 && (
        <p className="answer">
          {t('admin.reports.resets.answer', { share: percent(totals.backIn / totals.ended) })}
          {reasons[0] && <span>{t('admin.reports.resets.most', { reason: reasonName(reasons[0].reason) })}</span>}
        </p>
      )}
      <dl className="tiles">
        <div>
          <dt>{t('admin.reports.resets.started')}</dt>
          <dd>{number(sumOf(days, one => one.started))}</dd>
          <Compared now={sumOf(days, one => one.started)} before={before && sumOf(before, one => one.started)} />
        </div>
        {inOrder.map(ending => (
          <div key={ending}>
            <dt>
              <span className="dot" style={{ background: colors[ending] }} aria-hidden="true" />
              {t(`admin.reports.resets.${ending}`)}
            </dt>
            <dd>{number(totals[ending])}</dd>
            {details[ending] && <dd className="small">{details[ending]}</dd>}
            <Compared now={totals[ending]} before={totalsBefore?.[ending]} />
          </div>
        ))}
      </dl>
      <ReportCard
        title={t('admin.reports.resets.do')}
        file="resets"
        columns={columns}
        rows={sumOf(days, one => one.started) === 0 ? [] : days}
        {...(medians.length > 0 && {
          note: t('admin.reports.resets.median', { seconds: number(middleOf(medians)) }),
        })}
      >
        <StackedDays
          sentence={t('admin.reports.resets.sentence', {
            backIn: number(totals.backIn),
            gaveUp: number(totals.gaveUp),
            refused: number(totals.refused),
            blocked: number(totals.blocked),
          })}
          rows={days}
          series={series}
        />
      </ReportCard>
      <div className="columns columns-even">
        <ReportCard
          title={t('admin.reports.resets.stopped')}
          file="resets-stopped"
          columns={[
            { heading: t('admin.reports.resets.reason'), of: ({ reason }) => reasonName(reason) },
            { heading: t('admin.reports.resets.resetsOf'), of: ({ many }) => many },
          ]}
          rows={reasons}
          note={t('admin.reports.resets.both')}
        >
          <Ranked
            ranks={reasons.map(({ reason, ending, many }) => ({
              id: reason,
              label: reasonName(reason),
              many,
              color: colors[ending],
              ...(reason.startsWith('SSPR') && { note: reason }),
            }))}
          />
        </ReportCard>
        <ReportCard
          title={t('admin.reports.resets.methods')}
          file="resets-methods"
          columns={[
            { heading: t('admin.reports.registration.method'), of: ({ method }) => methodName(method) },
            { heading: t('admin.reports.resets.asked'), of: ({ asked }) => asked },
            { heading: t('admin.reports.resets.passed'), of: ({ passed }) => passed },
            {
              heading: t('admin.reports.resets.share'),
              of: ({ share }) => Math.round(share * 100) / 100,
              show: ({ share }) => percent(share),
            },
          ]}
          rows={methodsOf(days)}
        />
        <ReportCard
          title={t('admin.reports.resets.when')}
          file="resets-weekdays"
          columns={[
            { heading: t('admin.reports.resets.weekday'), of: ({ date }) => weekday(date) },
            { heading: t('admin.reports.resets.started'), of: ({ started }) => started },
          ]}
          rows={sumOf(days, one => one.started) === 0 ? [] : weekdaysOf(days)}
        >
          <Ranked
            ranks={weekdaysOf(days).map(({ date, started }) => ({
              id: date,
              label: weekday(date),
              many: started,
              color: colors.backIn,
            }))}
          />
        </ReportCard>
      </div>
    </>
  )
}

const middleOf = (values: readonly number[]) => values.toSorted((one, other) => one - other)[values.length >> 1]!
