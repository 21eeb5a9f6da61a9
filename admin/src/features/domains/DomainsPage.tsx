import { Button, Field, Input, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'
import { DomainCard } from './DomainCard.tsx'
import { domains } from './queries.ts'

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

function AddDomain({ close }: { close: () => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.POST('/domains', { body: { id: name.trim().toLowerCase() } }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['domains'] })
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.domains.add.open')}
      verb={t('admin.domains.add.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <p>{t('admin.domains.add.detail')}</p>
      <Field
        label={t('admin.domains.add.name')}
        hint={t('admin.domains.add.hint')}
        required
        {...fieldError(fields, 'id')}
      >
        <Input
          value={name}
          maxLength={253}
          autoCapitalize="none"
          spellCheck={false}
          onChange={(_, { value }) => setName(value)}
        />
      </Field>
    </AskFirst>
  )
}
