import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import { confirmBy } from '../api/client.ts'
import { type Strength, signInAgain } from '../api/session.ts'
import { t } from '../words.ts'

interface Asked {
  strength: Strength
  answer: (confirmed: boolean) => void
}

/** Asks for a second step before an act that takes one; the act then goes on with what was typed. */
export function ConfirmItIsYou() {
  const [asked, setAsked] = useState<Asked>()
  const [failed, setFailed] = useState(false)
  useEffect(
    () =>
      confirmBy(strength => {
        const { promise, resolve } = Promise.withResolvers<boolean>()
        setFailed(false)
        setAsked({ strength, answer: resolve })
        return promise.finally(() => setAsked(undefined))
      }),
    [],
  )
  const confirm = async () => {
    setFailed(false)
    try {
      await signInAgain(asked?.strength)
      asked?.answer(true)
    } catch {
      setFailed(true)
    }
  }
  return (
    <Dialog open={asked !== undefined} onOpenChange={(_, { open }) => !open && asked?.answer(false)}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t('admin.frame.confirm.title')}</DialogTitle>
          <DialogContent>
            <p>{t('admin.frame.confirm.detail')}</p>
            {failed && (
              <p role="alert" className="danger">
                {t('admin.frame.confirm.failed')}
              </p>
            )}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={() => void confirm()}>
              {t('admin.frame.confirm.go')}
            </Button>
            <Button onClick={() => asked?.answer(false)}>{t('admin.frame.cancel')}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
