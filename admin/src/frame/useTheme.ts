import { useSyncExternalStore } from 'react'
import { themeOf } from '../theme.ts'

const prefersDark = matchMedia('(prefers-color-scheme: dark)')

function onChange(listener: () => void) {
  prefersDark.addEventListener('change', listener)
  return () => prefersDark.removeEventListener('change', listener)
}

/** The theme of the reader's scheme, which may change while the page is open. */
export const useTheme = () => themeOf(useSyncExternalStore(onChange, () => prefersDark.matches) ? 'dark' : 'light')
