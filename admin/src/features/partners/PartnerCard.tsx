import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { useRoleNames } from '../../parts/useRoleNames.ts'
import { exactly, list, moment, t } from '../../words.ts'
import { Delegation } from './Delegation.tsx'
import type { Partner, Relationship } from './queries.ts'
import { RelationshipRow } from './RelationshipRow.tsx'
import { useDecided } from './useDecided.ts'

/** A firm that serves the company: by what, until when, and who of it may act here now. */
export function PartnerCard({ partner, mayDecide }: { partner: Partner; mayDecide: boolean }) {
  const opens = useRestoreFocusTarget()
  const [isEnding, setEnding] = useState(false)
  const { id, displayName, partnerId, domains, types, relationships, dap } = partner
  const stands = types.length > 0 || dap !== null
  return (
    <section className="card" aria-labelledby={`partner-${id}`}>
      <div className="head-small">
        <h3 id={`partner-${id}`}>{displayName}</h3>
        <span>
          {types.map(type => (
            <span key={type} className="tag">
              {t(`admin.partners.types.${type as 'gdap'}`)}
            </span>
          ))}
        </span>
      </div>
      <dl className="facts">
        {partnerId && (
          <div>
            <dt>{t('admin.partners.facts.partnerId')}</dt>
            <dd>{partnerId}</dd>
          </div>
        )}
        <div>
          <dt>{t('admin.partners.facts.domains')}</dt>
          <dd>{list(domains)}</dd>
        </div>
      </dl>
      {(relationships.length > 0 || dap) && (
        <ul className="rows steps">
          {dap && <Delegation partner={partner} dap={dap} mayDecide={mayDecide} />}
          {relationships.map(one => (
            <RelationshipRow key={one.id} relationship={one as Relationship} mayDecide={mayDecide} />
          ))}
        </ul>
      )}
      <People partner={partner} />
      {mayDecide && stands && (
        <div className="acts">
          <Button {...opens} onClick={() => setEnding(true)}>
            {t('admin.partners.endAll.open')}
          </Button>
        </div>
      )}
      {isEnding && <EndAll partner={partner} close={() => setEnding(false)} />}
    </section>
  )
}

/** Who may act here now, with what, and when they did last. */
function People({ partner: { id, people } }: { partner: Partner }) {
  const nameRoles = useRoleNames()
  if (people.length === 0) return <p className="calm">{t('admin.partners.people.none')}</p>
  return (
    <div>
      <h4 id={`people-${id}`}>{t('admin.partners.people.title', { count: people.length })}</h4>
      <ul className="rows" aria-labelledby={`people-${id}`}>
        {people.map(({ userPrincipalName, displayName, roles, lastUsedDateTime }) => (
          <li key={userPrincipalName}>
            <div className="grows">
              <b>{displayName}</b>
              <p>
                <bdi>{userPrincipalName}</bdi> · {nameRoles(roles)}
              </p>
            </div>
            <span {...(lastUsedDateTime && { title: exactly(lastUsedDateTime) })}>
              {lastUsedDateTime
                ? t('admin.partners.people.last', { when: moment(lastUsedDateTime) })
                : t('admin.partners.people.never')}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function EndAll({ partner: { id, displayName }, close }: { partner: Partner; close: () => void }) {
  const decided = useDecided(close)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/tenantRelationships/partners/{partnerTenantId}/end', { params: { path: { partnerTenantId: id } } }),
    onSuccess: decided,
  })
  return (
    <AskFirst
      title={t('admin.partners.endAll.title', { partner: displayName })}
      verb={t('admin.partners.endAll.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.partners.endAll.detail')}</p>
    </AskFirst>
  )
}
