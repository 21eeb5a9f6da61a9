import { Button, Spinner, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { organization } from '../../api/queries.ts'
import { CopyText } from '../../parts/CopyText.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { i18n, t } from '../../words.ts'
import { type Domain, proofOf } from './queries.ts'
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
      {!isVerified && !isGoing && mayWrite && <Proof id={id} />}
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

/** The record to copy, and what a look into the DNS finds now. */
function Proof({ id }: { id: string }) {
  const queries = useQueryClient()
  const { data: record, error } = useQuery(proofOf(id))
  const check = useMutation({
    mutationFn: () => api.POST('/domains/{id}/verify', { params: { path: { id } } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['domains'] }),
  })
  if (record === undefined) return error ? <Refused error={error} /> : <Loading rows={3} />
  if (record === null) return null
  const findings = check.error instanceof Problem ? check.error.diagnosis : []
  return (
    <>
      <p>{t('admin.domains.proof.lead', { domain: id })}</p>
      <dl className="facts">
        <div>
          <dt>{t('admin.domains.proof.type')}</dt>
          <dd>TXT</dd>
        </div>
        <div>
          <dt>{t('admin.domains.proof.host')}</dt>
          <dd>
            <CopyText text={record.label} />
          </dd>
        </div>
        <div>
          <dt>{t('admin.domains.proof.value')}</dt>
          <dd>
            <CopyText text={record.text} />
          </dd>
        </div>
      </dl>
      <p className="calm">{t('admin.domains.proof.other', { host: `_latchkey.${id}` })}</p>
      <div role="status">
        {check.isPending && <Spinner size="tiny" label={t('admin.domains.proof.checking')} />}
        {findings.map(({ code, host = id, found = '' }) => (
          <p key={code + host + found}>{sentenceOfFinding(code, { host, found })}</p>
        ))}
      </div>
      {check.error && findings.length === 0 && <Refused error={check.error} />}
      <div className="acts">
        <Button appearance="primary" disabledFocusable={check.isPending} onClick={() => check.mutate()}>
          {t('admin.domains.proof.check')}
        </Button>
        <span className="calm">{t('admin.domains.proof.byItself')}</span>
      </div>
    </>
  )
}

/** What a look into the DNS found. A code that this version does not know is shown by its name. */
function sentenceOfFinding(code: string, words: { host: string; found: string }): string {
  const key = `admin.domains.diagnosis.${code}`
  return i18n.exists(key) ? t(key as 'admin.domains.diagnosis.wrong_value', words) : code
}
