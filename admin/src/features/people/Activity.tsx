import { Button } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { actorName } from '../../parts/actorName.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, moment, t } from '../../words.ts'
import { activity, type Event } from './queries.ts'

/** What was done to a person, and by whom. */
export function Activity({ id }: { id: string }) {
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(activity(id))
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />
  const events = data.pages.flatMap(({ rows }) => rows)
  if (events.length === 0) return <p className="calm">{t('admin.people.activity.none')}</p>
  return (
    <>
      <ol className="timeline">
        {events.map(event => (
          <li key={event.id}>
            <time dateTime={event.activityDateTime} title={exactly(event.activityDateTime)}>
              {moment(event.activityDateTime)}
            </time>
            <div>
              <b>{event.activityDisplayName}</b>{' '}
              {event.result !== 'success' && <span className="tag tag-high">{t('admin.people.activity.failed')}</span>}
              <p>{t('admin.people.activity.by', { name: actorOf(event) })}</p>
            </div>
          </li>
        ))}
      </ol>
      {hasNextPage && <Button onClick={() => void fetchNextPage()}>{t('admin.objects.more')}</Button>}
    </>
  )
}

const actorOf = ({ initiatedBy }: Event) =>
  (initiatedBy?.user?.homeTenantName ? actorName(initiatedBy) : initiatedBy?.user?.userPrincipalName) ??
  initiatedBy?.app?.displayName ??
  t('admin.people.activity.server')
