import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { AddDomain } from '../../parts/AddDomain.tsx'
import { domains } from '../../parts/domainQueries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { DomainCard } from './DomainCard.tsx'

/** The names that the company has proven to be its own. */
export function DomainsPage() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(domains)
  const { data: allowed } = useQuery(allowedActions)
  const [isAdding, setAdding] = useState(false)
  const mayWrite = allowed?.byRole.includes('domains.write') ?? false
  const initial = data?.find(({ isInitial }) => isInitial)?.id ?? ''
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.domains.title')}</h1>
          <p>{t('admin.domains.lead')}</p>
          {allowed && !mayWrite && <p>{t('admin.domains.whoWrites')}</p>}
        </div>
        {mayWrite && (
          <Button {...opens} appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('admin.domains.add.open')}
          </Button>
        )}
      </div>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />)}
      <div className="cards">
        {data?.map(domain => (
          <DomainCard key={domain.id} domain={domain} initial={initial} mayWrite={mayWrite} />
        ))}
      </div>
      {isAdding && <AddDomain close={() => setAdding(false)} />}
    </div>
  )
}
