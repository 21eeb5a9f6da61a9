import { VerticalStackedBarChart } from '@fluentui/react-charts'
import { useQuery } from '@tanstack/react-query'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { day, number, percent, t } from '../../words.ts'
import { type ResetDay, resetDays } from './queries.ts'

/** What became of the resets of the last thirty days: one hue for each meaning, the same in every chart. */
export default function ResetsOfMonth() {
  const { data: days, error, refetch } = useQuery(resetDays)
  if (!days) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />
  const sum = (count: (one: ResetDay) => number) => days.reduce((all, one) => all + count(one), 0)
  const backIn = sum(one => one.succeeded + one.unlocked)
  const blocked = sum(one => one.blocked)
  const others = sum(one => one.failed + one.abandoned)
  if (backIn + blocked + others === 0) return <p className="calm">{t('admin.home.resets.none')}</p>
  const series = [
    {
      legend: t('admin.home.resets.backIn'),
      color: 'var(--chartBackIn)',
      of: (one: ResetDay) => one.succeeded + one.unlocked,
    },
    {
      legend: t('admin.home.resets.others'),
      color: 'var(--chartOthers)',
      of: (one: ResetDay) => one.failed + one.abandoned,
    },
    {
      legend: t('admin.home.resets.blocked'),
      color: 'var(--chartBlocked)',
      of: (one: ResetDay) => one.blocked,
    },
  ]
  return (
    <>
      <dl className="figures">
        <div>
          <dt>{t('admin.home.resets.backIn')}</dt>
          <dd>{number(backIn)}</dd>
        </div>
        <div>
          <dt>{t('admin.home.resets.share')}</dt>
          <dd>{percent(backIn / (backIn + blocked + others))}</dd>
        </div>
      </dl>
      <figure
        role="img"
        aria-label={t('admin.home.resets.sentence', {
          backIn: number(backIn),
          others: number(others),
          blocked: number(blocked),
        })}
      >
        <VerticalStackedBarChart
          height={220}
          hideTooltip={false}
          hideLegend={false}
          data={days.map(one => ({
            xAxisPoint: day(one.date),
            chartData: series.map(({ legend, color, of }) => ({ legend, color, data: of(one) })),
          }))}
        />
      </figure>
    </>
  )
}
