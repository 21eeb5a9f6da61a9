import { Checkbox, Field, Input, Switch, Textarea } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { t } from '../../words.ts'
import { partners, type Terms } from './queries.ts'
import { useDecided } from './useDecided.ts'

const acts = ['newPassword', 'newAdministrator'] as const

/** Agrees on other terms, which count after the longer of the two cooling-offs. */
export function ChangeAgreement({ terms, close }: { terms: Terms; close: () => void }) {
  const { data: firms = [] } = useQuery(partners)
  const [typed, setTyped] = useState({
    ...terms,
    coolingOffHours: String(terms.coolingOffHours),
    tell: terms.tell.join('\n'),
    phrase: '',
    withoutPhrase: false,
  })
  const change = (changes: Partial<typeof typed>) => setTyped(before => ({ ...before, ...changes }))
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => {
      const phrase = typed.phrase.trim()
      return api.PUT('/tenantRelationships/rescueAgreement', {
        body: {
          ...{ providers: typed.providers, acts: typed.acts, dns: typed.dns, refused: typed.refused },
          coolingOffHours: Number(typed.coolingOffHours) || 0,
          tell: typed.tell.split(/[\n,;]/).flatMap(line => line.trim() || []),
          ...(typed.withoutPhrase ? { phrase: null } : phrase !== '' && { phrase }),
        },
      })
    },
    onSuccess: useDecided(close),
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  // A firm that serves the company no more stays until somebody takes it out.
  const former = terms.providers.filter(id => !firms.some(firm => firm.id === id))
  const choices = [
    ...firms.filter(({ types, dap }) => types.length > 0 || dap).map(({ id, displayName }) => ({ id, displayName })),
    ...former.map(id => ({ id, displayName: id })),
  ]
  return (
    <AskFirst
      title={t('admin.partners.agreement.change')}
      verb={t('admin.partners.agreement.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <p>{t('admin.partners.agreement.detail')}</p>
      <Switch
        label={t('admin.partners.agreement.refuse')}
        checked={typed.refused}
        onChange={(_, { checked }) => change({ refused: checked })}
      />
      {!typed.refused && (
        <>
          {choices.length > 0 && (
            <Boxes
              label={t('admin.partners.agreement.facts.providers')}
              hint={t('admin.partners.agreement.providersHint')}
              options={choices.map(({ id, displayName }) => [id, displayName])}
              chosen={typed.providers}
              choose={providers => change({ providers })}
              error={fieldError(fields, 'providers').validationMessage}
            />
          )}
          <Field
            label={t('admin.partners.agreement.coolingOff')}
            hint={t('admin.partners.agreement.coolingOffHint')}
            {...fieldError(fields, 'coolingOffHours')}
          >
            <Input
              type="number"
              value={typed.coolingOffHours}
              onChange={(_, { value }) => change({ coolingOffHours: value })}
            />
          </Field>
          <Boxes
            label={t('admin.partners.agreement.facts.acts')}
            options={acts.map(act => [act, t(`admin.rescues.acts.${act}`)])}
            chosen={typed.acts}
            choose={chosen => change({ acts: acts.filter(act => chosen.includes(act)) })}
            error={fieldError(fields, 'acts').validationMessage}
          />
          <Checkbox
            label={t('admin.partners.agreement.dns')}
            checked={typed.dns}
            onChange={(_, { checked }) => change({ dns: checked === true })}
          />
          <Field
            label={t('admin.partners.agreement.phrase')}
            hint={t(`admin.partners.agreement.${terms.hasPhrase ? 'phraseStays' : 'phraseHint'}`)}
            {...fieldError(fields, 'phrase')}
          >
            <Input
              value={typed.phrase}
              maxLength={200}
              autoComplete="off"
              disabled={typed.withoutPhrase}
              onChange={(_, { value }) => change({ phrase: value })}
            />
          </Field>
          {terms.hasPhrase && (
            <Checkbox
              label={t('admin.partners.agreement.withoutPhrase')}
              checked={typed.withoutPhrase}
              onChange={(_, { checked }) => change({ withoutPhrase: checked === true })}
            />
          )}
          <Field
            label={t('admin.partners.agreement.tell')}
            hint={t('admin.partners.agreement.tellHint')}
            {...fieldError(fields, 'tell')}
          >
            <Textarea rows={3} value={typed.tell} onChange={(_, { value }) => change({ tell: value })} />
          </Field>
        </>
      )}
    </AskFirst>
  )
}

interface ShownBoxes {
  label: string
  hint?: string
  options: readonly (readonly [value: string, label: string])[]
  chosen: readonly string[]
  choose: (chosen: string[]) => void
  error: string | undefined
}

function Boxes({ label, hint, options, chosen, choose, error }: ShownBoxes) {
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      {hint && <p>{hint}</p>}
      {options.map(([value, name]) => (
        <div key={value}>
          <Checkbox
            label={name}
            checked={chosen.includes(value)}
            onChange={(_, { checked }) =>
              choose([...chosen.filter(one => one !== value), ...(checked === true ? [value] : [])])
            }
          />
        </div>
      ))}
      {error && (
        <p className="danger" role="status">
          {error}
        </p>
      )}
    </fieldset>
  )
}
