/** A key that does something, and where it is listed. */
export const shortcuts = ['palette', 'list', 'search', 'go', 'rows', 'open', 'back', 'edit', 'primary'] as const
export type Shortcut = (typeof shortcuts)[number]

/** The keys of each, as they are shown; a letter after another is pressed after it. */
export const keysOf: Record<Shortcut, readonly string[]> = {
  palette: ['Ctrl', 'K'],
  list: ['?'],
  search: ['/'],
  go: ['G'],
  rows: ['J', 'K'],
  open: ['Enter'],
  back: ['Esc'],
  edit: ['E'],
  primary: ['Ctrl', 'Enter'],
}

/** A dialog that is open, and the drawer of the navigation. */
export const DIALOG = '[role=dialog], [role=alertdialog], dialog[open]'

/** Whether a key belongs to a field or an open dialog, and undoes nothing behind it. */
export const isHeldBack = (target: EventTarget | null): boolean =>
  document.querySelector(DIALOG) !== null ||
  (target instanceof Element && target.matches('input, textarea, select, [role=combobox], [contenteditable]'))

/** What was pressed, as far as it tells what is meant. */
export interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
  /** Whether letters go into a text. */
  isTyping: boolean
  /** Whether a dialog is open, which letters must not reach through. */
  isInDialog: boolean
}

/** What a key means; `letters`: whether single letters mean something (WCAG 2.1.4). `after`: the key before it, a moment ago. */
export function meaningOf(pressed: Pressed, letters: boolean, after: string | undefined) {
  const { key, ctrlKey, metaKey, altKey, isTyping, isInDialog } = pressed
  if (altKey) return undefined
  if (ctrlKey || metaKey) {
    if (key.toLowerCase() === 'k') return { does: 'palette' } as const
    return key === 'Enter' ? ({ does: 'primary' } as const) : undefined
  }
  if (isTyping || isInDialog || !letters) return undefined
  const letter = key.toLowerCase()
  if (after === 'g' && /^[a-z]$/.test(letter)) return { does: 'go', to: letter } as const
  if (letter === 'g') return { does: 'wait' } as const
  if (letter === '?') return { does: 'list' } as const
  if (letter === '/') return { does: 'search' } as const
  if (letter === 'e') return { does: 'edit' } as const
  if (letter === 'j' || letter === 'k') return { does: 'row', by: letter === 'j' ? 1 : -1 } as const
  return undefined
}
