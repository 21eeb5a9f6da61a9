import { exactly, i18n, moment, t } from '../words.ts'
import { activityName } from './activityName.ts'
import { foldEvents } from './foldEvents.ts'

interface Event {
  dateTime: string
  activity: string
  reason: string | null
  method: string | null
  ipAddress: string | null
  city: string | null
  browser: string | null
}

/** The steps of a reset, oldest first. New ones are read aloud as they come. */
export function Timeline({ events }: { events: readonly Event[] }) {
  return (
    <ol className="timeline" aria-live="polite">
      {foldEvents(events).map(({ event, times }) => (
        <li key={`${event.dateTime}${event.activity}`}>
          <time dateTime={event.dateTime} title={exactly(event.dateTime)}>
            {moment(event.dateTime)}
          </time>
          <div>
            <b>{activityName(event.activity)}</b> {times > 1 && t('admin.logs.times', { count: times })}
            <p>
              {[
                event.method &&
                  i18n.exists(`admin.diagnosis.kinds.${event.method}`) &&
                  t(`admin.diagnosis.kinds.${event.method}` as 'admin.diagnosis.kinds.email'),
                event.reason,
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
  )
}
