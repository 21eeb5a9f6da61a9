import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { CopyText } from '../../parts/CopyText.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { exactly, t } from '../../words.ts'
import { actorOf, Outcome } from './ActivitiesPage.tsx'
import { readActivitiesSearch } from './activitiesAddress.ts'
import { operationName } from './operations.ts'
import { type Activity, activity } from './queries.ts'

/** One activity: who did what to which customer, what it changed, and the id that finds it in both logs. */
export function ActivityPanel() {
  const { activity: id } = useParams({ strict: false }) as { activity: string }
  const search = readActivitiesSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(activity(id))
  const close = async () => {
    await navigate({ to: '/partner/activities', search })
    document.getElementById(`activity-${id}`)?.focus()
  }
  return (
    <Panel
      label={t('admin.logs.entry')}
      heading={found === null ? t('admin.logs.gone') : found && operationName(found.operationType ?? '')}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found && <Told activity={found} />}
    </Panel>
  )
}

function Told({ activity: found }: { activity: Activity }) {
  const { data: allowed } = useQuery(allowedActions)
  const { userPrincipalName, customerId, customerName, relationshipId, correlationId } = found
  const may = new Set(allowed?.value)
  const facts: [string, ReactNode][] = [
    [t('admin.logs.when'), exactly(found.activityDateTime)],
    [t('admin.logs.result'), <Outcome key="result" activity={found} />],
    [t('admin.logs.who'), [actorOf(found), userPrincipalName && `(${userPrincipalName})`].filter(Boolean).join(' ')],
    [
      t('admin.customers.facts.customer'),
      customerId && <Customer key="customer" id={customerId} name={customerName} />,
    ],
    [
      t('admin.customers.columns.relationship'),
      relationshipId && may.has('partner.relationships.read') && (
        <Link key="by" to="/customers/relationships/$relationship" params={{ relationship: relationshipId }}>
          {t('admin.customers.relationships.panel')}
        </Link>
      ),
    ],
    [t('admin.logs.app'), found.applicationId],
    [t('admin.logs.name'), found.operationType],
  ]
  return (
    <>
      <dl className="facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <Changes activity={found} />
      <section>
        <h3>{t('admin.logs.together')}</h3>
        <p>{t('admin.partner.activities.together')}</p>
        <CopyText text={correlationId} />
        <p className="ask">
          <Link to="/partner/activities" search={{ correlation: correlationId }}>
            {t('admin.logs.allTogether')}
          </Link>
          {may.has('audit.read') && (
            <Link to="/logs/$log" params={{ log: 'audit' }} search={{ correlation: correlationId }}>
              {t('admin.partner.activities.inAudit')}
            </Link>
          )}
        </p>
      </section>
    </>
  )
}

function Customer({ id, name }: { id: string; name: string | null }) {
  const { data: allowed } = useQuery(allowedActions)
  if (!allowed?.value.includes('partner.customers.read')) return name || id
  return (
    <Link to="/customers/$customer" params={{ customer: id }}>
      {name || id}
    </Link>
  )
}

/** What was changed: each property before and after, or the circumstances of what changes none. */
function Changes({ activity: { oldValue, newValue } }: { activity: Activity }) {
  const [before, after] = [read(oldValue), read(newValue)]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  if (names.length === 0) return null
  return (
    <section>
      <h3>{t('admin.logs.changes')}</h3>
      <dl className="facts">
        {names.map(name => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {name in before && (
                <>
                  <del>{before[name]}</del> →{' '}
                </>
              )}
              <ins>{after[name] ?? '–'}</ins>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

const read = (value: string | null): Record<string, string> =>
  Object.fromEntries(
    Object.entries(JSON.parse(value ?? '{}') as Record<string, unknown>).map(([name, one]) => [
      name,
      typeof one === 'string' ? one : JSON.stringify(one),
    ]),
  )
