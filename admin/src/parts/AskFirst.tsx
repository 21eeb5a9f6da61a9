import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner,
} from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { t } from '../words.ts'
import { Refused } from './Refused.tsx'

interface Asked {
  title: string
  /** What will happen, and what was typed for it. */
  children: ReactNode
  /** The act in a verb; undefined: it is done, and the dialog only tells. */
  verb: string | undefined
  act: () => void
  isActing: boolean
  /** What the act needs is still being read. */
  isWaiting?: boolean
  error: Error | null
  close: () => void
}

/** Tells what an act will do before it is done; a refusal is told in it, and nothing that was typed is lost. */
export function AskFirst({ title, children, verb, act, isActing, isWaiting = false, error, close }: Asked) {
  const isBusy = isActing || isWaiting
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && !isActing && close()}>
      <DialogSurface>
        <form
          onSubmit={event => {
            event.preventDefault()
            if (!isBusy) act()
          }}
        >
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className="asked">
              {error && <Refused error={error} />}
              {children}
            </DialogContent>
            <DialogActions>
              {verb && (
                <Button
                  type="submit"
                  appearance="primary"
                  disabledFocusable={isBusy}
                  {...(isBusy && { icon: <Spinner size="tiny" aria-hidden="true" /> })}
                >
                  {verb}
                </Button>
              )}
              {/* The button of the act goes when it is done, and would take the focus with it. */}
              <Button key={verb ? 'cancel' : 'close'} autoFocus={!verb} onClick={close}>
                {t(verb ? 'admin.frame.cancel' : 'admin.frame.close')}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  )
}
