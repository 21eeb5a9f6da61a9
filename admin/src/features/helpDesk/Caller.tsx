import { Button } from '@fluentui/react-components'
import { CheckmarkCircleRegular, DismissCircleFilled } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { diagnose, factsOf } from '../../parts/diagnosis.ts'
import { JoinGroup } from '../../parts/JoinGroup.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { PersonActDialog } from '../../parts/PersonActDialog.tsx'
import { type ActName, acts, isSecretAct } from '../../parts/personActs.ts'
import { allowedTo, person, readiness } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { roles } from '../../parts/roleQueries.ts'
import { Standing } from '../../parts/Standing.tsx'
import { either, t } from '../../words.ts'
import { CheckCaller } from './CheckCaller.tsx'
import { EndCall } from './EndCall.tsx'
import { OpenCase } from './OpenCase.tsx'
import type { CallerCheck } from './queries.ts'
import { remediesFor } from './remedies.ts'

/** A caller: why they cannot get in, whether it is them, and what mends it. */
export function Caller({ id }: { id: string }) {
  const { data: user, error } = useQuery(person(id))
  const { data: allowed } = useQuery(allowedTo(id))
  const may = new Set(allowed?.filter(one => one.allowed).map(({ action }) => action))
  const { data: all } = useQuery(allowedActions)
  const { data: state, error: unread } = useQuery({ ...readiness(id), enabled: may.has('readiness.read') })
  const [check, setCheck] = useState<CallerCheck>()
  if (error && !user) return <Refused error={error} />
  if (user === null) return <p className="card">{t('admin.people.gone')}</p>
  if (!user || !allowed) return <Loading rows={5} />
  const accountEnabled = user.accountEnabled ?? true
  const finding = state && diagnose({ accountEnabled, readiness: state }).finding
  const place = [user.userPrincipalName, user.department, user.officeLocation].filter(Boolean).join(' · ')
  const isChecked = check?.state === 'approved'
  return (
    <section className="card" aria-labelledby="caller">
      <div className="head">
        <div>
          <h2 id="caller">{user.displayName}</h2>
          <p>{place}</p>
        </div>
        <Link to="/people/$person" params={{ person: id }}>
          {t('admin.helpDesk.profile')}
        </Link>
      </div>
      {unread && <Refused error={unread} />}
      {!may.has('readiness.read') && <p>{t('admin.people.protected')}</p>}
      {state && (
        <Standing accountEnabled={accountEnabled} readiness={state}>
          <Facts accountEnabled={accountEnabled} readiness={state} />
          <p>{t('admin.helpDesk.seesKinds')}</p>
        </Standing>
      )}
      {may.has('passwords.reset') && <CheckCaller id={id} check={check} keep={setCheck} />}
      {state && (
        <Remedies
          user={user}
          names={remediesFor(finding ?? 'nothing')}
          groups={finding === 'noPolicy' ? state.groupsThatOpen : []}
          allowed={allowed}
          check={isChecked ? check : undefined}
        />
      )}
      {all?.value.includes('cases.write') && (
        <OpenCase user={user} finding={finding} check={isChecked ? check : undefined} />
      )}
      <EndCall id={id} check={check} />
    </section>
  )
}

/** Six facts, each in words and by a sign; what stands in their way first. */
function Facts(of: Parameters<typeof factsOf>[0]) {
  return (
    <ul className="fact-list">
      {factsOf(of).map(({ fact, holds }) => (
        <li key={fact} className={holds ? 'good' : 'danger'}>
          {holds ? <CheckmarkCircleRegular aria-hidden="true" /> : <DismissCircleFilled aria-hidden="true" />}
          <span>{t(`admin.diagnosis.facts.${fact}.${holds ? 'good' : 'bad'}`)}</span>
        </li>
      ))}
    </ul>
  )
}

type Allowed = NonNullable<Awaited<ReturnType<NonNullable<ReturnType<typeof allowedTo>['queryFn']>>>>[number]

interface Shown {
  user: {
    id?: string
    displayName?: string
    accountEnabled?: boolean
    passwordMasteredIn?: string
    preferredLanguage?: string | null
  }
  names: readonly ActName[]
  /** Any of these would let them reset. */
  groups: readonly { id: string; displayName: string }[]
  allowed: readonly Allowed[]
  check: CallerCheck | undefined
}

/**
 * One remedy first, the others a line each. Until the caller is checked only what protects them is open. What one may not
 * do says who can.
 */
function Remedies({ user, names, groups, allowed, check }: Shown) {
  const [asked, setAsked] = useState<ActName>()
  const { data: all = [] } = useQuery(roles)
  const verdictOf = (name: ActName) => allowed.find(({ action }) => action === acts[name].action)
  const fitting = names.filter(name => acts[name].fits?.(user) ?? true)
  const offered = fitting.filter(name => verdictOf(name)?.allowed)
  const elsewhere = fitting.flatMap(name => {
    const { allowed, rolesThatMay = [] } = verdictOf(name) ?? {}
    const able = all.filter(({ id }) => rolesThatMay.includes(id)).map(({ displayName }) => displayName)
    return allowed === false && able.length > 0 ? [{ name, able: able.slice(0, ROLES_NAMED) }] : []
  })
  return (
    <section className="step" aria-labelledby="fix">
      <h3 id="fix">{t('admin.helpDesk.fix.title')}</h3>
      {!check && <p>{t('admin.helpDesk.fix.checkFirst')}</p>}
      <ul className="rows">
        <JoinGroup user={user} groups={groups} isFirst isHeld={!check} />
        {offered.map((name, place) => (
          <li key={name}>
            <div>
              <b>{t(`admin.acts.${name}.verb`)}</b>
              <p>{t(`admin.acts.${name}.detail`)}</p>
            </div>
            <Button
              appearance={place === 0 && groups.length === 0 && check ? 'primary' : 'secondary'}
              disabledFocusable={!check && !PROTECTS.includes(name)}
              onClick={() => setAsked(name)}
            >
              {t(`admin.acts.${name}.open`)}
            </Button>
          </li>
        ))}
        {elsewhere.map(({ name, able }) => (
          <li key={name}>
            <div>
              <b className="calm">{t(`admin.acts.${name}.verb`)}</b>
              <p>{t('admin.helpDesk.fix.who', { roles: either(able) })}</p>
            </div>
          </li>
        ))}
      </ul>
      {asked && (
        <PersonActDialog
          name={asked}
          user={user}
          callerCheckId={isSecretAct(asked) && check?.means === 'approvalLink' ? check.id : undefined}
          close={() => setAsked(undefined)}
        />
      )}
    </section>
  )
}

/** How many roles are named of those that may. */
const ROLES_NAMED = 3

/** What harms nobody where the caller is somebody else. */
const PROTECTS: readonly ActName[] = ['signOut']
