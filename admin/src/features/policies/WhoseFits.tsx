import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { FindOne } from '../../parts/FindOne.tsx'
import { peopleLike, person, readiness } from '../../parts/personQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { Standing } from '../../parts/Standing.tsx'
import { t } from '../../words.ts'
import { effectivePolicies } from './queries.ts'

/** Which policy holds for a person, and whether they could reset by it. */
export function WhoseFits() {
  const [id, setId] = useState<string>()
  return (
    <section className="card asked" aria-labelledby="whose">
      <h2 id="whose">{t('admin.policies.whose.title')}</h2>
      <FindOne label={t('admin.policies.whose.person')} find={peopleLike} choose={one => setId(one.id)} />
      {id && <Fits id={id} />}
    </section>
  )
}

function Fits({ id }: { id: string }) {
  const { data: allowed } = useQuery(allowedActions)
  const { data: found } = useQuery(person(id))
  const { data: held, error, refetch } = useQuery(effectivePolicies(id))
  const { data: ready } = useQuery({
    ...readiness(id),
    enabled: allowed?.value.includes('readiness.read') ?? false,
  })
  if (error) return <Refused error={error} again={() => void refetch()} />
  if (!found || !held) return null
  const { displayName, id: policy } = held.passwordResetPolicy
  return (
    <div className="asked" role="status">
      <p>
        {t('admin.policies.whose.holds', { person: found.displayName ?? '' })}{' '}
        <Link to="/password-reset/policies/$policy/$tab" params={{ policy, tab: 'who' }}>
          {displayName}
        </Link>
        {held.isAdministrator && <> {t('admin.policies.whose.administrator')}</>}
      </p>
      {ready && <Standing accountEnabled={found.accountEnabled ?? true} readiness={ready} />}
    </div>
  )
}
