import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { organization } from '../../api/queries.ts'
import { DomainProof } from '../../parts/DomainProof.tsx'
import type { Domain } from '../../parts/domainQueries.ts'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { RemoveDomain } from './RemoveDomain.tsx'

interface Shown {
  domain: Domain
  /** The initial domain, which people move to when theirs goes. */
  initial: string
  mayWrite: boolean
}

/** One domain: how it stands, the record that proves it, and what one may do with it. */
export function DomainCard({ domain, initial, mayWrite }: Shown) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const { id, isDefault, isInitial, isVerified, state } = domain
  const [isRemoving, setRemoving] = useState(false)
  const isGoing = state !== null && state.status !== 'Failed'
  const primary = useMutation({
    mutationFn: () => api.PATCH('/domains/{id}', { params: { path: { id } }, body: { isDefault: true } }),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['domains'] }),
        queries.invalidateQueries({ queryKey: organization.queryKey }),
      ]),
  })
  return (
    <section className="card" aria-labelledby={`domain-${id}`}>
      <div className="head-small">
        <h2 id={`domain-${id}`}>{id}</h2>
        <div className="acts">
          {isDefault && <span className="tag">{t('admin.domains.primary')}</span>}
          {isInitial && <span className="tag">{t('admin.domains.initial')}</span>}
          <State domain={domain} />
        </div>
      </div>
      {primary.error && <Refused error={primary.error} />}
      {state && <p>{t(state.status === 'Failed' ? 'admin.domains.removalFailed' : 'admin.domains.removal')}</p>}
      {!isVerified && !isGoing && mayWrite && <DomainProof id={id} />}
      {mayWrite && !isGoing && (
        <div className="acts">
          {isVerified && !isDefault && (
            <Button disabledFocusable={primary.isPending} onClick={() => primary.mutate()}>
              {t('admin.domains.makePrimary')}
            </Button>
          )}
          {!isDefault && !isInitial && (
            <Button {...opens} onClick={() => setRemoving(true)}>
              {t('admin.domains.remove.open')}
            </Button>
          )}
        </div>
      )}
      {isRemoving && <RemoveDomain domain={domain} initial={initial} close={() => setRemoving(false)} />}
    </section>
  )
}

function State({ domain: { isVerified, state } }: { domain: Domain }) {
  if (state) return <span className="tag tag-medium">{t('admin.domains.states.removing')}</span>
  return isVerified ? (
    <span className="tag tag-good">{t('admin.domains.states.proven')}</span>
  ) : (
    <span className="tag tag-medium">{t('admin.domains.states.unproven')}</span>
  )
}
