import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { AddDomain } from '../../parts/AddDomain.tsx'
import { DomainProof } from '../../parts/DomainProof.tsx'
import { domains } from '../../parts/domainQueries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'

/** Adds a domain, shows the record that proves it, and looks for that in the DNS. */
export function ProveDomain() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(domains)
  const [isAdding, setAdding] = useState(false)
  const waiting = data?.filter(({ isVerified, state }) => !isVerified && !state)
  return (
    <>
      {!waiting && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={3} />)}
      {waiting?.map(({ id }) => (
        <section key={id} className="card asked" aria-label={id}>
          <h3>{id}</h3>
          <DomainProof id={id} />
        </section>
      ))}
      <div className="acts">
        <Button {...opens} onClick={() => setAdding(true)}>
          {t('admin.domains.add.open')}
        </Button>
      </div>
      {isAdding && <AddDomain close={() => setAdding(false)} />}
    </>
  )
}
