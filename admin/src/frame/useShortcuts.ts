import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { placesFor } from './places.ts'
import { DIALOG, meaningOf } from './shortcuts.ts'

/** Milliseconds in which the second of two letters is pressed. */
const SOON = 1_500
const LETTERS = 'latchkey.letters'

/** Whether single letters do something, as this browser remembers it. */
export const lettersAreOn = (): boolean => localStorage.getItem(LETTERS) !== 'off'
export const turnLetters = (on: boolean): void => localStorage.setItem(LETTERS, on ? 'on' : 'off')

const ROWS = 'main :is(a.two-lines, .rows a, .hits button)'

interface Asked {
  actions: ReadonlySet<string>
  openPalette: () => void
  openList: () => void
}

/** Listens for the keys that work everywhere. */
export function useShortcuts({ actions, openPalette, openList }: Asked) {
  const navigate = useNavigate()
  // Outside the effect: what a person may do is read anew at any time, also between two letters.
  const before = useRef<{ key: string; at: number }>(undefined)
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey, target, defaultPrevented, isComposing } = event
      if (defaultPrevented || isComposing) return
      const within = target as HTMLElement
      const isTyping = within.matches?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]')
      const isInDialog = document.querySelector(DIALOG) !== null
      const after = before.current && event.timeStamp - before.current.at < SOON ? before.current.key : undefined
      before.current = undefined
      const meaning = meaningOf({ key, ctrlKey, metaKey, altKey, isTyping, isInDialog }, lettersAreOn(), after)
      if (!meaning) return
      const place =
        meaning.does === 'go' &&
        placesFor(actions)
          .flatMap(({ places }) => places)
          .find(({ letter }) => letter.toLowerCase() === meaning.to)
      if (meaning.does === 'go' && !place) return
      event.preventDefault()
      if (meaning.does === 'wait') before.current = { key: 'g', at: event.timeStamp }
      else if (meaning.does === 'palette') openPalette()
      else if (meaning.does === 'list') openList()
      else if (place) void navigate({ to: place.to })
      else if (meaning.does === 'search') document.querySelector<HTMLElement>('main [type=search]')?.focus()
      else if (meaning.does === 'edit') document.querySelector<HTMLElement>('main [data-key=edit]')?.click()
      else if (meaning.does === 'primary') primaryAct(within)?.click()
      else if (meaning.does === 'row') moveRow(meaning.by)
    }
    document.addEventListener('keydown', act)
    return () => document.removeEventListener('keydown', act)
  }, [actions, navigate, openPalette, openList])
}

/** The one act of the dialog that is open, else of the page's form or bar. */
const primaryAct = (within: HTMLElement) =>
  (within.closest(DIALOG) ?? document).querySelector<HTMLElement>('[type=submit], .save-bar [data-key=primary]')

function moveRow(by: number) {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  rows[at === -1 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))]?.focus()
}
