import { Field, Input, Select } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { CountryField } from '../../parts/CountryField.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { exactly, t } from '../../words.ts'
import { AdministratorFields, emptyAdministrator } from './AdministratorFields.tsx'
import { partnerships } from './queries.ts'

/** Makes a company. Its first administrator is invited by mail, and decides on what the firm asks for. */
export function NewCustomer({ close }: { close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data: known } = useQuery(partnerships)
  const resellers = known?.filter(({ role }) => role === 'reseller') ?? []
  const [form, setForm] = useState({ displayName: '', label: '', country: '', reseller: '' })
  const [administrator, setAdministrator] = useState(emptyAdministrator)
  const set = (name: keyof typeof form) => (value: string) => setForm(before => ({ ...before, [name]: value }))
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: () => {
      const { mail, ...names } = administrator
      const { reseller, displayName, label, country } = form
      return dataOf(
        api.POST('/partner/customers', {
          body: {
            ...{ displayName, label: label.trim(), country, mail: mail.trim(), administrator: names },
            ...(reseller && { resellerTenantId: reseller }),
          },
        }),
      )
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['customers'] }),
  })
  // Its panel takes the focus, which belongs to the dialog as long as the address stands there.
  const leave = () => {
    close()
    if (data) void navigate({ to: '/customers/$customer', params: { customer: data.id } })
  }
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.customers.add.open')}
      verb={data ? undefined : t('admin.customers.add.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={leave}
    >
      {data ? (
        <>
          <p>
            {t('admin.customers.add.made', {
              ...{ customer: data.displayName, domain: data.domain },
              when: exactly(data.invitationExpirationDateTime),
            })}
          </p>
          <SecretOnce secret={data.request.approvalUrl}>{t('admin.customers.add.then')}</SecretOnce>
        </>
      ) : (
        <>
          <p>{t('admin.customers.add.detail')}</p>
          <Field label={t('admin.customers.columns.name')} required {...fieldError(fields, 'displayName')}>
            <Input value={form.displayName} maxLength={256} onChange={(_, { value }) => set('displayName')(value)} />
          </Field>
          <Field
            label={t('admin.customers.add.label')}
            hint={t('admin.customers.add.labelHint')}
            required
            {...fieldError(fields, 'label')}
          >
            <Input
              value={form.label}
              maxLength={64}
              autoComplete="off"
              onChange={(_, { value }) => set('label')(value)}
            />
          </Field>
          <CountryField
            label={t('admin.customers.add.country')}
            value={form.country}
            choose={set('country')}
            problem={fieldError(fields, 'country')}
          />
          {resellers.length > 0 && (
            <Field label={t('admin.customers.add.reseller')} {...fieldError(fields, 'resellerTenantId')}>
              <Select value={form.reseller} onChange={(_, { value }) => set('reseller')(value)}>
                <option value="">{t('admin.customers.add.noReseller')}</option>
                {resellers.map(one => (
                  <option key={one.id} value={one.id}>
                    {one.displayName}
                  </option>
                ))}
              </Select>
            </Field>
          )}
          <AdministratorFields typed={administrator} change={setAdministrator} fields={fields} />
        </>
      )}
    </AskFirst>
  )
}
