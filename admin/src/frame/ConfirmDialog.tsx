import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components'
import { useState } from 'react'
import { SignInFailed, type Strength, signInAgain, signInHere } from '../api/session.ts'
import { keepDrafts } from '../parts/drafts.ts'
import { ReturnFocus } from '../parts/ReturnFocus.tsx'
import { t } from '../words.ts'

/** A second step that an act waits for. */
export interface Asked {
  strength: Strength
  answer: (confirmed: boolean) => void
}

/** Asks for a second step before an act that takes one; the act then goes on with what was typed. */
export function ConfirmDialog({ strength, answer }: Asked) {
  const [failed, setFailed] = useState<SignInFailed>()
  const confirm = async () => {
    setFailed(undefined)
    try {
      await signInAgain(strength)
      answer(true)
    } catch (error) {
      setFailed(error instanceof SignInFailed ? error : new SignInFailed('unknown'))
    }
  }
  const here = () => {
    keepDrafts()
    void signInHere(strength)
  }
  const isBlocked = failed?.code === 'popup_blocked'
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && answer(false)}>
      <DialogSurface>
        <ReturnFocus />
        <DialogBody>
          <DialogTitle>{t('admin.frame.confirm.title')}</DialogTitle>
          <DialogContent>
            <p>{t('admin.frame.confirm.detail')}</p>
            {failed && (
              <p role="alert" className="danger">
                {t(isBlocked ? 'admin.frame.confirm.blocked' : 'admin.frame.confirm.failed')}
              </p>
            )}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={isBlocked ? here : () => void confirm()}>
              {t(isBlocked ? 'admin.frame.here' : 'admin.frame.confirm.go')}
            </Button>
            <Button onClick={() => answer(false)}>{t('admin.frame.cancel')}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
