import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, list, t } from '../../words.ts'
import { ChangeAgreement } from './ChangeAgreement.tsx'
import { PartnersHead } from './PartnersHead.tsx'
import { agreement, partners, type Terms } from './queries.ts'
import { RunningRescues } from './RunningRescues.tsx'

/** What the company agrees on beforehand, for the day on which nobody in it can sign in. */
export function AgreementPage() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(agreement)
  const { data: allowed } = useQuery(allowedActions)
  const [isChanging, setChanging] = useState(false)
  const mayDecide = allowed?.value.includes('partners.decide') ?? false
  return (
    <div className="page">
      <PartnersHead page="agreement" mayDecide={!allowed || mayDecide}>
        {data && mayDecide && (
          <Button {...opens} appearance="primary" data-key="edit" onClick={() => setChanging(true)}>
            {t(`admin.partners.agreement.${data.isAgreed || data.pending ? 'change' : 'first'}`)}
          </Button>
        )}
      </PartnersHead>
      <div className="stack">
        <RunningRescues />
        {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={6} />)}
        {data && (
          <section className="card" aria-labelledby="counts">
            <h2 id="counts">{t('admin.partners.agreement.now')}</h2>
            {!data.isAgreed && <p>{t(`admin.partners.agreement.${data.pending ? 'waits' : 'none'}`)}</p>}
            <TermsList terms={data} />
          </section>
        )}
        {data?.pending && (
          <section className="card" aria-labelledby="pending">
            <h2 id="pending">{t('admin.partners.agreement.from', { when: exactly(data.pending.countsDateTime) })}</h2>
            <TermsList terms={data.pending} />
          </section>
        )}
      </div>
      {data && isChanging && <ChangeAgreement terms={data.pending ?? data} close={() => setChanging(false)} />}
    </div>
  )
}

function TermsList({ terms }: { terms: Terms }) {
  const { data: firms = [] } = useQuery(partners)
  if (terms.refused) return <p>{t('admin.partners.agreement.nobody')}</p>
  const nameOf = (id: string) => firms.find(firm => firm.id === id)?.displayName ?? id
  const facts = {
    providers: terms.providers.length > 0 ? list(terms.providers.map(nameOf)) : t('admin.partners.agreement.byRoles'),
    coolingOff: t('admin.partners.agreement.hours', { count: terms.coolingOffHours }),
    acts: list(terms.acts.map(one => t(`admin.rescues.acts.${one}`))),
    proofs: list([
      t('admin.rescues.proofs.mailbox'),
      ...(terms.dns ? [t('admin.rescues.proofs.dns')] : []),
      ...(terms.hasPhrase ? [t('admin.partners.agreement.thePhrase')] : []),
    ]),
    tell: list([t('admin.partners.agreement.administrators'), ...terms.tell]),
  }
  return (
    <dl className="facts">
      {(['providers', 'coolingOff', 'acts', 'proofs', 'tell'] as const).map(name => (
        <div key={name}>
          <dt>{t(`admin.partners.agreement.facts.${name}`)}</dt>
          <dd>
            <bdi>{facts[name]}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  )
}
