import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { NotHere } from '../../frame/NotHere.tsx'
import { activityName } from '../../parts/activityName.ts'
import { CopyText } from '../../parts/CopyText.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { exactly, t } from '../../words.ts'
import { type Log, logs } from './address.ts'
import { codeName, nameOf, Result, targetOf, whoOf } from './columns.tsx'
import { type Entry, entry, momentOf } from './queries.ts'

/** One entry of a log, with all that it tells. */
export function EntryPanel() {
  const { log, entry: id } = useParams({ from: '/logs/$log/$entry' })
  const search = useSearch({ from: '/logs/$log' })
  const navigate = useNavigate()
  const name = logs.find(one => one === log)
  if (!name) return <NotHere />
  const close = async () => {
    await navigate({ to: '/logs/$log', params: { log: name }, search })
    document.getElementById(`entry-${id}`)?.focus()
  }
  return <Read log={name} id={id} close={() => void close()} />
}

function Read({ log, id, close }: { log: Log; id: string; close: () => void }) {
  const { data: found, error, refetch } = useQuery(entry(log, id))
  return (
    <Panel
      label={t('admin.logs.entry')}
      heading={found === null ? t('admin.logs.gone') : found && headingOf(log, found)}
      error={error}
      again={() => void refetch()}
      close={close}
    >
      {found && (log === 'audit' ? <AuditEntry found={found} /> : <SignInEntry found={found} />)}
    </Panel>
  )
}

const headingOf = (log: Log, found: Entry) => (log === 'audit' ? activityName(found.activity ?? '') : nameOf(found))

function AuditEntry({ found }: { found: Entry }) {
  const changes = found.targetResources?.flatMap(({ modifiedProperties }) => modifiedProperties ?? []) ?? []
  const { user } = found.initiatedBy ?? {}
  // The first one is the activity itself, which stands above.
  const details = found.additionalDetails?.filter(({ key }) => key !== 'activity') ?? []
  const person = found.targetResources?.find(({ type }) => type === 'User')
  return (
    <>
      <Facts
        facts={[
          ['when', exactly(momentOf(found))],
          ['result', <Result key="result" isGood={found.result !== 'failure'} />],
          ['reason', found.resultReason],
          ['who', user?.userPrincipalName ? `${whoOf(found)} (${user.userPrincipalName})` : whoOf(found)],
          ['ip', user?.ipAddress],
          [
            'target',
            person?.id ? (
              <Link key="target" to="/people/$person" params={{ person: person.id }}>
                {targetOf(found)}
              </Link>
            ) : (
              targetOf(found)
            ),
          ],
          ['name', found.activityDisplayName],
          ...details.map(({ key, value }) => [key, value] as const),
        ]}
      />
      {changes.length > 0 && (
        <section>
          <h3>{t('admin.logs.changes')}</h3>
          <dl className="facts">
            {changes.map(({ displayName, oldValue, newValue }) => (
              <div key={displayName}>
                <dt>{displayName}</dt>
                <dd>
                  <del>{oldValue ?? '–'}</del> → <ins>{newValue ?? '–'}</ins>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <Together found={found} isReset={found.activity?.startsWith('reset.') ?? false} />
    </>
  )
}

function SignInEntry({ found }: { found: Entry }) {
  const { deviceDetail, location, status } = found
  return (
    <>
      <Facts
        facts={[
          ['when', exactly(momentOf(found))],
          ['result', codeName(status?.errorCode ?? 0)],
          ['code', status?.errorCode ? String(status.errorCode) : undefined],
          ['reason', status?.additionalDetails],
          ['person', found.userPrincipalName === 'unknown' ? undefined : found.userPrincipalName],
          ['app', found.appDisplayName],
          ['ip', found.ipAddress],
          ['place', [location?.city, location?.countryOrRegion].filter(Boolean).join(', ')],
          ['browser', [deviceDetail?.browser, deviceDetail?.operatingSystem].filter(Boolean).join(', ')],
          ['supportCode', found.supportCode],
        ]}
      />
      <Together found={found} isReset={false} />
    </>
  )
}

/** What else happened by the same request or in the same reset. */
function Together({ found: { correlationId = '' }, isReset }: { found: Entry; isReset: boolean }) {
  return (
    <section>
      <h3>{t('admin.logs.together')}</h3>
      <CopyText text={correlationId} />
      <p className="ask">
        {isReset && (
          <Link to="/journeys/$journey" params={{ journey: correlationId }}>
            {t('admin.logs.asJourney')}
          </Link>
        )}
        <Link to="/logs/$log" params={{ log: 'audit' }} search={{ correlation: correlationId }}>
          {t('admin.logs.allTogether')}
        </Link>
      </p>
    </section>
  )
}

/** The facts that have words; a detail of an event keeps its own name. */
const named = [
  'when',
  'result',
  'reason',
  'who',
  'ip',
  'target',
  'name',
  'code',
  'person',
  'app',
  'place',
  'browser',
  'supportCode',
] as const

function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => {
          const known = named.find(one => one === name)
          return (
            <div key={name}>
              <dt>{known ? t(`admin.logs.${known}`) : name}</dt>
              <dd>{value}</dd>
            </div>
          )
        })}
    </dl>
  )
}
