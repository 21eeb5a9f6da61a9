import { AlertRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../api/client.ts'
import { isActing } from '../api/session.ts'
import { attention, sentenceOfAttention, tells, waysTo } from '../parts/attention.ts'
import { number, t } from '../words.ts'
import { Unfold } from './Unfold.tsx'

const SEEN = 'latchkey.seen'
/** How often the bell looks while the page is seen. */
const EVERY = 60_000

/** My own jobs with many rows, the newest first. */
const jobs = {
  queryKey: ['jobs', 'mine'],
  refetchInterval: EVERY,
  queryFn: async () => (await dataOf(api.GET('/bulk/jobs', { params: { query: { $top: 5 } } }))).value,
}

/** What is new for whoever is signed in: what needs attention, and their own jobs. It marks what was not looked at yet. */
export function Bell({ actions }: { actions: ReadonlySet<string> }) {
  const mayRead = tells.some(action => actions.has(action))
  const { data: found = [] } = useQuery({ ...attention, enabled: mayRead, refetchInterval: EVERY })
  const { data: mine = [] } = useQuery({ ...jobs, enabled: actions.has('users.create') && !isActing() })
  const urgent = found.filter(({ severity }) => severity !== 'low')
  const marks = [
    ...urgent.map(({ code, count, since }) => `${code} ${count} ${since}`),
    ...mine.map(({ id, status }) => `${id} ${status}`),
  ]
  const [seen, setSeen] = useState<string[]>(() => (localStorage.getItem(SEEN) ?? '').split('\n'))
  const fresh = marks.filter(mark => !seen.includes(mark)).length
  const look = () => {
    localStorage.setItem(SEEN, marks.join('\n'))
    setSeen(marks)
  }
  return (
    <Unfold
      className={fresh > 0 ? 'quiet bell bell-fresh' : 'quiet bell'}
      label={fresh > 0 ? t('admin.frame.bell.fresh', { count: fresh }) : t('admin.frame.bell.title')}
      button={<AlertRegular className="picture" />}
      onOpen={look}
    >
      {urgent.length + mine.length === 0 && <p>{t('admin.frame.bell.nothing')}</p>}
      <ul className="rows">
        {urgent.map(one => {
          const [way] = waysTo(one, actions)
          return (
            <li key={one.code}>
              {way ? <Link {...way}>{sentenceOfAttention(one)}</Link> : <span>{sentenceOfAttention(one)}</span>}
            </li>
          )
        })}
        {mine.map(({ id, fileName, status = 'running', total, succeeded = 0, failed = 0 }) => (
          <li key={id}>
            <span>
              <Link to="/jobs/$job" params={{ job: id! }}>
                {fileName ?? t('admin.frame.bell.job')}
              </Link>{' '}
              {t(`admin.frame.bell.status.${status}`)}{' '}
              {typeof total === 'number' &&
                t('admin.frame.bell.rows', {
                  done: number(succeeded + failed),
                  total: number(total),
                  failed: number(failed),
                })}
            </span>
          </li>
        ))}
      </ul>
    </Unfold>
  )
}
