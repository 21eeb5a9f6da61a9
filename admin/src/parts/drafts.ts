import { type Dispatch, type SetStateAction, useEffect, useState } from 'react'
import { currentSession } from '../api/session.ts'

/** Where drafts wait while this window itself is away for a sign-in. */
const KEPT = 'latchkey.drafts'

interface Kept {
  /** Whose they are, and on which page: nobody else finds them, and nowhere else. */
  userId: string
  path: string
  drafts: Record<string, unknown>
}

const here = () => location.pathname

function readKept(): Kept | undefined {
  const text = sessionStorage.getItem(KEPT)
  sessionStorage.removeItem(KEPT)
  try {
    return text === null ? undefined : (JSON.parse(text) as Kept)
  } catch {
    return undefined
  }
}

let kept: Kept | undefined
let isRead = false
/** What is typed into forms that are open now. */
const open = new Map<string, unknown>()

/** What a form had before the window was away; given once. */
function takeKept<T>(name: string): T | undefined {
  if (!isRead) [kept, isRead] = [readKept(), true]
  if (!kept || kept.path !== here() || kept.userId !== currentSession()?.userId) return undefined
  const { [name]: found, ...rest } = kept.drafts
  kept = { ...kept, drafts: rest }
  return found as T | undefined
}

/**
 * A state of a form that outlives a sign-in in this window itself. Only what JSON holds, and never a secret, a number or
 * an address of a person: it lies in the browser's session until the window is back.
 */
export function useDraft<T>(name: string, initial: T): [T, Dispatch<SetStateAction<T>>] {
  const [value, set] = useState<T>(() => takeKept<T>(name) ?? initial)
  useEffect(() => {
    open.set(name, value)
    return () => {
      open.delete(name)
    }
  }, [name, value])
  return [value, set]
}

/** Keeps what is typed into the forms of this page, before the window goes away. */
export function keepDrafts(): void {
  const userId = currentSession()?.userId
  if (userId === undefined || open.size === 0) return
  const drafts: Kept = { userId, path: here(), drafts: Object.fromEntries(open) }
  sessionStorage.setItem(KEPT, JSON.stringify(drafts))
}
