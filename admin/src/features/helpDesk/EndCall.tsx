import { Button, Field, Input, Radio, RadioGroup, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { t } from '../../words.ts'
import type { CallerCheck } from './queries.ts'

const OUTCOMES = ['resolved', 'unresolved', 'handedOver', 'wrongPerson'] as const

interface Shown {
  id: string
  check: CallerCheck | undefined
}

/** The last step: to stay until they are in, and to note what came of the call. */
export function EndCall({ id, check }: Shown) {
  const opens = useRestoreFocusTarget()
  const navigate = useNavigate()
  const [isAsked, setAsked] = useState(false)
  const leave = async () => {
    await navigate({ to: '/help-desk', search: {} })
    document.querySelector<HTMLElement>('main [role=searchbox], main input[type=search]')?.focus()
  }
  return (
    <section className="step" aria-labelledby="stay">
      <h3 id="stay">{t('admin.helpDesk.end.stay')}</h3>
      <p>{t('admin.helpDesk.end.watch')}</p>
      <div className="acts">
        {/* Nothing is noted of a call in which nobody was checked. */}
        <Button {...opens} onClick={() => (check ? setAsked(true) : void leave())}>
          {t('admin.helpDesk.end.open')}
        </Button>
      </div>
      {isAsked && check && (
        <AskOutcome id={id} check={check} close={() => setAsked(false)} ended={() => void leave()} />
      )}
    </section>
  )
}

/** A header of what somebody typed, in any script; none where nothing was. */
const stated = (name: string, text: string) => (text.trim() ? { [name]: encodeURIComponent(text.trim()) } : {})

function AskOutcome({
  id,
  check,
  close,
  ended,
}: {
  id: string
  check: CallerCheck
  close: () => void
  ended: () => void
}) {
  const [outcome, setOutcome] = useState<(typeof OUTCOMES)[number]>('resolved')
  const [ticket, setTicket] = useState('')
  const [reason, setReason] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.PATCH('/users/{id}/callerChecks/{callerCheckId}', {
        params: { path: { id, callerCheckId: check.id } },
        body: { outcome },
        headers: { ...stated('latchkey-ticket', ticket), ...stated('latchkey-reason', reason) },
      }),
    onSuccess: ended,
  })
  return (
    <AskFirst
      title={t('admin.helpDesk.end.open')}
      verb={t('admin.helpDesk.end.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <Field label={t('admin.helpDesk.end.outcome')}>
        <RadioGroup value={outcome} onChange={(_, { value }) => setOutcome(value as typeof outcome)}>
          {OUTCOMES.map(one => (
            <Radio key={one} value={one} label={t(`admin.helpDesk.end.outcomes.${one}`)} />
          ))}
        </RadioGroup>
      </Field>
      <Field label={t('admin.helpDesk.end.ticket')} hint={t('admin.helpDesk.end.ticketHint')}>
        <Input value={ticket} maxLength={64} autoComplete="off" onChange={(_, { value }) => setTicket(value)} />
      </Field>
      <Field label={t('admin.helpDesk.end.reason')} hint={t('admin.helpDesk.end.reasonHint')}>
        <Input value={reason} maxLength={200} autoComplete="off" onChange={(_, { value }) => setReason(value)} />
      </Field>
    </AskFirst>
  )
}
