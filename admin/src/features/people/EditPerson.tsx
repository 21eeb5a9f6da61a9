import { Field, Input } from '@fluentui/react-components'
import { useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { person } from '../../parts/personQueries.ts'
import { type Read, useEdit } from '../../parts/useEdit.ts'
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
const names = Object.keys(FIELDS) as Name[]

const readOf = (user: User): Read<Record<Name, string>> => ({
  values: Object.fromEntries(names.map(name => [name, user[name] ?? ''])) as Record<Name, string>,
  etag: (user as { '@odata.etag'?: string })['@odata.etag'],
})

/** Edits a person's profile. Only what was changed is sent, and only where nobody else has changed the person since. */
export function EditPerson({ user, close }: { user: User; close: () => void }) {
  const queries = useQueryClient()
  const id = user.id!
  const edit = useEdit({
    name: `person ${id}`,
    read: readOf(user),
    newest: async () => {
      const found = await queries.fetchQuery({ ...person(id), staleTime: 0 })
      return found && readOf(found)
    },
    save: async ({ changes, etag }) => {
      const changed = Object.entries(changes)
      if (changed.length > 0)
        await api.PATCH('/users/{id}', {
          params: { path: { id } },
          body: Object.fromEntries(changed.map(([name, value]) => [name, value.trim() || null])),
          ...(etag && { headers: { 'if-match': etag } }),
        })
      return id
    },
    saved: async () => {
      await queries.invalidateQueries({ queryKey: ['people'] })
      close()
    },
  })
  if (edit.conflict)
    return (
      <EditConflict
        conflict={edit.conflict}
        id={id}
        activity="user.changed"
        labelOf={name => t(`admin.people.fields.${name}`)}
      />
    )
  return (
    <AskFirst
      title={t('admin.people.edit.title', { person: user.displayName ?? '' })}
      verb={t('admin.people.edit.verb')}
      act={edit.save}
      isActing={edit.isSaving}
      error={edit.fields.size > 0 ? null : edit.error}
      close={close}
    >
      {names.map(name => (
        <Field
          key={name}
          label={t(`admin.people.fields.${name}`)}
          required={name === 'displayName'}
          {...fieldError(edit.fields, name)}
        >
          <Input
            value={edit.values[name]}
            maxLength={FIELDS[name]}
            onChange={(_, { value }) => edit.set(name, value)}
          />
        </Field>
      ))}
    </AskFirst>
  )
}
