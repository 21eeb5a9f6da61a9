import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components'
import { type ReactNode, useSyncExternalStore } from 'react'
import { t } from '../words.ts'
import { ReturnFocus } from './ReturnFocus.tsx'

const phone = matchMedia('(max-width: 39.9375rem)')

function onChange(listener: () => void) {
  phone.addEventListener('change', listener)
  return () => phone.removeEventListener('change', listener)
}

/** Whether the window is as narrow as a phone's: filters would push the list out of it. */
export const useIsPhone = () => useSyncExternalStore(onChange, () => phone.matches)

/** The filters of a list on a phone, in a sheet above it. What is chosen counts at once. */
export const FilterSheet = ({ close, children }: { close: () => void; children: ReactNode }) => (
  <Dialog open onOpenChange={(_, { open }) => !open && close()}>
    <DialogSurface className="filter-sheet">
      <ReturnFocus />
      <DialogBody>
        <DialogTitle>{t('admin.objects.filters.open')}</DialogTitle>
        <DialogContent className="asked">{children}</DialogContent>
        <DialogActions>
          <Button appearance="primary" onClick={close}>
            {t('admin.objects.filters.show')}
          </Button>
        </DialogActions>
      </DialogBody>
    </DialogSurface>
  </Dialog>
)
