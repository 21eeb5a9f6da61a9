import { useQuery } from '@tanstack/react-query'
import { Loading } from '../../parts/Loading.tsx'
import { StackedDays } from '../../parts/lateCharts.ts'
import { Refused } from '../../parts/Refused.tsx'
import { endings, totalsOf } from '../../parts/resetFigures.ts'
import { number, percent, t } from '../../words.ts'
import { type ResetDay, resetDays } from './queries.ts'

/** What became of the resets of the last thirty days: one hue for each meaning, the same in every chart. */
export function ResetsOfMonth() {
  const { data: days, error, refetch } = useQuery(resetDays)
  if (!days) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />
  const { backIn, blocked, gaveUp, refused } = totalsOf(days)
  const others = gaveUp + refused
  if (backIn + blocked + others === 0) return <p className="calm">{t('admin.home.resets.none')}</p>
  const series = [
    { legend: t('admin.home.resets.backIn'), color: 'var(--chartBackIn)', of: endings.backIn },
    {
      legend: t('admin.home.resets.others'),
      color: 'var(--chartOthers)',
      of: (one: ResetDay) => endings.gaveUp(one) + endings.refused(one),
    },
    { legend: t('admin.home.resets.blocked'), color: 'var(--chartBlocked)', of: endings.blocked },
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
      <StackedDays
        sentence={t('admin.home.resets.sentence', {
          backIn: number(backIn),
          others: number(others),
          blocked: number(blocked),
        })}
        rows={days}
        series={series}
      />
    </>
  )
}
