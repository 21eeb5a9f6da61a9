import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { registrationDays } from '../../parts/registrationDays.ts'
import { number, percent, t } from '../../words.ts'
import { groupsOf, refusalOf } from './reach.ts'

/** How many people can get back in on their own: the one figure that matters. */
export function Reach() {
  const { data: days, error, refetch } = useQuery(registrationDays)
  if (!days) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={3} />
  const today = days.at(-1)
  if (!today || today.enabled === 0) return <p className="card">{t('admin.home.reach.nobody')}</p>
  const more = today.capable - days[0]!.capable
  const groups = groupsOf(today)
  const goal = today.goal / 100
  const missing = Math.ceil(today.enabled * goal) - today.capable
  return (
    <section className="card reach" aria-labelledby="reach">
      <p className="figure" aria-hidden="true">
        {percent(today.capable / today.enabled)}
      </p>
      <div>
        <h2 id="reach">
          {t('admin.home.reach.sentence', { capable: number(today.capable), people: number(today.enabled) })}
        </h2>
        <p>
          {more === 0
            ? t('admin.home.reach.same')
            : t(more > 0 ? 'admin.home.reach.more' : 'admin.home.reach.fewer', { count: Math.abs(more) })}{' '}
          {missing > 0
            ? t('admin.home.reach.short', { count: missing, goal: percent(goal) })
            : t('admin.home.reach.reached', { goal: percent(goal) })}
        </p>
      </div>
      <div className="bar-goal" aria-hidden="true">
        <span style={{ insetInlineStart: percentOf(goal) }}>{percent(goal)}</span>
      </div>
      <div className="bar" aria-hidden="true">
        {groups.map(({ kind, count }) => (
          <span key={kind} className={`part part-${kind}`} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul className="legend">
        {groups.map(({ kind, count }) => (
          <li key={kind}>
            <span className={`dot part-${kind}`} aria-hidden="true" />
            {kind === 'capable' ? (
              <>
                <b>{number(count)}</b> {t('admin.home.reach.groups.capable')}
              </>
            ) : (
              <Link to="/reports/$report" params={{ report: 'cannot-reset' }} search={refusalOf(kind)}>
                <b>{number(count)}</b> {t(`admin.home.reach.groups.${kind}`)}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** A share as a style takes it, in any language. */
const percentOf = (share: number) => `${share * 100}%`
