import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Switch,
} from '@fluentui/react-components'
import { useState } from 'react'
import { ReturnFocus } from '../parts/ReturnFocus.tsx'
import { t } from '../words.ts'
import { placesFor } from './places.ts'
import { keysOf, shortcuts } from './shortcuts.ts'
import { lettersAreOn, turnLetters } from './useShortcuts.ts'

/** Every key that works everywhere, and the switch that turns single letters off. */
export function ShortcutList({ actions, close }: { actions: ReadonlySet<string>; close: () => void }) {
  const [isOn, setOn] = useState(lettersAreOn)
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <ReturnFocus />
        <DialogBody>
          <DialogTitle>{t('admin.frame.shortcuts.title')}</DialogTitle>
          <DialogContent className="asked">
            <Switch
              label={t('admin.frame.shortcuts.letters')}
              checked={isOn}
              onChange={(_, { checked }) => {
                turnLetters(checked)
                setOn(checked)
              }}
            />
            <dl className="keys">
              {shortcuts
                .filter(name => name !== 'go')
                .map(name => (
                  <div key={name}>
                    <dt>
                      {keysOf[name].map(key => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dt>
                    <dd>{t(`admin.frame.shortcuts.names.${name}`)}</dd>
                  </div>
                ))}
              {placesFor(actions)
                .flatMap(({ places }) => places)
                .map(({ letter, words, to }) => (
                  <div key={to}>
                    <dt>
                      <kbd>G</kbd>
                      <kbd>{letter}</kbd>
                    </dt>
                    <dd>{t(words)}</dd>
                  </div>
                ))}
            </dl>
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t('admin.frame.close')}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
