import { Button, Field, Input, Textarea, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { api, dataOf } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import type { Finding } from '../../parts/diagnosis.ts'
import { useDraft } from '../../parts/drafts.ts'
import { fieldError } from '../../parts/fieldError.ts'
import { t } from '../../words.ts'
import type { CallerCheck } from './queries.ts'

interface Shown {
  user: { id?: string; displayName?: string }
  /** What keeps them out, as far as it could be read. */
  finding: Finding | undefined
  /** The check of the caller, where one counts. */
  check: CallerCheck | undefined
}

/** Hands a caller over: a case that colleagues see, and that the caller follows by a mailed link. */
export function OpenCase(handed: Shown) {
  const opens = useRestoreFocusTarget()
  const [isAsked, setAsked] = useState(false)
  return (
    <section className="step" aria-labelledby="hand-over">
      <h3 id="hand-over">{t('admin.helpDesk.case.title')}</h3>
      <p>{t('admin.helpDesk.case.detail')}</p>
      <div className="acts">
        <Button {...opens} onClick={() => setAsked(true)}>
          {t('admin.helpDesk.case.open')}
        </Button>
      </div>
      {isAsked && <AskCase {...handed} close={() => setAsked(false)} />}
    </section>
  )
}

function AskCase({ user: { id = '', displayName = '' }, finding, check, close }: Shown & { close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [address, setAddress] = useState('')
  const [text, setText] = useDraft(`case for ${id}`, '')
  // The same words that are sent again open no second case, also where an answer was lost.
  const key = useRef(crypto.randomUUID())
  const change = (set: (value: string) => void, value: string) => {
    key.current = crypto.randomUUID()
    set(value)
  }
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST('/cases', {
          body: {
            ...{ userId: id, address: address.trim(), text },
            ...(finding && { finding }),
            ...(check && { callerCheckId: check.id }),
          },
          headers: { 'idempotency-key': key.current },
        }),
      ),
    onSuccess: async ({ number }) => {
      setText('')
      await queries.invalidateQueries({ queryKey: ['cases'] })
      await navigate({ to: '/cases/$case', params: { case: number } })
    },
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.helpDesk.case.ask', { person: displayName })}
      verb={t('admin.helpDesk.case.open')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <p>{t('admin.helpDesk.case.then')}</p>
      <p>{t('admin.helpDesk.case.carried')}</p>
      <Field
        required
        label={t('admin.helpDesk.case.address')}
        hint={t('admin.helpDesk.case.addressHint')}
        {...fieldError(fields, 'address')}
      >
        <Input type="email" value={address} autoComplete="off" onChange={(_, { value }) => change(setAddress, value)} />
      </Field>
      <Field required label={t('admin.helpDesk.case.text')} hint={t('admin.helpDesk.case.textHint')}>
        <Textarea rows={4} maxLength={2_000} value={text} onChange={(_, { value }) => change(setText, value)} />
      </Field>
    </AskFirst>
  )
}
