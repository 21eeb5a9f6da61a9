import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { CopyText } from '../../parts/CopyText.tsx'
import { Panel } from '../../parts/Panel.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { exactly, t } from '../../words.ts'
import { Deliveries } from './Deliveries.tsx'
import { nameOfChanges, nameOfResource } from './names.ts'
import { inDays, LONGEST, type Webhook, webhook } from './queries.ts'

/** One webhook: whom it tells of what, until when, and what became of it. */
export function WebhookPanel() {
  const { webhook: id } = useParams({ from: '/webhooks/$webhook' })
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(webhook(id))
  const close = async () => {
    await navigate({ to: '/webhooks' })
    document.getElementById(`webhook-${id}`)?.focus()
  }
  return (
    <Panel
      label={t('admin.webhooks.panel')}
      heading={found === null ? t('admin.webhooks.gone') : found && nameOfResource(found.resource)}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found && (
        <>
          <Acts found={found} />
          <dl className="facts">
            <div>
              <dt>{t('admin.webhooks.facts.address')}</dt>
              <dd>
                <CopyText text={found.notificationUrl} />
              </dd>
            </div>
            {found.lifecycleNotificationUrl && (
              <div>
                <dt>{t('admin.webhooks.facts.lifecycle')}</dt>
                <dd>
                  <CopyText text={found.lifecycleNotificationUrl} />
                </dd>
              </div>
            )}
            <div>
              <dt>{t('admin.webhooks.facts.changes')}</dt>
              <dd>{nameOfChanges(found.changeType)}</dd>
            </div>
            <div>
              <dt>{t('admin.webhooks.facts.ends')}</dt>
              <dd>{exactly(found.expirationDateTime)}</dd>
            </div>
          </dl>
          <Deliveries id={found.id} />
        </>
      )}
    </Panel>
  )
}

function Acts({ found }: { found: Webhook }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState<'roll' | 'remove'>()
  const path = { params: { path: { id: found.id } } }
  const prolong = useMutation({
    mutationFn: () => api.PATCH('/subscriptions/{id}', { ...path, body: { expirationDateTime: inDays(LONGEST) } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  })
  const again = useMutation({
    mutationFn: () => api.POST('/subscriptions/{id}/reauthorize', path),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  })
  const remove = useMutation({
    mutationFn: () => api.DELETE('/subscriptions/{id}', path),
    onSuccess: async () => {
      await navigate({ to: '/webhooks' })
      await queries.invalidateQueries({ queryKey: ['webhooks'] })
    },
  })
  const error = prolong.error ?? again.error
  return (
    <>
      {error && <Refused error={error} />}
      <div className="acts">
        <Button disabledFocusable={prolong.isPending} onClick={() => prolong.mutate()}>
          {t('admin.webhooks.prolong.open')}
        </Button>
        <Button disabledFocusable={again.isPending} onClick={() => again.mutate()}>
          {t('admin.webhooks.again.open')}
        </Button>
        <Button {...opens} onClick={() => setAsked('roll')}>
          {t('admin.webhooks.roll.open')}
        </Button>
        <Button {...opens} onClick={() => setAsked('remove')}>
          {t('admin.webhooks.remove.open')}
        </Button>
      </div>
      <p role="status" className="good">
        {again.isSuccess && t('admin.webhooks.again.done')}
      </p>
      {asked === 'roll' && <Roll id={found.id} close={() => setAsked(undefined)} />}
      {asked === 'remove' && (
        <AskFirst
          title={t('admin.webhooks.remove.title')}
          verb={t('admin.webhooks.remove.open')}
          act={remove.mutate}
          isActing={remove.isPending}
          error={remove.error}
          close={() => setAsked(undefined)}
        >
          <p>{t('admin.webhooks.remove.detail')}</p>
        </AskFirst>
      )}
    </>
  )
}

function Roll({ id, close }: { id: string; close: () => void }) {
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () =>
      (await dataOf(api.POST('/subscriptions/{id}/rollSecret', { params: { path: { id } } }))).signingSecret,
  })
  return (
    <AskFirst
      title={t('admin.webhooks.roll.title')}
      verb={data ? undefined : t('admin.webhooks.roll.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {data ? (
        <SecretOnce secret={data}>{t('admin.webhooks.roll.then')}</SecretOnce>
      ) : (
        <p>{t('admin.webhooks.roll.detail')}</p>
      )}
    </AskFirst>
  )
}
