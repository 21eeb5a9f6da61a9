import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { daysOf } from '../../parts/durations.ts'
import { Panel } from '../../parts/Panel.tsx'
import { endOf } from '../../parts/relationshipEnd.ts'
import { GLOBAL_ADMINISTRATOR } from '../../parts/roleIds.ts'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { SwitchAtOnce } from '../../parts/SwitchAtOnce.tsx'
import { useRoleNames } from '../../parts/useRoleNames.ts'
import { exactly, i18n, t } from '../../words.ts'
import { Assignments } from './Assignments.tsx'
import type { Status } from './address.ts'
import { type Relationship, relationship } from './queries.ts'

const PATH = '/tenantRelationships/delegatedAdminRelationships/{id}'

/** One relationship with a customer: what was asked, what was given, and which groups it reaches. */
export function RelationshipPanel() {
  const { relationship: id } = useParams({ from: '/customers/relationships/$relationship' })
  const search = useSearch({ from: '/customers/relationships' })
  const navigate = useNavigate()
  const { data: found, error, refetch } = useQuery(relationship(id))
  const { data: allowed } = useQuery(allowedActions)
  const nameRoles = useRoleNames()
  const may = new Set(allowed?.value)
  const close = async () => {
    await navigate({ to: '/customers/relationships', search })
    document.getElementById(`relationship-${id}`)?.focus()
  }
  return (
    <Panel
      label={t('admin.customers.relationships.panel')}
      heading={found === null ? t('admin.customers.relationships.gone') : found?.displayName}
      error={error}
      again={() => void refetch()}
      close={() => void close()}
    >
      {found && (
        <>
          <section role="status" className={found.status === 'active' ? 'standing standing-good' : 'standing'}>
            <h3>{t(`admin.customers.statuses.${found.status as Status}`)}</h3>
            <p>{nextOf(found)}</p>
          </section>
          <dl className="facts">
            <div>
              <dt>{t('admin.customers.facts.customer')}</dt>
              <dd>{found.customer?.displayName ?? found.customer?.tenantId ?? t('admin.customers.nobodyYet')}</dd>
            </div>
            <div>
              <dt>{t('admin.customers.columns.roles')}</dt>
              <dd>{nameRoles(found.accessDetails.unifiedRoles)}</dd>
            </div>
            {found.accessDetails.unifiedRoles.length < found.requested.unifiedRoles.length && (
              <div>
                <dt>{t('admin.customers.facts.requested')}</dt>
                <dd>{nameRoles(found.requested.unifiedRoles)}</dd>
              </div>
            )}
            <div>
              <dt>{t('admin.customers.ask.duration')}</dt>
              <dd>{t('admin.customers.days', { count: daysOf(found.duration) })}</dd>
            </div>
            {endOf(found) && (
              <div>
                <dt>{t('admin.customers.columns.until')}</dt>
                <dd>{exactly(endOf(found)!)}</dd>
              </div>
            )}
          </dl>
          {may.has('partner.relationships.write') && <Acts found={found} />}
          {found.status === 'active' && <Assignments found={found} mayAssign={may.has('partner.assign')} />}
        </>
      )}
    </Panel>
  )
}

/** What comes next, or why nothing does any more. */
function nextOf({ status, endReason }: Relationship): string {
  const key = `admin.customers.reasons.${endReason}`
  if (endReason && i18n.exists(key)) return t(key as 'admin.customers.reasons.rejected')
  return t(`admin.customers.next.${status as Status}`)
}

function Acts({ found }: { found: Relationship }) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<'lock' | 'link' | 'remove' | 'end'>()
  const close = () => setAsked(undefined)
  const button = (name: NonNullable<typeof asked>) => (
    <Button {...opens} onClick={() => setAsked(name)} {...(name === 'lock' && { appearance: 'primary' })}>
      {t(`admin.customers.life.${name}.open`)}
    </Button>
  )
  const { status } = found
  return (
    <>
      <div className="acts">
        {status === 'created' && button('lock')}
        {status === 'created' && button('remove')}
        {status === 'approvalPending' && button('link')}
        {status === 'active' && button('end')}
      </div>
      {status === 'active' && <Extension key={found.autoExtendDuration} found={found} />}
      {(asked === 'lock' || asked === 'link') && <Address found={found} way={asked} close={close} />}
      {asked === 'remove' && <Remove found={found} close={close} />}
      {asked === 'end' && <End found={found} close={close} />}
    </>
  )
}

interface Asked {
  found: Relationship
  close: () => void
}

const useReread = () => {
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: ['customers'] })
}

/** Whether the firm wants an extension at the end. The customer has wanted it, or it is not offered. */
function Extension({ found }: { found: Relationship }) {
  const reread = useReread()
  const isExtended = found.autoExtendDuration === 'P180D'
  const extend = (isOn: boolean) =>
    api.PATCH(PATH, {
      params: { path: { id: found.id } },
      body: { autoExtendDuration: isOn ? 'P180D' : 'PT0S' },
      headers: { 'if-match': String(found['@odata.etag']) },
    })
  if (found.accessDetails.unifiedRoles.some(one => one.roleDefinitionId === GLOBAL_ADMINISTRATOR)) return null
  return <SwitchAtOnce label={t('admin.customers.extend.label')} isOn={isExtended} turn={extend} reread={reread} />
}

/** Locks a draft, or replaces the address of a locked one: each gives the address by which the customer decides, once. */
function Address({ found, way, close }: Asked & { way: 'lock' | 'link' }) {
  const reread = useReread()
  const params = { path: { id: found.id } }
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () =>
      (way === 'lock'
        ? await dataOf(api.POST(`${PATH}/requests`, { params, body: { action: 'lockForApproval' } }))
        : await dataOf(api.POST(`${PATH}/approvalLink`, { params }))
      ).approvalUrl ?? '',
    onSuccess: reread,
  })
  return (
    <AskFirst
      title={t(`admin.customers.life.${way}.title`, { name: found.displayName })}
      verb={data ? undefined : t(`admin.customers.life.${way}.verb`)}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {data ? (
        <SecretOnce secret={data}>{t('admin.customers.life.then')}</SecretOnce>
      ) : (
        <p>{t(`admin.customers.life.${way}.detail`)}</p>
      )}
    </AskFirst>
  )
}

function Remove({ found, close }: Asked) {
  const reread = useReread()
  const navigate = useNavigate()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.DELETE(PATH, {
        params: { path: { id: found.id } },
        headers: { 'if-match': String(found['@odata.etag']) },
      }),
    onSuccess: async () => {
      await navigate({ to: '/customers/relationships', search: true })
      await reread()
    },
  })
  return (
    <AskFirst
      title={t('admin.customers.life.remove.title', { name: found.displayName })}
      verb={t('admin.customers.life.remove.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.customers.life.remove.detail')}</p>
    </AskFirst>
  )
}

function End({ found, close }: Asked) {
  const reread = useReread()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST(`${PATH}/requests`, { params: { path: { id: found.id } }, body: { action: 'terminate' } }),
    onSuccess: async () => {
      close()
      await reread()
      document.querySelector<HTMLElement>('.panel h2')?.focus()
    },
  })
  return (
    <AskFirst
      title={t('admin.customers.life.end.title', { name: found.displayName })}
      verb={t('admin.customers.life.end.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.customers.life.end.detail')}</p>
    </AskFirst>
  )
}
