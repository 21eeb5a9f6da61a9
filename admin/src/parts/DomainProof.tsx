import { Button, Spinner } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { i18n, t } from '../words.ts'
import { CopyText } from './CopyText.tsx'
import { proofOf } from './domainQueries.ts'
import { Loading } from './Loading.tsx'
import { Refused } from './Refused.tsx'

/** The record to copy, and what a look into the DNS finds now. */
export function DomainProof({ id }: { id: string }) {
  const queries = useQueryClient()
  const { data: record, error } = useQuery(proofOf(id))
  const check = useMutation({
    mutationFn: () => api.POST('/domains/{id}/verify', { params: { path: { id } } }),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['domains'] }),
        // A proven domain is a step of a new company.
        queries.invalidateQueries({ queryKey: ['started'] }),
      ]),
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
