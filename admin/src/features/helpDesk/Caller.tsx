import { Button } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { diagnose } from '../../parts/diagnosis.ts'
import { Loading } from '../../parts/Loading.tsx'
import { PersonActDialog } from '../../parts/PersonActDialog.tsx'
import { type ActName, acts, isSecretAct } from '../../parts/personActs.ts'
import { allowedTo, person, readiness } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { Standing } from '../../parts/Standing.tsx'
import { t } from '../../words.ts'
import { CheckCaller } from './CheckCaller.tsx'
import type { CallerCheck } from './queries.ts'
import { remediesFor } from './remedies.ts'

/** A caller: why they cannot get in, whether it is them, and what mends it. */
export function Caller({ id }: { id: string }) {
  const { data: user, error } = useQuery(person(id))
  const { data: allowed } = useQuery(allowedTo(id))
  const may = new Set(allowed?.filter(one => one.allowed).map(({ action }) => action))
  const { data: state, error: unread } = useQuery({ ...readiness(id), enabled: may.has('readiness.read') })
  const [check, setCheck] = useState<CallerCheck>()
  if (error && !user) return <Refused error={error} />
  if (user === null) return <p className="card">{t('admin.people.gone')}</p>
  if (!user || !allowed) return <Loading rows={5} />
  const accountEnabled = user.accountEnabled ?? true
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
          <p>{t('admin.helpDesk.seesKinds')}</p>
        </Standing>
      )}
      {may.has('passwords.reset') && <CheckCaller id={id} check={check} keep={setCheck} />}
      {state && (
        <Remedies
          user={user}
          names={remediesFor(diagnose({ accountEnabled, readiness: state }).finding)}
          may={may}
          check={isChecked ? check : undefined}
        />
      )}
    </section>
  )
}

interface Shown {
  user: { id?: string; displayName?: string; accountEnabled?: boolean; passwordMasteredIn?: string }
  names: readonly ActName[]
  may: ReadonlySet<string>
  check: CallerCheck | undefined
}

/** One remedy first, the others a line each. Until the caller is checked only what protects them is open. */
function Remedies({ user, names, may, check }: Shown) {
  const [asked, setAsked] = useState<ActName>()
  const offered = names.filter(name => may.has(acts[name].action) && (acts[name].fits?.(user) ?? true))
  return (
    <section className="step" aria-labelledby="fix">
      <h3 id="fix">{t('admin.helpDesk.fix.title')}</h3>
      {!check && <p>{t('admin.helpDesk.fix.checkFirst')}</p>}
      <ul className="rows">
        {offered.map((name, place) => (
          <li key={name}>
            <div>
              <b>{t(`admin.acts.${name}.verb`)}</b>
              <p>{t(`admin.acts.${name}.detail`)}</p>
            </div>
            <Button
              appearance={place === 0 && check ? 'primary' : 'secondary'}
              disabledFocusable={!check && !PROTECTS.includes(name)}
              onClick={() => setAsked(name)}
            >
              {t(`admin.acts.${name}.open`)}
            </Button>
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

/** What harms nobody where the caller is somebody else. */
const PROTECTS: readonly ActName[] = ['signOut']
