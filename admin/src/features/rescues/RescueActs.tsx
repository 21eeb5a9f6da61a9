import { Button, Field, Radio, RadioGroup, Textarea, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { t } from '../../words.ts'
import type { Rescue } from './queries.ts'

const checks = ['calledKnownNumber', 'metInPerson', 'document', 'contract'] as const
type Check = (typeof checks)[number]

const acts = ['take', 'approve', 'release', 'refuse'] as const
type ActName = (typeof acts)[number]

/** Characters of a note and of a reason. */
const LONGEST = 2_000

/** What the reader may do at a rescue now. */
function offered({ state, missing, takenByYou }: Rescue): ActName[] {
  const isAble = missing.roles.length === 0
  const name: Partial<Record<Rescue['state'], ActName[]>> = {
    asked: isAble ? ['take', 'refuse'] : [],
    taken: isAble ? [...(takenByYou ? [] : (['approve'] as const)), 'release', 'refuse'] : [],
    cooling: isAble ? ['refuse'] : [],
    ready: isAble ? ['refuse'] : [],
  }
  return name[state] ?? []
}

/** The next steps of a rescue, each told before it is done. */
export function RescueActs({ rescue }: { rescue: Rescue }) {
  const opens = useRestoreFocusTarget()
  const [asked, setAsked] = useState<ActName>()
  const names = offered(rescue)
  const close = () => setAsked(undefined)
  return (
    <>
      {names.length > 0 && (
        <div className="acts">
          {names.map(name => (
            <Button
              key={name}
              {...opens}
              {...((name === 'take' || name === 'approve') && { appearance: 'primary' })}
              onClick={() => setAsked(name)}
            >
              {t(`admin.rescues.${name}.open`)}
            </Button>
          ))}
        </div>
      )}
      {asked === 'take' && <Take rescue={rescue} close={close} />}
      {(asked === 'approve' || asked === 'release') && <Step rescue={rescue} step={asked} close={close} />}
      {asked === 'refuse' && <Refuse rescue={rescue} close={close} />}
    </>
  )
}

interface Asked {
  rescue: Rescue
  close: () => void
}

/** After an act: closes its dialog and reads anew. The button that opened it has gone. */
function useDone(close: () => void) {
  const queries = useQueryClient()
  return {
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['rescues'] })
      document.querySelector<HTMLElement>('.panel h2')?.focus()
    },
    // Somebody else may have been first.
    onError: () => queries.invalidateQueries({ queryKey: ['rescues'] }),
  }
}

function Take({ rescue: { id, company, asker }, close }: Asked) {
  const [checked, setChecked] = useState<Check>('calledKnownNumber')
  const [note, setNote] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/partner/rescues/{id}/take', {
        params: { path: { id } },
        body: { checked, ...(note.trim() !== '' && { note: note.trim() }) },
      }),
    ...useDone(close),
  })
  return (
    <AskFirst
      title={t('admin.rescues.take.title', { company: company.displayName })}
      verb={t('admin.rescues.take.verb')}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.rescues.take.detail', { asker })}</p>
      <Field label={t('admin.rescues.take.how')}>
        <RadioGroup value={checked} onChange={(_, { value }) => setChecked(value as Check)}>
          {checks.map(one => (
            <Radio key={one} value={one} label={t(`admin.rescues.checks.${one}`)} />
          ))}
        </RadioGroup>
      </Field>
      <Field label={t('admin.rescues.take.note')} hint={t('admin.rescues.take.noteHint')}>
        <Textarea rows={3} maxLength={LONGEST} value={note} onChange={(_, { value }) => setNote(value)} />
      </Field>
    </AskFirst>
  )
}

function Step({ rescue: { id, company, taker }, step, close }: Asked & { step: 'approve' | 'release' }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.POST(`/partner/rescues/{id}/${step}`, { params: { path: { id } } }),
    ...useDone(close),
  })
  return (
    <AskFirst
      title={t(`admin.rescues.${step}.title`, { company: company.displayName })}
      verb={t(`admin.rescues.${step}.open`)}
      act={mutate}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t(`admin.rescues.${step}.detail`, { taker: taker ?? '' })}</p>
    </AskFirst>
  )
}

function Refuse({ rescue: { id, company }, close }: Asked) {
  const [reason, setReason] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      api.POST('/partner/rescues/{id}/refuse', { params: { path: { id } }, body: { reason: reason.trim() } }),
    ...useDone(close),
  })
  return (
    <AskFirst
      title={t('admin.rescues.refuse.title', { company: company.displayName })}
      verb={t('admin.rescues.refuse.open')}
      act={() => reason.trim() !== '' && mutate()}
      isActing={isPending}
      error={error}
      close={close}
    >
      <p>{t('admin.rescues.refuse.detail')}</p>
      <Field label={t('admin.rescues.refuse.reason')} required>
        <Textarea rows={3} required maxLength={LONGEST} value={reason} onChange={(_, { value }) => setReason(value)} />
      </Field>
    </AskFirst>
  )
}
