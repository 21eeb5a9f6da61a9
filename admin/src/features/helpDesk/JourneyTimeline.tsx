import { useQuery } from '@tanstack/react-query'
import { Loading } from '../../parts/Loading.tsx'
import { allowedTo } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, i18n, moment, t } from '../../words.ts'
import { newestJourney } from './queries.ts'
import { foldEvents } from './timeline.ts'

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
          <ol className="timeline" aria-live="polite">
            {foldEvents(journey.events ?? []).map(({ event, times }) => (
              <li key={`${event.dateTime}${event.activity}`}>
                <time dateTime={event.dateTime} title={exactly(event.dateTime)}>
                  {moment(event.dateTime)}
                </time>
                <div>
                  <b>{nameOf(event.activity)}</b> {times > 1 && t('admin.helpDesk.journey.times', { count: times })}
                  <p>
                    {[
                      event.method &&
                        i18n.exists(`admin.diagnosis.kinds.${event.method}`) &&
                        t(`admin.diagnosis.kinds.${event.method}` as 'admin.diagnosis.kinds.email'),
                      event.browser,
                      event.city ?? event.ipAddress,
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </p>
                </div>
              </li>
            ))}
          </ol>
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

/** A step that this version has no word for is named as the log names it. */
function nameOf(activity: string): string {
  const key = `admin.helpDesk.steps.${activity.replaceAll('.', '_')}`
  return i18n.exists(key) ? t(key as 'admin.helpDesk.steps.reset_started') : activity
}
