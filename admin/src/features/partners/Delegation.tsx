import { Button, Field, Input, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, moment, t } from '../../words.ts'
import type { Partner } from './queries.ts'
import { useDecided } from './useDecided.ts'

interface Shown {
  partner: Partner
  dap: NonNullable<Partner['dap']>
  mayDecide: boolean
}

const pathOf = ({ id }: Partner) => ({ params: { path: { partnerTenantId: id } } })

/** Delegated administration: everything, to all agents of a firm. It sleeps when nobody has used it for long. */
export function Delegation({ partner, dap, mayDecide }: Shown) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<'shorten' | 'end'>()
  const close = () => setAsked(undefined)
  const decided = useDecided(close)
  const wake = useMutation({
    mutationFn: () =>
      api.PATCH('/tenantRelationships/dap/{partnerTenantId}', { ...pathOf(partner), body: { awake: true } }),
    onSuccess: decided,
  })
  const end = useMutation({
    mutationFn: () => api.DELETE('/tenantRelationships/dap/{partnerTenantId}', pathOf(partner)),
    onSuccess: decided,
  })
  return (
    <li>
      <span className={dap.asleep ? 'tag tag-medium' : 'tag tag-good'}>
        {t(`admin.partners.dap.${dap.asleep ? 'asleep' : 'awake'}`)}
      </span>
      <div className="grows">
        <b>{t('admin.partners.dap.title')}</b>
        <p>{t(`admin.partners.dap.${dap.asleep ? 'asleepDetail' : 'detail'}`)}</p>
        <p title={exactly(dap.endDateTime)}>{t('admin.partners.ends', { when: moment(dap.endDateTime) })}</p>
        {wake.error && <Refused error={wake.error} />}
      </div>
      {mayDecide && (
        <span className="acts">
          {dap.asleep && (
            <Button size="small" disabledFocusable={wake.isPending} onClick={() => wake.mutate()}>
              {t('admin.partners.dap.wake')}
            </Button>
          )}
          <Button {...opens} size="small" onClick={() => setAsked('shorten')}>
            {t('admin.partners.dap.shorten.open')}
          </Button>
          <Button {...opens} size="small" onClick={() => setAsked('end')}>
            {t('admin.partners.dap.end.open')}
          </Button>
        </span>
      )}
      {asked === 'shorten' && <Shorten partner={partner} last={dap.endDateTime.slice(0, 10)} close={close} />}
      {asked === 'end' && (
        <AskFirst
          title={t('admin.partners.dap.end.title', { partner: partner.displayName })}
          verb={t('admin.partners.end.verb')}
          act={end.mutate}
          isActing={end.isPending}
          error={end.error}
          close={close}
        >
          <p>{t('admin.partners.end.detail')}</p>
        </AskFirst>
      )}
    </li>
  )
}

function Shorten({ partner, last, close }: { partner: Partner; last: string; close: () => void }) {
  const decided = useDecided(close)
  const [day, setDay] = useState(last)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.PATCH('/tenantRelationships/dap/{partnerTenantId}', {
        ...pathOf(partner),
        body: { endDateTime: `${day}T00:00:00Z` },
      }),
    onSuccess: decided,
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.partners.dap.shorten.title', { partner: partner.displayName })}
      verb={t('admin.partners.reduce.verb')}
      act={() => (day === last || day === '' ? close() : mutate())}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <Field
        label={t('admin.partners.reduce.until')}
        hint={t('admin.partners.reduce.untilHint')}
        {...fieldError(fields, 'endDateTime')}
      >
        <Input type="date" value={day} max={last} onChange={(_, { value }) => setDay(value)} />
      </Field>
    </AskFirst>
  )
}
