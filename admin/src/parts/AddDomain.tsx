import { Field, Input } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import { t } from '../words.ts'
import { AskFirst } from './AskFirst.tsx'
import { fieldError } from './fieldError.ts'

/** Adds a domain, which is then to be proven. */
export function AddDomain({ close }: { close: () => void }) {
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
