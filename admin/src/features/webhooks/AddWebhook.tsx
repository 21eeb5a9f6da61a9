import { Checkbox, Field, Input, Select } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { t } from '../../words.ts'
import { nameOfChange, nameOfResource, type Resource, resources } from './names.ts'
import { inDays, LONGEST } from './queries.ts'

const DAYS = [1, 7, LONGEST]

/** Has a program told of changes. The secret that signs is shown once. */
export function AddWebhook({ close }: { close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [resource, setResource] = useState<Resource>('users')
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [address, setAddress] = useState('')
  const [lifecycle, setLifecycle] = useState('')
  const [state, setState] = useState('')
  const [days, setDays] = useState(LONGEST)
  const changes = resources[resource].filter(change => !left.has(change))
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () => {
      const { id, signingSecret } = await dataOf(
        api.POST('/subscriptions', {
          body: {
            resource,
            changeType: changes.join(','),
            notificationUrl: address.trim(),
            lifecycleNotificationUrl: lifecycle.trim() || null,
            clientState: state.trim() || null,
            expirationDateTime: inDays(days),
          },
        }),
      )
      return { id: String(id), secret: String(signingSecret) }
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  })
  // Its panel takes the focus, which belongs to the dialog as long as the secret stands there.
  const leave = () => {
    close()
    if (data) void navigate({ to: '/webhooks/$webhook', params: { webhook: data.id } })
  }
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.webhooks.add.open')}
      verb={data ? undefined : t('admin.webhooks.add.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={leave}
    >
      {data ? (
        <SecretOnce secret={data.secret}>{t('admin.webhooks.add.then')}</SecretOnce>
      ) : (
        <>
          <Field label={t('admin.webhooks.add.what')}>
            <Select value={resource} onChange={(_, { value }) => setResource(value as Resource)}>
              {Object.keys(resources).map(one => (
                <option key={one} value={one}>
                  {nameOfResource(one)}
                </option>
              ))}
            </Select>
          </Field>
          {resources[resource].length > 1 && (
            <fieldset className="group">
              <legend>{t('admin.webhooks.add.changes')}</legend>
              {resources[resource].map(change => (
                <Checkbox
                  key={change}
                  label={nameOfChange(change)}
                  checked={!left.has(change)}
                  onChange={(_, { checked }) =>
                    setLeft(
                      current => new Set([...current].filter(one => one !== change).concat(checked ? [] : [change])),
                    )
                  }
                />
              ))}
              {fields.has('changeType') && (
                <p className="danger" role="alert">
                  {t('admin.webhooks.add.noChange')}
                </p>
              )}
            </fieldset>
          )}
          <Field
            label={t('admin.webhooks.add.address')}
            hint={t('admin.webhooks.add.addressHint')}
            required
            {...fieldError(fields, 'notificationUrl')}
          >
            <Input type="url" value={address} maxLength={2_048} onChange={(_, { value }) => setAddress(value)} />
          </Field>
          <Field
            label={t('admin.webhooks.add.lifecycle')}
            hint={t('admin.webhooks.add.lifecycleHint')}
            {...fieldError(fields, 'lifecycleNotificationUrl')}
          >
            <Input type="url" value={lifecycle} maxLength={2_048} onChange={(_, { value }) => setLifecycle(value)} />
          </Field>
          <Field
            label={t('admin.webhooks.add.state')}
            hint={t('admin.webhooks.add.stateHint')}
            {...fieldError(fields, 'clientState')}
          >
            <Input value={state} maxLength={128} autoComplete="off" onChange={(_, { value }) => setState(value)} />
          </Field>
          <Field label={t('admin.webhooks.add.lasts')} {...fieldError(fields, 'expirationDateTime')}>
            <Select value={String(days)} onChange={(_, { value }) => setDays(Number(value))}>
              {DAYS.map(one => (
                <option key={one} value={one}>
                  {t('admin.webhooks.add.days', { count: one })}
                </option>
              ))}
            </Select>
          </Field>
          <p>{t('admin.webhooks.add.yours')}</p>
        </>
      )}
    </AskFirst>
  )
}
