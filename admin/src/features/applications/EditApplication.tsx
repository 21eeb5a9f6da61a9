import { Field, Input, Radio, RadioGroup, Textarea } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { t } from '../../words.ts'
import { type Application, type Platform, platformOf, platforms } from './queries.ts'

/** Registers an application, or changes its name and where sign-in leads back to. Its kind stays. */
export function EditApplication({ application, close }: { application: Application | undefined; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [displayName, setDisplayName] = useState(application?.displayName ?? '')
  const [platform, setPlatform] = useState<Platform>(application ? platformOf(application) : 'web')
  const [addresses, setAddresses] = useState(application?.[platform].redirectUris.join('\n') ?? '')
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const redirectUris = [...new Set(addresses.split(/\s+/).filter(Boolean))]
      const body = { displayName: displayName.trim(), [platform]: { redirectUris } }
      if (!application) return (await dataOf(api.POST('/applications', { body }))).id as string
      const etag = application['@odata.etag']
      await api.PATCH('/applications/{id}', {
        params: { path: { id: application.id } },
        body,
        ...(etag && { headers: { 'if-match': etag } }),
      })
      return application.id
    },
    onSuccess: async id => {
      close()
      await queries.invalidateQueries({ queryKey: ['applications'] })
      if (!application) await navigate({ to: '/applications/$application', params: { application: id }, search: true })
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  const ofAddresses = [...fields.keys()].find(name => name.startsWith(platform)) ?? ''
  const isTold = fields.has('displayName') || ofAddresses !== ''
  return (
    <AskFirst
      title={
        application
          ? t('admin.applications.edit.title', { name: application.displayName })
          : t('admin.applications.add.open')
      }
      verb={t(application ? 'admin.applications.edit.verb' : 'admin.applications.add.verb')}
      act={mutate}
      isActing={isPending}
      error={isTold ? null : error}
      close={close}
    >
      <Field label={t('admin.applications.fields.name')} required {...fieldError(fields, 'displayName')}>
        <Input value={displayName} maxLength={120} onChange={(_, { value }) => setDisplayName(value)} />
      </Field>
      {!application && (
        <Field label={t('admin.applications.fields.platform')}>
          <RadioGroup value={platform} onChange={(_, { value }) => setPlatform(value as Platform)}>
            {platforms.map(one => (
              <Radio
                key={one}
                value={one}
                label={
                  <span className="two-lines">
                    <b>{t(`admin.applications.platforms.${one}.name`)}</b>
                    <small>{t(`admin.applications.platforms.${one}.detail`)}</small>
                  </span>
                }
              />
            ))}
          </RadioGroup>
        </Field>
      )}
      <Field
        label={t('admin.applications.fields.addresses')}
        hint={t('admin.applications.fields.addressesHint')}
        {...fieldError(fields, ofAddresses)}
      >
        <Textarea
          value={addresses}
          spellCheck={false}
          placeholder="https://expenses.example/callback"
          onChange={(_, { value }) => setAddresses(value)}
        />
      </Field>
    </AskFirst>
  )
}
