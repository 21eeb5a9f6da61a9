import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { Loading } from '../../parts/Loading.tsx'
import { PartnerHead } from '../../parts/PartnerHead.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, moment, t } from '../../words.ts'
import { isOver, type Rescue, rescues, type State } from './queries.ts'

/** The companies that ask the firm to let them back in: what waits for its people first. */
export function RescuesPage() {
  const { rescue: open } = useParams({ strict: false }) as { rescue?: string }
  const { data, error, refetch } = useQuery(rescues)
  const waiting = data?.filter(({ state }) => !isOver(state)) ?? []
  const over = data?.filter(({ state }) => isOver(state)) ?? []
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <PartnerHead page="rescues" lead={t('admin.rescues.lead')} />
        {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />)}
        {data?.length === 0 && <p className="empty">{t('admin.rescues.none')}</p>}
        <div className="stack">
          {waiting.length > 0 && <Listed title={t('admin.rescues.waiting')} rescues={waiting} open={open} />}
          {over.length > 0 && <Listed title={t('admin.rescues.over')} rescues={over} open={open} />}
        </div>
      </div>
      <Outlet />
    </div>
  )
}

interface Shown {
  title: string
  rescues: readonly Rescue[]
  open: string | undefined
}

function Listed({ title, rescues, open }: Shown) {
  return (
    <section>
      <h2>{title}</h2>
      <ul className="rows steps">
        {rescues.map(({ id, state, act, company, endDateTime }) => (
          <li key={id}>
            <StateTag state={state} />
            <div className="grows">
              <Link
                to="/partner/rescues/$rescue"
                params={{ rescue: id }}
                id={`rescue-${id}`}
                {...(id === open && { 'aria-current': 'true' })}
              >
                <b>{company.displayName}</b>
              </Link>
              <p>{t(`admin.rescues.acts.${act}`)}</p>
            </div>
            {!isOver(state) && (
              <span title={exactly(endDateTime)}>{t('admin.rescues.until', { when: moment(endDateTime) })}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

const looks: Partial<Record<State, string>> = {
  asked: 'tag-medium',
  taken: 'tag-medium',
  disputed: 'tag-high',
  done: 'tag-good',
}

/** Where a rescue stands. */
export const StateTag = ({ state }: { state: State }) => (
  <span className={`tag ${looks[state] ?? ''}`}>{t(`admin.rescues.states.${state}`)}</span>
)
