import { useSyncExternalStore } from 'react'

const KEY = 'latchkey.rows'

const read = () => {
  try {
    return localStorage.getItem(KEY) === 'compact'
  } catch {
    return false
  }
}

let isCompact = read()
const listeners = new Set<() => void>()

function onChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function turn(on: boolean) {
  isCompact = on
  try {
    localStorage.setItem(KEY, on ? 'compact' : 'two-lines')
  } catch {
    // A browser that keeps nothing begins anew with the rows of two lines.
  }
  for (const listener of listeners) listener()
}

/** Whether the rows of lists are compact, as this browser remembers it, and what turns it. */
export const useCompactRows = () => [useSyncExternalStore(onChange, () => isCompact), turn] as const
