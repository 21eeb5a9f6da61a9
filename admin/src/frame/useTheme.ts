import { useSyncExternalStore } from 'react'
import { darkTheme, lightTheme } from '../theme.ts'

const prefersDark = matchMedia('(prefers-color-scheme: dark)')

function onChange(listener: () => void) {
  prefersDark.addEventListener('change', listener)
  return () => prefersDark.removeEventListener('change', listener)
}

/** The theme of the reader's scheme, which may change while the page is open. */
export const useTheme = () => (useSyncExternalStore(onChange, () => prefersDark.matches) ? darkTheme : lightTheme)
