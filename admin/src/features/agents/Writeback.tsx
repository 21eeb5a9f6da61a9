import { Button, Field, Input, Switch, useRestoreFocusTarget } from '@fluentui/react-components'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { EditConflict } from '../../parts/EditConflict.tsx'
import { fieldError } from '../../parts/fieldError.ts'
import { Refused } from '../../parts/Refused.tsx'
import { type Read, useEdit } from '../../parts/useEdit.ts'
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

interface Values {
  writeback: boolean
  unlockWithoutReset: boolean
  /** As it is typed. */
  brakePercent: string
}

const readOf = ({ writeback, unlockWithoutReset, brakePercent, '@odata.etag': etag }: Settings): Read<Values> => ({
  values: { writeback, unlockWithoutReset, brakePercent: String(brakePercent) },
  etag,
})

function EditWriteback({ read, close }: { read: Settings; close: () => void }) {
  const queries = useQueryClient()
  const change = useChange()
  const edit = useEdit<Values>({
    name: 'writeback',
    read: readOf(read),
    newest: async () => readOf(await queries.fetchQuery({ ...writeback, staleTime: 0 })),
    save: async ({ values, etag }) => {
      await change({ ...values, brakePercent: Number(values.brakePercent) }, etag)
      return ''
    },
    saved: close,
  })
  if (edit.conflict)
    return (
      <EditConflict
        conflict={edit.conflict}
        activity="writeback.changed"
        labelOf={name => t(`admin.agents.writeback.${labels[name]}`)}
        say={(name, value) =>
          name === 'brakePercent'
            ? percent(Number(value) / 100)
            : t(
                `admin.agents.writeback.${name === 'writeback' ? (value ? 'on' : 'off') : value ? 'unlockOn' : 'unlockOff'}`,
              )
        }
      />
    )
  const { values, fields } = edit
  return (
    <AskFirst
      title={t('admin.agents.writeback.editTitle')}
      verb={t('admin.agents.writeback.verb')}
      act={edit.save}
      isActing={edit.isSaving}
      error={fields.size > 0 ? null : edit.error}
      close={close}
    >
      <Field hint={t('admin.agents.writeback.passwordsWhy')}>
        <Switch
          label={t('admin.agents.writeback.passwords')}
          checked={values.writeback}
          onChange={(_, { checked }) => edit.set('writeback', checked)}
        />
      </Field>
      <Field hint={t('admin.agents.writeback.unlockWhy')}>
        <Switch
          label={t('admin.agents.writeback.unlock')}
          checked={values.unlockWithoutReset}
          onChange={(_, { checked }) => edit.set('unlockWithoutReset', checked)}
        />
      </Field>
      <Field
        label={t('admin.agents.writeback.brake')}
        hint={t('admin.agents.writeback.brakeWhy')}
        {...fieldError(fields, 'brakePercent')}
      >
        <Input
          inputMode="numeric"
          value={values.brakePercent}
          maxLength={3}
          onChange={(_, { value }) => edit.set('brakePercent', value)}
        />
      </Field>
    </AskFirst>
  )
}

/** What each setting is called. */
const labels = { writeback: 'passwords', unlockWithoutReset: 'unlock', brakePercent: 'brake' } as const
