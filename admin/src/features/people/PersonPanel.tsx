import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { allowedActions } from '../../api/queries.ts'
import { CopyText } from '../../parts/CopyText.tsx'
import { JoinGroup } from '../../parts/JoinGroup.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { allowedTo, person, readiness } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { Standing } from '../../parts/Standing.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { WhoDeleted } from '../../parts/WhoDeleted.tsx'
import { exactly, moment, t } from '../../words.ts'
import { Activity } from './Activity.tsx'
import { type PersonTab, readTab, tabs } from './address.ts'
import { Belongings } from './Belongings.tsx'
import { Methods } from './Methods.tsx'
import { PersonActs, type User } from './PersonActs.tsx'

/** What a tab takes; every other one is open to whoever sees the person. */
const TAKES: Partial<Record<(typeof tabs)[number], string>> = { methods: 'methods.read', activity: 'audit.read' }

/** One person beside the list: whether they are all right, and what one may change. */
export function PersonPanel() {
  const { person: id } = useParams({ from: '/people/$person' })
  const search = useSearch({ from: '/people' })
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(person(id))
  const { data: allowed } = useQuery(allowedTo(id))
  const { tab = 'overview' } = useSearch({ from: '/people/$person' })
  const setTab = (next: PersonTab) =>
    void navigate({
      to: '/people/$person',
      params: { person: id },
      search: { ...search, ...readTab({ tab: next }) },
      replace: true,
      resetScroll: false,
    })
  const close = async () => {
    await navigate({ to: '/people', search })
    document.getElementById(`person-${id}`)?.focus()
  }
  const may = new Set(allowed?.filter(one => one.allowed).map(({ action }) => action))
  // The log is no matter of one person: what one may read of it is told for all.
  const { data: mine } = useQuery(allowedActions)
  const isOffered = (one: (typeof tabs)[number]) => {
    const action = TAKES[one]
    return action === undefined || may.has(action) || (mine?.byRole.includes(action) && action === 'audit.read')
  }
  const isProtected = allowed?.some(({ reason }) => reason === 'protected_target') ?? false
  return (
    <Panel
      label={t('admin.people.panel')}
      heading={found === null ? t('admin.people.gone') : found?.displayName}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found === null && <WhoDeleted id={id} activity="user.deleted" />}
      {found && (
        <>
          <CopyText text={found.userPrincipalName!} />
          {allowed && <PersonActs user={found} may={may} />}
          {isProtected && <p className="calm">{t('admin.people.protected')}</p>}
          <Tabs
            label={t('admin.people.panel')}
            value={tab}
            options={tabs.filter(isOffered).map(one => [one, t(`admin.people.tabs.${one}`)])}
            choose={setTab}
          >
            {tab === 'overview' && (
              <>
                {may.has('readiness.read') && <WhyOrNot user={found} />}
                <Facts user={found} />
              </>
            )}
            {tab === 'methods' && isOffered(tab) && <Methods user={found} may={may} />}
            {tab === 'groups' && <Belongings user={found} />}
            {tab === 'activity' && isOffered(tab) && <Activity id={id} />}
          </Tabs>
        </>
      )}
    </Panel>
  )
}

function WhyOrNot({ user }: { user: User }) {
  const { data, error, refetch } = useQuery(readiness(user.id!))
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={2} />
  return (
    <Standing accountEnabled={user.accountEnabled ?? true} readiness={data}>
      {data.groupsThatOpen.length > 0 && (
        <ul className="rows">
          <JoinGroup user={user} groups={data.groupsThatOpen} />
        </ul>
      )}
    </Standing>
  )
}

function Facts({ user }: { user: User }) {
  const signedIn = user.signInActivity?.lastSignInDateTime
  const changed = user.lastPasswordChangeDateTime
  const facts = {
    signIn:
      user.accountEnabled === undefined ? undefined : t(user.accountEnabled ? 'admin.people.on' : 'admin.people.off'),
    lastSignIn: signedIn ? exactly(signedIn) : user.signInActivity === undefined ? undefined : t('admin.people.never'),
    password: changed ? t('admin.people.passwordChanged', { when: moment(changed) }) : undefined,
    job: [user.jobTitle, user.department].filter(Boolean).join(', ') || undefined,
    office: user.officeLocation,
    employeeId: user.employeeId,
    mail: user.mail,
    language: user.preferredLanguage,
  }
  return (
    <dl className="facts">
      {Object.entries(facts)
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{t(`admin.people.facts.${name as keyof typeof facts}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
