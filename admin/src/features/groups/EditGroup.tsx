import { Checkbox, Field, Input, Textarea } from '@fluentui/react-components'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { type Read, useEdit } from '../../parts/useEdit.ts'
import { t } from '../../words.ts'
import { type Group, group as readGroup } from './queries.ts'

interface Values {
  displayName: string
  description: string
}

const readOf = (group: Group | undefined): Read<Values> => ({
  values: { displayName: group?.displayName ?? '', description: group?.description ?? '' },
  etag: group?.['@odata.etag'],
})

const bodyOf = ({ displayName, description }: Partial<Values>) => ({
  ...(displayName !== undefined && { displayName: displayName.trim() }),
  ...(description !== undefined && { description: description.trim() || null }),
})

/** Makes a group, or changes the name and purpose of one. */
export function EditGroup({ group, close }: { group: Group | undefined; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const [isAssignableToRole, setAssignable] = useState(false)
  const edit = useEdit({
    name: `group ${group?.id}`,
    read: readOf(group),
    newest: async () => {
      const found = group && (await queries.fetchQuery({ ...readGroup(group.id), staleTime: 0 }))
      return found ? readOf(found) : null
    },
    save: async ({ values, changes, etag }) => {
      if (group) {
        if (Object.keys(changes).length > 0)
          await api.PATCH('/groups/{id}', {
            params: { path: { id: group.id } },
            body: bodyOf(changes),
            ...(etag && { headers: { 'if-match': etag } }),
          })
        return group.id
      }
      const body = { ...bodyOf(values), displayName: values.displayName.trim() }
      return (
        await dataOf(api.POST('/groups', { body: { ...body, ...(isAssignableToRole && { isAssignableToRole }) } }))
      ).id!
    },
    saved: async id => {
      close()
      await queries.invalidateQueries({ queryKey: ['groups'] })
      if (!group) await navigate({ to: '/groups/$group', params: { group: id }, search: true })
    },
  })
  const { displayName, description } = edit.values
  if (edit.conflict && group)
    return (
      <EditConflict
        conflict={edit.conflict}
        id={group.id}
        activity="group.changed"
        labelOf={name => t(name === 'displayName' ? 'admin.groups.fields.name' : 'admin.groups.fields.description')}
      />
    )
  return (
    <AskFirst
      title={group ? t('admin.groups.edit.title', { name: group.displayName }) : t('admin.groups.add.open')}
      verb={t(group ? 'admin.groups.edit.verb' : 'admin.groups.add.verb')}
      act={edit.save}
      isActing={edit.isSaving}
      error={edit.fields.size > 0 ? null : edit.error}
      close={close}
    >
      <Field label={t('admin.groups.fields.name')} required {...fieldError(edit.fields, 'displayName')}>
        <Input value={displayName} maxLength={256} onChange={(_, { value }) => edit.set('displayName', value)} />
      </Field>
      <Field label={t('admin.groups.fields.description')} {...fieldError(edit.fields, 'description')}>
        <Textarea value={description} maxLength={1024} onChange={(_, { value }) => edit.set('description', value)} />
      </Field>
      {!group && allowed?.value.includes('roleGroups.write') && (
        <Field hint={t('admin.groups.fields.rolesHint')}>
          <Checkbox
            label={t('admin.groups.fields.roles')}
            checked={isAssignableToRole}
            onChange={(_, { checked }) => setAssignable(checked === true)}
          />
        </Field>
      )}
    </AskFirst>
  )
}
