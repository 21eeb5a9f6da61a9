import { Button, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, t } from '../../words.ts'
import { type Enrollment, enrollments } from './queries.ts'

/** The steps of an enrollment, in their order. */
const steps = ['draft', 'verifying', 'agreement', 'active'] as const

/** The programs that the firm is in or on its way into, and the next step of each. */
export function Enrollments({ mayEnroll }: { mayEnroll: boolean }) {
  const { data, error, refetch } = useQuery(enrollments)
  return (
    <section className="card" aria-labelledby="enrollments">
      <h2 id="enrollments">{t('admin.partner.enrollments.title')}</h2>
      {error && !data && <Refused error={error} again={() => void refetch()} />}
      <ul className="rows steps">
        {data?.map(one => (
          <Row key={one.id} enrollment={one} mayEnroll={mayEnroll} />
        ))}
      </ul>
    </section>
  )
}

function Row({ enrollment, mayEnroll }: { enrollment: Enrollment; mayEnroll: boolean }) {
  const opens = useRestoreFocusTarget()
  const queries = useQueryClient()
  const { id, program, status, createdDateTime, warnings } = enrollment
  const [asked, setAsked] = useState<'sign' | 'withdraw'>()
  const path = { params: { path: { id } } }
  const reread = () => queries.invalidateQueries({ queryKey: ['partner'] })
  const submit = useMutation({
    mutationFn: () => api.POST('/partner/enrollments/{id}/submit', path),
    onSuccess: reread,
  })
  const at = (steps as readonly string[]).indexOf(status)
  return (
    <li>
      <span className={status === 'active' ? 'tag tag-good' : status === 'refused' ? 'tag tag-high' : 'tag'}>
        {t(`admin.partner.enrollments.statuses.${status}`)}
      </span>
      <div className="grows">
        <b>{t(`admin.partner.programs.${program}`)}</b>
        <p>
          {t('admin.partner.enrollments.begun', { when: exactly(createdDateTime) })}
          {at >= 0 && at < 3 && ` · ${t('admin.partner.enrollments.step', { step: at + 1, of: steps.length })}`}
        </p>
        <p>{t(`admin.partner.enrollments.next.${status}`)}</p>
        {status === 'draft' &&
          warnings.map(warning => (
            <p key={warning} className="danger">
              {t(`admin.partner.warnings.${warning as 'name_spaced'}`)}
            </p>
          ))}
        {submit.error && <Refused error={submit.error} />}
      </div>
      {mayEnroll && at >= 0 && at < 3 && (
        <span className="acts">
          {status === 'draft' && (
            <Button
              size="small"
              appearance="primary"
              disabledFocusable={submit.isPending}
              onClick={() => submit.mutate()}
            >
              {t('admin.partner.enrollments.submit')}
            </Button>
          )}
          {status === 'agreement' && (
            <Button {...opens} size="small" appearance="primary" onClick={() => setAsked('sign')}>
              {t('admin.partner.enrollments.sign.open')}
            </Button>
          )}
          <Button {...opens} size="small" onClick={() => setAsked('withdraw')}>
            {t('admin.partner.enrollments.withdraw.open')}
          </Button>
        </span>
      )}
      {asked === 'sign' && <Sign enrollment={enrollment} close={() => setAsked(undefined)} />}
      {asked === 'withdraw' && <Withdraw enrollment={enrollment} close={() => setAsked(undefined)} />}
    </li>
  )
}

interface Asked {
  enrollment: Enrollment
  close: () => void
}

function Sign({ enrollment: { id, program, agreementVersion }, close }: Asked) {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/partner/enrollments/{id}/sign', {
        params: { path: { id } },
        body: { version: agreementVersion },
      }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries()
      document.querySelector('h1')?.focus()
    },
  })
  return (
    <AskFirst
      title={t('admin.partner.enrollments.sign.title', { program: t(`admin.partner.programs.${program}`) })}
      verb={t('admin.partner.enrollments.sign.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.partner.enrollments.sign.detail', { version: agreementVersion })}</p>
    </AskFirst>
  )
}

function Withdraw({ enrollment: { id, program }, close }: Asked) {
  const queries = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.POST('/partner/enrollments/{id}/withdraw', { params: { path: { id } } }),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['partner'] })
      document.querySelector('h1')?.focus()
    },
  })
  return (
    <AskFirst
      title={t('admin.partner.enrollments.withdraw.title', { program: t(`admin.partner.programs.${program}`) })}
      verb={t('admin.partner.enrollments.withdraw.open')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.partner.enrollments.withdraw.detail')}</p>
    </AskFirst>
  )
}
