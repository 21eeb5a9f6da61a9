import { Field, Input } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { t } from '../../words.ts'
import type { User } from './PersonActs.tsx'

/** What an administrator edits of a person, and how long it may be. */
const FIELDS = {
  displayName: 256,
  givenName: 64,
  surname: 64,
  jobTitle: 128,
  department: 64,
  officeLocation: 128,
  employeeId: 16,
} as const
type Name = keyof typeof FIELDS

/** Edits a person's profile. Only what was changed is sent, and only where nobody else has changed the person since. */
export function EditPerson({ user, close }: { user: User; close: () => void }) {
  const queries = useQueryClient()
  const [typed, setTyped] = useState<Partial<Record<Name, string>>>({})
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const changed = Object.entries(typed).filter(([name, value]) => value !== (user[name as Name] ?? ''))
      const body = Object.fromEntries(changed.map(([name, value]) => [name, value.trim() || null]))
      if (changed.length === 0) return
      const etag = (user as { '@odata.etag'?: string })['@odata.etag']
      await api.PATCH('/users/{id}', {
        params: { path: { id: user.id! } },
        body,
        ...(etag && { headers: { 'if-match': etag } }),
      })
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] })
      close()
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.people.edit.title', { person: user.displayName ?? '' })}
      verb={t('admin.people.edit.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      {(Object.keys(FIELDS) as Name[]).map(name => (
        <Field
          key={name}
          label={t(`admin.people.fields.${name}`)}
          required={name === 'displayName'}
          {...fieldError(fields, name)}
        >
          <Input
            value={typed[name] ?? user[name] ?? ''}
            maxLength={FIELDS[name]}
            onChange={(_, { value }) => setTyped(before => ({ ...before, [name]: value }))}
          />
        </Field>
      ))}
    </AskFirst>
  )
}
