import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { NotHere } from '../../frame/NotHere.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { Timeline } from '../../parts/Timeline.tsx'
import { exactly, t } from '../../words.ts'
import { journey } from './queries.ts'

/** One reset from its beginning to its end. */
export function JourneyPage() {
  const { journey: id } = useParams({ from: '/journeys/$journey' })
  const { data: found, error, refetch } = useQuery(journey(id))
  if (found === null) return <NotHere />
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.logs.journey.title')}</h1>
          {found && <p>{t('admin.logs.journey.began', { when: exactly(found.startedDateTime ?? '') })}</p>}
        </div>
      </div>
      {!found && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
      {found && (
        <>
          <dl className="facts">
            <div>
              <dt>{t('admin.logs.result')}</dt>
              <dd>{t(`admin.logs.journey.outcomes.${outcomeOf(found.outcome ?? null)}`)}</dd>
            </div>
            {found.gates?.required && (
              <div>
                <dt>{t('admin.logs.journey.proofs')}</dt>
                <dd>
                  {t('admin.logs.journey.passed', { passed: found.gates.passed, required: found.gates.required })}
                </dd>
              </div>
            )}
            {found.supportCode && (
              <div>
                <dt>{t('admin.logs.supportCode')}</dt>
                <dd>{found.supportCode}</dd>
              </div>
            )}
            <div>
              <dt>{t('admin.logs.person')}</dt>
              <dd>
                {found.userId ? (
                  <Link to="/people/$person" params={{ person: found.userId }}>
                    {t('admin.logs.journey.open')}
                  </Link>
                ) : (
                  t('admin.logs.unknownName', { count: found.count ?? 1 })
                )}
              </dd>
            </div>
          </dl>
          <Timeline events={found.events ?? []} />
        </>
      )}
    </div>
  )
}

const outcomes = {
  Succeeded: 'in',
  Abandoned: 'gaveUp',
  Blocked: 'blocked',
  'Contacted Admin': 'asked',
  Failed: 'refused',
} as const

/** The word for what a reset came to; one without an outcome goes on. */
const outcomeOf = (outcome: string | null) =>
  outcome === null ? 'goesOn' : (outcomes[outcome as keyof typeof outcomes] ?? 'refused')
