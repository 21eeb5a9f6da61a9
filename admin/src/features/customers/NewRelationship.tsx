import { Field, Input, Select, Switch } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { daysWithin } from '../../parts/durations.ts'
import { fieldError } from '../../parts/fieldError.ts'
import { RoleChoice } from '../../parts/RoleChoice.tsx'
import { GLOBAL_ADMINISTRATOR } from '../../parts/roleIds.ts'
import { roles } from '../../parts/roleQueries.ts'
import { t } from '../../words.ts'

interface Asked {
  /** Undefined: whoever approves it is the customer. */
  customer: { id: string; displayName: string } | undefined
  close: () => void
}

/** Prepares what the firm asks a customer for. Nobody sees it before it is locked. */
export function NewRelationship({ customer, close }: Asked) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const { data: every = [] } = useQuery(roles)
  const [name, setName] = useState('')
  const [days, setDays] = useState(180)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [isExtended, setExtended] = useState(false)
  const mayExtend = !chosen.has(GLOBAL_ADMINISTRATOR)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const made = await dataOf(
        api.POST('/tenantRelationships/delegatedAdminRelationships', {
          body: {
            displayName: name.trim(),
            duration: `P${days}D`,
            accessDetails: { unifiedRoles: [...chosen].map(roleDefinitionId => ({ roleDefinitionId })) },
            autoExtendDuration: mayExtend && isExtended ? 'P180D' : 'PT0S',
            ...(customer && { customer: { tenantId: customer.id, displayName: customer.displayName } }),
          },
        }),
      )
      return String(made.id)
    },
    onSuccess: async id => {
      close()
      await navigate({ to: '/customers/relationships/$relationship', params: { relationship: id } })
      await queries.invalidateQueries({ queryKey: ['customers'] })
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={
        customer ? t('admin.customers.ask.titleOf', { customer: customer.displayName }) : t('admin.customers.ask.title')
      }
      verb={t('admin.customers.ask.verb')}
      act={() => chosen.size > 0 && mutate()}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <p>{t(`admin.customers.ask.${customer ? 'detail' : 'detailOfNobody'}`)}</p>
      <Field label={t('admin.customers.ask.name')} required {...fieldError(fields, 'displayName')}>
        <Input value={name} maxLength={50} autoComplete="off" onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label={t('admin.customers.ask.duration')} {...fieldError(fields, 'duration')}>
        <Select value={String(days)} onChange={(_, { value }) => setDays(Number(value))}>
          {daysWithin('P730D').map(one => (
            <option key={one} value={one}>
              {t('admin.customers.days', { count: one })}
            </option>
          ))}
        </Select>
      </Field>
      <RoleChoice
        label={t('admin.customers.ask.roles')}
        roles={every}
        chosen={chosen}
        choose={setChosen}
        none={t('admin.customers.ask.noRole')}
      />
      {chosen.size > 0 && fields.has('unifiedRoles') && (
        <p className="danger" role="status">
          {t('admin.customers.ask.noRole')}
        </p>
      )}
      {mayExtend && (
        <Field hint={t('admin.customers.extend.hint')}>
          <Switch
            label={t('admin.customers.extend.label')}
            checked={isExtended}
            onChange={(_, { checked }) => setExtended(checked)}
          />
        </Field>
      )}
    </AskFirst>
  )
}
