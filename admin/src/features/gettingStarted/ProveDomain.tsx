import { Button, Field, Input } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { pageOf } from '../../api/pages.ts'
import { CopyText } from '../../parts/CopyText.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'

interface Domain {
  id: string
  isVerified: boolean
}

/** Adds a domain, shows the record that proves it, and looks for that in the DNS. */
export function ProveDomain() {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const { data: all = [] } = useQuery({
    queryKey: ['domains', 'list'],
    queryFn: async () => (await dataOf(api.GET('/domains'))).value as Domain[],
  })
  const waiting = all.filter(({ isVerified }) => !isVerified)
  const add = useMutation({
    mutationFn: () => api.POST('/domains', { body: { id: name.trim() } }),
    onSuccess: async () => {
      setName('')
      await queries.invalidateQueries({ queryKey: ['domains'] })
    },
  })
  return (
    <>
      {waiting.map(({ id }) => (
        <Waiting key={id} id={id} />
      ))}
      <form
        className="ask"
        onSubmit={event => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <Field className="find" label={t('admin.started.domain.name')} hint={t('admin.started.domain.hint')}>
          <Input
            value={name}
            maxLength={253}
            autoCapitalize="none"
            spellCheck={false}
            onChange={(_, { value }) => setName(value)}
          />
        </Field>
        <Button type="submit" disabledFocusable={name.trim() === '' || add.isPending}>
          {t('admin.started.domain.add')}
        </Button>
      </form>
      {add.error && <Refused error={add.error} />}
    </>
  )
}

/** The record of a domain that is not proven yet. */
function Waiting({ id }: { id: string }) {
  const queries = useQueryClient()
  const { data: record, error } = useQuery({
    queryKey: ['domains', 'proof', id],
    queryFn: async () => {
      const asked = api.GET('/domains/{id}/verificationDnsRecords', { params: { path: { id } } })
      return (await pageOf<{ label: string; text: string }>(asked)).rows[0] ?? null
    },
  })
  const check = useMutation({
    mutationFn: () => api.POST('/domains/{id}/verify', { params: { path: { id } } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['domains'] })
      await queries.invalidateQueries({ queryKey: ['started'] })
    },
  })
  return (
    <section className="card asked" aria-label={id}>
      <h3>{id}</h3>
      {error && <Refused error={error} />}
      {record && (
        <>
          <p>{t('admin.started.domain.record', { domain: record.label })}</p>
          <CopyText text={record.text} />
        </>
      )}
      {check.error && <Refused error={check.error} />}
      <div className="acts">
        <Button disabledFocusable={check.isPending} onClick={() => check.mutate()}>
          {t('admin.started.domain.check')}
        </Button>
      </div>
    </section>
  )
}
