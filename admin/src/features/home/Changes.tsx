import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { activityName } from '../../parts/activityName.ts'
import { actorName } from '../../parts/actorName.ts'
import { targetName } from '../../parts/targetName.ts'
import { exactly, moment, t } from '../../words.ts'
import { changes } from './queries.ts'

/** What administrators have changed last, and who. */
export default function Changes() {
  const { data: found } = useQuery(changes)
  if (!found || found.length === 0) return null
  return (
    <section className="card" aria-labelledby="changes">
      <div className="card-head">
        <h2 id="changes">{t('admin.home.changes.title')}</h2>
        <Link to="/logs/$log" params={{ log: 'audit' }}>
          {t('admin.frame.places.auditLog')}
        </Link>
      </div>
      <ul className="rows">
        {found.map(({ id, activity, activityDateTime, initiatedBy, targetResources }) => (
          <li key={id}>
            <div className="grows">
              <b>{activityName(activity)}</b>
              <p>{[actorName(initiatedBy), nameOf(activity, targetResources[0])].filter(Boolean).join(' · ')}</p>
            </div>
            <Link to="/logs/$log/$entry" params={{ log: 'audit', entry: id }} title={exactly(activityDateTime)}>
              <time dateTime={activityDateTime}>{moment(activityDateTime)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

const nameOf = (activity: string, target: { displayName?: string | null } | undefined) =>
  target?.displayName && targetName(activity, target.displayName)
