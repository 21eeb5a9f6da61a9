import { Button, Field, Select, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { daysOf, daysWithin } from '../../parts/durations.ts'
import { Loading } from '../../parts/Loading.tsx'
import { opensAccounts, RoleChoice } from '../../parts/RoleChoice.tsx'
import { GLOBAL_ADMINISTRATOR } from '../../parts/roleIds.ts'
import { type Role, roles } from '../../parts/roleQueries.ts'
import { useRoleNames } from '../../parts/useRoleNames.ts'
import { exactly, moment, t } from '../../words.ts'
import { ExtensionSwitch } from './ExtensionSwitch.tsx'
import type { PartnerRequest } from './queries.ts'
import { useDecided } from './useDecided.ts'

/** What a firm asks for. It is approved in part or whole, or rejected. */
export function RequestCard({ request, mayDecide }: { request: PartnerRequest; mayDecide: boolean }) {
  const opens = useRestoreFocusTarget()
  const { data: every } = useQuery(roles)
  const nameRoles = useRoleNames()
  const [asked, setAsked] = useState<'approve' | 'reject'>()
  const { partner, displayName, requested, createdDateTime } = request
  const close = () => setAsked(undefined)
  const ids = requested.unifiedRoles.map(one => one.roleDefinitionId)
  return (
    <section className="card" aria-labelledby={`request-${request.id}`}>
      <h3 id={`request-${request.id}`}>
        {t('admin.partners.requests.of', { partner: partner.displayName, name: displayName })}
      </h3>
      <dl className="facts">
        <div>
          <dt>{t('admin.partners.facts.roles')}</dt>
          <dd>{nameRoles(requested.unifiedRoles)}</dd>
        </div>
        <div>
          <dt>{t('admin.partners.facts.duration')}</dt>
          <dd>{t('admin.partners.days', { count: daysOf(requested.duration) })}</dd>
        </div>
        <div>
          <dt>{t('admin.partners.facts.asked')}</dt>
          <dd title={exactly(createdDateTime)}>{moment(createdDateTime)}</dd>
        </div>
      </dl>
      {mayDecide && (
        <div className="acts">
          <Button {...opens} appearance="primary" onClick={() => setAsked('approve')}>
            {t('admin.partners.approve.open')}
          </Button>
          <Button {...opens} onClick={() => setAsked('reject')}>
            {t('admin.partners.reject.open')}
          </Button>
        </div>
      )}
      {asked === 'approve' &&
        (every ? (
          <Approve request={request} asked={every.filter(({ id }) => ids.includes(id))} close={close} />
        ) : (
          <Loading rows={2} />
        ))}
      {asked === 'reject' && <Reject request={request} close={close} />}
    </section>
  )
}

interface Approving {
  request: PartnerRequest
  asked: readonly Role[]
  close: () => void
}

function Approve({ request, asked, close }: Approving) {
  const { partner, displayName, requested, autoExtendDuration } = request
  const decided = useDecided(close)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(
    new Set(asked.filter(role => !opensAccounts(role)).map(({ id }) => id)),
  )
  const most = daysOf(requested.duration)
  const [days, setDays] = useState(most)
  const [isExtended, setExtended] = useState(false)
  const mayExtend = autoExtendDuration === 'P180D' && !chosen.has(GLOBAL_ADMINISTRATOR)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/tenantRelationships/partnerRequests/{id}/approve', {
        params: { path: { id: request.id } },
        body: {
          unifiedRoles: [...chosen].map(roleDefinitionId => ({ roleDefinitionId })),
          ...(days < most && { duration: `P${days}D` }),
          autoExtendDuration: mayExtend && isExtended ? 'P180D' : 'PT0S',
        },
      }),
    onSuccess: decided,
  })
  return (
    <AskFirst
      title={t('admin.partners.approve.title', { partner: partner.displayName, name: displayName })}
      verb={t('admin.partners.approve.verb')}
      act={() => chosen.size > 0 && mutate()}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.partners.approve.detail')}</p>
      <RoleChoice
        label={t('admin.partners.approve.roles')}
        roles={asked}
        chosen={chosen}
        choose={setChosen}
        none={t('admin.partners.approve.noRole')}
      />
      <Field label={t('admin.partners.approve.ends')}>
        <Select value={String(days)} onChange={(_, { value }) => setDays(Number(value))}>
          {daysWithin(requested.duration).map(one => (
            <option key={one} value={one}>
              {t('admin.partners.days', { count: one })}
            </option>
          ))}
        </Select>
      </Field>
      {mayExtend && <ExtensionSwitch isOn={isExtended} turn={setExtended} />}
    </AskFirst>
  )
}

function Reject({ request, close }: { request: PartnerRequest; close: () => void }) {
  const queries = useQueryClient()
  const decided = useDecided(close)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/tenantRelationships/partnerRequests/{id}/reject', { params: { path: { id: request.id } }, body: {} }),
    onSuccess: decided,
    onError: () => queries.invalidateQueries({ queryKey: ['partners', 'requests'] }),
  })
  return (
    <AskFirst
      title={t('admin.partners.reject.title', { partner: request.partner.displayName, name: request.displayName })}
      verb={t('admin.partners.reject.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.partners.reject.detail')}</p>
    </AskFirst>
  )
}
