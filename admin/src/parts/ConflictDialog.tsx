import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Radio,
  RadioGroup,
} from '@fluentui/react-components'
import { useState } from 'react'
import { t } from '../words.ts'
import { ReturnFocus } from './ReturnFocus.tsx'
import './conflict.css'

/** Something that two people changed, each value in words. */
export interface ConflictRow {
  name: string
  label: string
  before: string
  theirs: string
  mine: string
}

interface Shown {
  /** Who saved in between, and when; undefined where it is not known. */
  by: string | undefined
  rows: readonly ConflictRow[]
  /** Goes on with what was chosen, by the names of the rows. Nothing is saved by it. */
  choose: (chosen: Record<string, 'theirs' | 'mine'>) => void
  close: () => void
}

/** Two people changed the same thing: what it was, what the other one saved and what one was about to save, side by side. */
export function ConflictDialog({ by, rows, choose, close }: Shown) {
  const [chosen, setChosen] = useState<Record<string, 'theirs' | 'mine'>>({})
  const all = Object.fromEntries(rows.map(({ name }) => [name, chosen[name] ?? 'theirs']))
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface className="wide">
        <ReturnFocus />
        <DialogBody>
          <DialogTitle>{t('admin.frame.conflict.title')}</DialogTitle>
          <DialogContent className="asked">
            <p>
              {by ?? t('admin.frame.conflict.somebody')} {t('admin.frame.conflict.detail')}
            </p>
            {rows.length === 0 && <p>{t('admin.frame.conflict.none')}</p>}
            {rows.map(({ name, label, before, theirs, mine }) => (
              <fieldset key={name} className="conflict">
                <legend>{label}</legend>
                <p>
                  <small>{t('admin.frame.conflict.before')}</small> {before}
                </p>
                <RadioGroup
                  aria-label={label}
                  layout="horizontal"
                  value={all[name] ?? 'theirs'}
                  onChange={(_, { value }) => setChosen(current => ({ ...current, [name]: value as 'mine' }))}
                >
                  {(['theirs', 'mine'] as const).map(whose => (
                    <Radio
                      key={whose}
                      value={whose}
                      label={
                        <>
                          <small>{t(`admin.frame.conflict.${whose}`)}</small> {whose === 'mine' ? mine : theirs}
                        </>
                      }
                    />
                  ))}
                </RadioGroup>
              </fieldset>
            ))}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={() => choose(all)}>
              {t('admin.frame.conflict.go')}
            </Button>
            <Button onClick={close}>{t('admin.frame.cancel')}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
