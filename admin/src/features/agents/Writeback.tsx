import { Button, Field, Input, Switch, useRestoreFocusTarget } from '@fluentui/react-components'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../../api/problem.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { Refused } from '../../parts/Refused.tsx'
import { writeback } from '../../parts/writeback.ts'
import { percent, t } from '../../words.ts'
import { type Settings, useChange } from './useChange.ts'

interface Shown {
  /** Whether an agent takes requests. */
  isHeard: boolean
  hasAgents: boolean
  mayWrite: boolean
}

/** Whether new passwords reach the company's own directory, in a sentence, and the settings for it. */
export function Writeback({ isHeard, hasAgents, mayWrite }: Shown) {
  const opens = useRestoreFocusTarget()
  const { data, error, refetch } = useQuery(writeback)
  const [isEditing, setEditing] = useState(false)
  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : null
  const stands = !data.writeback ? 'off' : isHeard ? 'on' : hasAgents ? 'silent' : 'off'
  return (
    <section className={stands === 'on' ? 'standing standing-good' : 'standing'} aria-labelledby="writeback">
      <h2 id="writeback">{t(`admin.agents.writeback.${stands}`)}</h2>
      <p>{t(`admin.agents.writeback.${stands}Detail`)}</p>
      <dl className="facts">
        <div>
          <dt>{t('admin.agents.writeback.factUnlock')}</dt>
          <dd>{t(data.unlockWithoutReset ? 'admin.agents.writeback.unlockOn' : 'admin.agents.writeback.unlockOff')}</dd>
        </div>
        <div>
          <dt>{t('admin.agents.writeback.factBrake')}</dt>
          <dd>{percent(data.brakePercent / 100)}</dd>
        </div>
      </dl>
      {mayWrite && (
        <div className="acts">
          <Button {...opens} data-key="edit" onClick={() => setEditing(true)}>
            {t('admin.agents.writeback.edit')}
          </Button>
        </div>
      )}
      {isEditing && <EditWriteback read={data} close={() => setEditing(false)} />}
    </section>
  )
}

function EditWriteback({ read, close }: { read: Settings; close: () => void }) {
  const [passwords, setPasswords] = useState(read.writeback)
  const [unlock, setUnlock] = useState(read.unlockWithoutReset)
  const [brake, setBrake] = useState(String(read.brakePercent))
  const change = useChange(read)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => change({ writeback: passwords, unlockWithoutReset: unlock, brakePercent: Number(brake) }),
    onSuccess: close,
  })
  const fields = error instanceof Problem ? error.fields : new Map<string, string>()
  return (
    <AskFirst
      title={t('admin.agents.writeback.editTitle')}
      verb={t('admin.agents.writeback.verb')}
      act={mutate}
      isActing={isPending}
      error={fields.size > 0 ? null : error}
      close={close}
    >
      <Field hint={t('admin.agents.writeback.passwordsWhy')}>
        <Switch
          label={t('admin.agents.writeback.passwords')}
          checked={passwords}
          onChange={(_, { checked }) => setPasswords(checked)}
        />
      </Field>
      <Field hint={t('admin.agents.writeback.unlockWhy')}>
        <Switch
          label={t('admin.agents.writeback.unlock')}
          checked={unlock}
          onChange={(_, { checked }) => setUnlock(checked)}
        />
      </Field>
      <Field
        label={t('admin.agents.writeback.brake')}
        hint={t('admin.agents.writeback.brakeWhy')}
        {...fieldError(fields, 'brakePercent')}
      >
        <Input inputMode="numeric" value={brake} maxLength={3} onChange={(_, { value }) => setBrake(value)} />
      </Field>
    </AskFirst>
  )
}
