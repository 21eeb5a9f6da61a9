import { Button, Checkbox, Field, Radio, RadioGroup, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { SecretOnce } from '../../parts/SecretOnce.tsx'
import { exactly, t } from '../../words.ts'
import { CustomersHead } from './CustomersHead.tsx'
import { EndDialog } from './EndDialog.tsx'
import { type Invitation, invitations, partnerships } from './queries.ts'

const kinds = ['reseller', 'partnership', 'both'] as const
type Kind = (typeof kinds)[number]

/** Whom the firm has invited to buy from it or to be its reseller, and the partnerships that came of it. */
export function InvitationsPage() {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(invitations)
  const { data: allowed } = useQuery(allowedActions)
  const [isInviting, setInviting] = useState(false)
  const may = new Set(allowed?.value)
  const mayInvite = may.has('partner.invite')
  return (
    <div className="page">
      <CustomersHead page="invitations">
        {mayInvite && (
          <Button {...opens} appearance="primary" icon={<AddRegular />} onClick={() => setInviting(true)}>
            {t('admin.customers.invitations.open')}
          </Button>
        )}
      </CustomersHead>
      <div className="stack">
        <section aria-labelledby="invitations">
          <h2 id="invitations">{t('admin.customers.invitations.list')}</h2>
          {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />)}
          {data?.length === 0 && <p className="calm">{t('admin.customers.invitations.none')}</p>}
          <ul className="rows">
            {data?.map(one => (
              <Row key={one.id} invitation={one} mayInvite={mayInvite} />
            ))}
          </ul>
        </section>
        <Partnerships mayEnd={may.has('partner.partnerships.write')} />
      </div>
      {isInviting && <Invite mayInvitePartner={may.has('partner.invitePartner')} close={() => setInviting(false)} />}
    </div>
  )
}

function Row({ invitation, mayInvite }: { invitation: Invitation; mayInvite: boolean }) {
  const queries = useQueryClient()
  const { id, kind, dap, status, createdDateTime, expirationDateTime } = invitation
  const isOpen = status === 'open'
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.DELETE('/partner/invitations/{id}', { params: { path: { id } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['customers', 'invitations'] }),
  })
  const what = t(`admin.customers.invitations.kinds.${kind}`)
  return (
    <li>
      <span className={isOpen ? 'tag tag-medium' : status === 'accepted' ? 'tag tag-good' : 'tag'}>
        {t(`admin.customers.invitations.statuses.${status}`)}
      </span>
      <div className="grows">
        <b>{dap ? t('admin.customers.invitations.withDap', { kind: what }) : what}</b>
        <p>
          {isOpen
            ? t('admin.customers.invitations.until', { when: exactly(expirationDateTime) })
            : t('admin.customers.invitations.made', { when: exactly(createdDateTime) })}
        </p>
        {error && <Refused error={error} />}
      </div>
      {isOpen && mayInvite && (
        <Button
          size="small"
          disabledFocusable={isPending}
          aria-label={t('admin.customers.invitations.revokeOf', { when: exactly(createdDateTime) })}
          onClick={() => mutate()}
        >
          {t('admin.customers.invitations.revoke')}
        </Button>
      )}
    </li>
  )
}

function Invite({ mayInvitePartner, close }: { mayInvitePartner: boolean; close: () => void }) {
  const queries = useQueryClient()
  const [kind, setKind] = useState<Kind>('reseller')
  const [dap, setDap] = useState(false)
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () =>
      (await dataOf(api.POST('/partner/invitations', { body: { kind, dap: kind !== 'partnership' && dap } }))).url ??
      '',
    onSuccess: () => queries.invalidateQueries({ queryKey: ['customers', 'invitations'] }),
  })
  return (
    <AskFirst
      title={t('admin.customers.invitations.open')}
      verb={data ? undefined : t('admin.customers.invitations.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      {data ? (
        <SecretOnce secret={data}>{t('admin.customers.invitations.then')}</SecretOnce>
      ) : (
        <>
          <Field label={t('admin.customers.invitations.what')}>
            <RadioGroup value={kind} onChange={(_, { value }) => setKind(value as Kind)}>
              {kinds
                .filter(one => one === 'reseller' || mayInvitePartner)
                .map(one => (
                  <Radio key={one} value={one} label={t(`admin.customers.invitations.kinds.${one}`)} />
                ))}
            </RadioGroup>
          </Field>
          {kind !== 'partnership' && (
            <Checkbox
              label={t('admin.customers.invitations.dap')}
              checked={dap}
              onChange={(_, { checked }) => setDap(checked === true)}
            />
          )}
          <p>{t('admin.customers.invitations.detail')}</p>
        </>
      )}
    </AskFirst>
  )
}

function Partnerships({ mayEnd }: { mayEnd: boolean }) {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(partnerships)
  const [leaving, setLeaving] = useState<{ id: string; displayName: string }>()
  return (
    <section aria-labelledby="partnerships">
      <h2 id="partnerships">{t('admin.customers.partnerships.list')}</h2>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={2} />)}
      {data?.length === 0 && <p className="calm">{t('admin.customers.partnerships.none')}</p>}
      <ul className="rows">
        {data?.map(one => (
          <li key={one.id}>
            <span className="tag">{t(`admin.customers.partnerships.${one.role}`)}</span>
            <div className="grows">
              <b>{one.displayName}</b>
              <p>
                {one.domain} · {t('admin.customers.partnerships.since', { when: exactly(one.sinceDateTime) })}
              </p>
            </div>
            {mayEnd && (
              <Button
                {...opens}
                size="small"
                aria-label={t('admin.customers.partnerships.endOf', { firm: one.displayName })}
                onClick={() => setLeaving(one)}
              >
                {t('admin.customers.partnerships.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {leaving && (
        <EndDialog
          title={t('admin.customers.partnerships.endOf', { firm: leaving.displayName })}
          verb={t('admin.customers.partnerships.end')}
          detail={t('admin.customers.partnerships.endDetail')}
          end={() => api.DELETE('/partner/partnerships/{id}', { params: { path: { id: leaving.id } } })}
          close={() => setLeaving(undefined)}
        />
      )}
    </section>
  )
}
