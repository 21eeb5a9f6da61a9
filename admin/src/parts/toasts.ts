/** What one has just done, and how it is undone where it can be. */
export interface Toast {
  text: string
  undo?: (() => Promise<unknown>) | undefined
}

/** A toast that is told; no other has its number. */
export interface ToldToast extends Toast {
  number: number
}

let shown: ToldToast | undefined
let told = 0
const listeners = new Set<() => void>()

export const toastNow = () => shown

export function onToast(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Tells an own act for some seconds, in place of the one before; undefined ends it. What failed is told where it was tried. */
export function tell(toast: Toast | undefined) {
  shown = toast && { ...toast, number: ++told }
  for (const listener of listeners) listener()
}
