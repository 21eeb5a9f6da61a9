import { useQuery } from '@tanstack/react-query'
import { Loading } from '../../parts/Loading.tsx'
import { allowedTo } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { Timeline } from '../../parts/Timeline.tsx'
import { t } from '../../words.ts'
import { newestJourney } from './queries.ts'

/** What the person's newest reset does, as it happens. */
export function JourneyTimeline({ id }: { id: string }) {
  const { data: allowed } = useQuery(allowedTo(id))
  const may = allowed?.some(({ action, allowed }) => action === 'journeys.read' && allowed) ?? false
  const { data: journey, error, refetch } = useQuery({ ...newestJourney(id), enabled: may })
  if (!may) return null
  return (
    <section className="card" aria-labelledby="journey">
      <h2 id="journey">{t('admin.helpDesk.journey.title')}</h2>
      {error && journey === undefined && <Refused error={error} again={() => void refetch()} />}
      {journey === undefined && !error && <Loading rows={4} />}
      {journey === null && <p className="calm">{t('admin.helpDesk.journey.none')}</p>}
      {journey && (
        <>
          <p>{journey.supportCode && t('admin.helpDesk.journey.code', { code: journey.supportCode })}</p>
          <Timeline events={journey.events ?? []} />
          {journey.outcome === 'succeeded' && (
            <p className="good" role="status">
              {t('admin.helpDesk.journey.in')}
            </p>
          )}
        </>
      )}
    </section>
  )
}
