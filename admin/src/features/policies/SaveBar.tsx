import { Button, Field, Input, Spinner } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Problem } from '../../api/problem.ts'
import { allowedActions } from '../../api/queries.ts'
import { AskFirst } from '../../parts/AskFirst.tsx'
import { ConflictDialog } from '../../parts/ConflictDialog.tsx'
import { isMany, settle } from '../../parts/draft.ts'
import { groupsNamed } from '../../parts/groupQueries.ts'
import { LeaveFirst } from '../../parts/LeaveFirst.tsx'
import { lastChange, saidLast } from '../../parts/lastChange.ts'
import { Refused } from '../../parts/Refused.tsx'
import { list, number, t } from '../../words.ts'
import type { SettingName } from './settings.ts'
import type { Conflict, Editor } from './useEditor.ts'
import { inWords, nameOf } from './values.ts'

interface Shown<T extends object> {
  editor: Editor<T>
  /** By which the log names what is edited. */
  id: string | undefined
  /** The address that stays the same page: its tabs keep the changes. */
  path: string
  /** What does the same without cutting people off, where there is such a way. */
  safer?: { words: string; take: () => void } | undefined
}

/** What is not saved yet, and the acts for it. It states the effect, and asks once more before people lose the way back in. */
export function SaveBar<T extends object>({ editor, id, path, safer }: Shown<T>) {
  const { count, changes, save, discard, invalid, preview, isPreviewed, fields, conflict } = editor
  const [isAsking, setAsking] = useState(false)
  /** The changes that Save was pressed for before their effect was known. */
  const [pressedFor, setPressedFor] = useState<string>()
  const losing = preview?.data?.counts.losing ?? 0
  const isBlocked = invalid.size > 0 || fields.size > 0
  // Offline nothing is asked, and the save itself is refused.
  const isEffectKnown =
    !isPreviewed || preview?.data !== undefined || preview?.error != null || preview?.isPaused === true
  const isWaiting = count > 0 && !isBlocked && pressedFor === JSON.stringify(changes)
  const isConflict = save.error instanceof Problem && save.error.status === 412
  const act = () => {
    setAsking(false)
    save.mutate()
  }
  const press = () => {
    setPressedFor(undefined)
    if (!isEffectKnown) setPressedFor(JSON.stringify(changes))
    else if (losing > 0) setAsking(true)
    else act()
  }
  // Who is quick would cut people off unasked.
  useEffect(() => {
    if (isWaiting && isEffectKnown) press()
  })
  return (
    <>
      {count > 0 && (
        <section className="save-bar" aria-label={t('admin.policies.save.region')}>
          {save.error && !isConflict && <Refused error={save.error} again={() => save.mutate()} />}
          <p>
            <b>{t('admin.policies.save.changes', { count })}</b>{' '}
            {list((Object.keys(changes) as SettingName[]).map(nameOf))}
          </p>
          <div className="acts">
            <Button onClick={discard}>{t('admin.policies.save.discard')}</Button>
            <Button
              appearance="primary"
              data-key="primary"
              className={losing > 0 ? 'danger-act' : ''}
              disabledFocusable={isBlocked || save.isPending}
              {...((save.isPending || isWaiting) && { icon: <Spinner size="tiny" aria-hidden="true" /> })}
              onClick={press}
            >
              {losing > 0 ? t('admin.policies.save.losing', { count: losing }) : t('admin.policies.save.verb')}
            </Button>
          </div>
        </section>
      )}
      {save.isSuccess && count === 0 && (
        <p className="save-bar good" role="status">
          {t('admin.policies.save.saved')}
        </p>
      )}
      {isAsking && preview?.data && (
        <ConfirmLoss counts={preview.data.counts} act={act} safer={safer} close={() => setAsking(false)} />
      )}
      {conflict && <Settle editor={editor} conflict={conflict} id={id} />}
      <LeaveFirst isChanged={count > 0} path={path} />
    </>
  )
}

interface Loss {
  counts: { losing: number; users: number }
  act: () => void
  safer: Shown<object>['safer']
  close: () => void
}

/** Asks before people lose the way back in; before many do, by the number itself. */
function ConfirmLoss({ counts, act, safer, close }: Loss) {
  const { losing, users } = counts
  const [typed, setTyped] = useState('')
  const [isWrong, setWrong] = useState(false)
  const mustType = isMany(counts)
  const go = () => (!mustType || typed.replace(/\D/g, '') === String(losing) ? act() : setWrong(true))
  return (
    <AskFirst
      title={t('admin.policies.loss.title', { count: losing })}
      verb={t('admin.policies.loss.verb')}
      act={go}
      isActing={false}
      error={null}
      close={close}
    >
      <p>{t('admin.policies.loss.detail', { count: losing, people: number(users) })}</p>
      {safer && (
        <>
          <p>{safer.words}</p>
          <Button
            onClick={() => {
              safer.take()
              close()
            }}
          >
            {t('admin.policies.loss.safer')}
          </Button>
        </>
      )}
      {mustType && (
        <Field
          label={t('admin.policies.loss.type', { losing: number(losing) })}
          {...(isWrong && { validationState: 'error', validationMessage: t('admin.policies.loss.other') })}
        >
          <Input inputMode="numeric" value={typed} onChange={(_, { value }) => setTyped(value)} />
        </Field>
      )}
    </AskFirst>
  )
}

/** Shows what somebody else has saved beside what one was about to save. */
function Settle<T extends object>({
  editor,
  conflict,
  id,
}: {
  editor: Editor<T>
  conflict: Conflict<T>
  id: string | undefined
}) {
  const { data: allowed } = useQuery(allowedActions)
  const mayRead = allowed?.value.includes('audit.read') ?? false
  const { data: last } = useQuery({ ...lastChange(id ?? '', 'policy.changed'), enabled: mayRead && id !== undefined })
  const { theirs, differences } = conflict
  const ids = differences.flatMap(({ name, before, theirs, mine }) =>
    String(name).endsWith('Groups') ? [before, theirs, mine].flat().map(String) : [],
  )
  const { data: named = [] } = useQuery(groupsNamed([...new Set(ids)]))
  const groups = new Map(named.map(({ id, displayName }) => [id, displayName]))
  return (
    <ConflictDialog
      by={saidLast(last, theirs.changedAt)}
      rows={differences.map(({ name, ...values }) => {
        const setting = name as SettingName
        const said = (value: unknown) => inWords(setting, value, groups)
        return {
          name: setting,
          label: nameOf(setting),
          before: said(values.before),
          theirs: said(values.theirs),
          mine: said(values.mine),
        }
      })}
      choose={chosen => editor.goOn(settle(theirs.values, differences, chosen))}
      close={editor.leaveConflict}
    />
  )
}
