import { Field, Input, Radio, RadioGroup, Textarea } from '@fluentui/react-components'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, dataOf } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { type Read, useEdit } from '../../parts/useEdit.ts'
import { t } from '../../words.ts'
import { type Application, type Platform, platformOf, platforms, application as readApplication } from './queries.ts'

interface Values {
  displayName: string
  platform: Platform
  /** One a line. */
  addresses: string
}

function readOf(application: Application | undefined): Read<Values> {
  const platform = application ? platformOf(application) : 'web'
  const addresses = application?.[platform].redirectUris.join('\n') ?? ''
  return {
    values: { displayName: application?.displayName ?? '', platform, addresses },
    etag: application?.['@odata.etag'],
  }
}

const bodyOf = ({ platform }: Values, { displayName, addresses }: Partial<Values>) => ({
  ...(displayName !== undefined && { displayName: displayName.trim() }),
  ...(addresses !== undefined && {
    [platform]: { redirectUris: [...new Set(addresses.split(/\s+/).filter(Boolean))] },
  }),
})

/** Registers an application, or changes its name and where sign-in leads back to. Its kind stays. */
export function EditApplication({ application, close }: { application: Application | undefined; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const edit = useEdit({
    name: `application ${application?.id}`,
    read: readOf(application),
    newest: async () => {
      const found = application && (await queries.fetchQuery({ ...readApplication(application.id), staleTime: 0 }))
      return found ? readOf(found) : null
    },
    save: async ({ values, changes, etag }) => {
      if (!application) {
        const body = { ...bodyOf(values, values), displayName: values.displayName.trim() }
        return (await dataOf(api.POST('/applications', { body }))).id as string
      }
      if (Object.keys(changes).length > 0)
        await api.PATCH('/applications/{id}', {
          params: { path: { id: application.id } },
          body: bodyOf(values, changes),
          ...(etag && { headers: { 'if-match': etag } }),
        })
      return application.id
    },
    saved: async id => {
      close()
      await queries.invalidateQueries({ queryKey: ['applications'] })
      if (!application) await navigate({ to: '/applications/$application', params: { application: id }, search: true })
    },
  })
  const { displayName, platform, addresses } = edit.values
  const { fields } = edit
  const ofAddresses = [...fields.keys()].find(name => name.startsWith(platform)) ?? ''
  const isTold = fields.has('displayName') || ofAddresses !== ''
  if (edit.conflict && application)
    return (
      <EditConflict
        conflict={edit.conflict}
        id={application.id}
        activity="application.changed"
        labelOf={name =>
          t(name === 'displayName' ? 'admin.applications.fields.name' : 'admin.applications.fields.addresses')
        }
      />
    )
  return (
    <AskFirst
      title={
        application
          ? t('admin.applications.edit.title', { name: application.displayName })
          : t('admin.applications.add.open')
      }
      verb={t(application ? 'admin.applications.edit.verb' : 'admin.applications.add.verb')}
      act={edit.save}
      isActing={edit.isSaving}
      error={isTold ? null : edit.error}
      close={close}
    >
      <Field label={t('admin.applications.fields.name')} required {...fieldError(fields, 'displayName')}>
        <Input value={displayName} maxLength={120} onChange={(_, { value }) => edit.set('displayName', value)} />
      </Field>
      {!application && (
        <Field label={t('admin.applications.fields.platform')}>
          <RadioGroup value={platform} onChange={(_, { value }) => edit.set('platform', value as Platform)}>
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
          onChange={(_, { value }) => edit.set('addresses', value)}
        />
      </Field>
    </AskFirst>
  )
}
