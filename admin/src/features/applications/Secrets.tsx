import { Button, Field, Input, Select, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular, DismissRegular } from '@fluentui/react-icons'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { lastDay, moment, t } from '../../words.ts'
import type { Application, Secret } from './queries.ts'

/** The secrets of an application: their first letters and their end. A new one is in use before the old one goes. */
export function Secrets({ found, mayWrite }: { found: Application; mayWrite: boolean }) {
  const opens = useRestoreFocusTarget()
  const [isAdding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<Secret>()
  return (
    <section>
      <div className="head-small">
        <h3>{t('admin.applications.secrets.title')}</h3>
        {mayWrite && (
          <Button {...opens} size="small" icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('admin.applications.secrets.add')}
          </Button>
        )}
      </div>
      {found.passwordCredentials.length === 0 && <p className="calm">{t('admin.applications.secrets.none')}</p>}
      <ul className="rows objects">
        {found.passwordCredentials.map(secret => (
          <li key={secret.keyId}>
            <span className="two-lines">
              <b>{secret.displayName ?? t('admin.applications.secrets.unnamed')}</b>
              <small>
                {t('admin.applications.secrets.begins', { hint: secret.hint, when: lastDay(secret.endDateTime) })}
              </small>
              <small>
                {secret.lastUsedDateTime
                  ? t('admin.applications.secrets.used', { when: moment(secret.lastUsedDateTime) })
                  : t('admin.applications.secrets.unused')}
              </small>
            </span>
            {mayWrite && (
              <Button
                {...opens}
                appearance="subtle"
                size="small"
                icon={<DismissRegular />}
                aria-label={t('admin.applications.secrets.remove', { hint: secret.hint })}
                onClick={() => setLeaving(secret)}
              />
            )}
          </li>
        ))}
      </ul>
      {isAdding && <AddSecret id={found.id} close={() => setAdding(false)} />}
      {leaving && <RemoveSecret id={found.id} secret={leaving} close={() => setLeaving(undefined)} />}
    </section>
  )
}

const DAYS = ['90', '180', '365', '730'] as const

function AddSecret({ id, close }: { id: string; close: () => void }) {
  const queries = useQueryClient()
  const [displayName, setDisplayName] = useState('')
  const [days, setDays] = useState<string>('180')
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () => {
      const endDateTime = new Date(Date.now() + Number(days) * 86_400_000).toISOString()
      const body = { passwordCredential: { displayName: displayName.trim() || null, endDateTime } }
      const { data } = await api.POST('/applications/{id}/addPassword', { params: { path: { id } }, body })
      return (data as unknown as { secretText: string }).secretText
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['applications'] }),
  })
  return (
    <AskFirst
      title={t('admin.applications.secrets.addTitle')}
      verb={data ? undefined : t('admin.applications.secrets.add')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {data ? (
        <SecretOnce secret={data}>{t('admin.applications.secrets.then')}</SecretOnce>
      ) : (
        <>
          <Field label={t('admin.applications.secrets.name')} hint={t('admin.applications.secrets.nameHint')}>
            <Input value={displayName} maxLength={256} onChange={(_, { value }) => setDisplayName(value)} />
          </Field>
          <Field label={t('admin.applications.secrets.lasts')}>
            <Select value={days} onChange={(_, { value }) => setDays(value)}>
              {DAYS.map(one => (
                <option key={one} value={one}>
                  {t('admin.applications.secrets.days', { count: Number(one) })}
                </option>
              ))}
            </Select>
          </Field>
        </>
      )}
    </AskFirst>
  )
}

function RemoveSecret({ id, secret, close }: { id: string; secret: Secret; close: () => void }) {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/applications/{id}/removePassword', { params: { path: { id } }, body: { keyId: secret.keyId } }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['applications'] })
    },
  })
  return (
    <AskFirst
      title={t('admin.applications.secrets.remove', { hint: secret.hint })}
      verb={t('admin.objects.removeVerb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.applications.secrets.removes')}</p>
    </AskFirst>
  )
}
