import { Checkbox, Field, Input, Textarea } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { t } from '../../words.ts'
import type { Group } from './queries.ts'

/** Makes a group, or changes the name and purpose of one. */
export function EditGroup({ group, close }: { group: Group | undefined; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const [displayName, setDisplayName] = useState(group?.displayName ?? '')
  const [description, setDescription] = useState(group?.description ?? '')
  const [isAssignableToRole, setAssignable] = useState(false)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const body = { displayName: displayName.trim(), description: description.trim() || null }
      if (group) {
        const etag = group['@odata.etag']
        await api.PATCH('/groups/{id}', {
          params: { path: { id: group.id } },
          body,
          ...(etag && { headers: { 'if-match': etag } }),
        })
        return group.id
      }
      return (
        await dataOf(api.POST('/groups', { body: { ...body, ...(isAssignableToRole && { isAssignableToRole }) } }))
      ).id!
    },
    onSuccess: async id => {
      close()
      await queries.invalidateQueries({ queryKey: ['groups'] })
      if (!group) await navigate({ to: '/groups/$group', params: { group: id }, search: true })
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={group ? t('admin.groups.edit.title', { name: group.displayName }) : t('admin.groups.add.open')}
      verb={t(group ? 'admin.groups.edit.verb' : 'admin.groups.add.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <Field label={t('admin.groups.fields.name')} required {...fieldError(fields, 'displayName')}>
        <Input value={displayName} maxLength={256} onChange={(_, { value }) => setDisplayName(value)} />
      </Field>
      <Field label={t('admin.groups.fields.description')} {...fieldError(fields, 'description')}>
        <Textarea value={description} maxLength={1024} onChange={(_, { value }) => setDescription(value)} />
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
