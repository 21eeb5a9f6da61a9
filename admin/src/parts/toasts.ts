/** What one has just done, and how it is undone where it can be. */
export interface Toast {
  text: string
  undo?: (() => Promise<unknown>) | undefined
}

let shown: Toast | undefined
const listeners = new Set<() => void>()

export const toastNow = () => shown

export function onToast(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Tells an own act for some seconds, in place of the one before; undefined ends it. What failed is told where it was tried. */
export function tell(toast: Toast | undefined) {
  shown = toast
  for (const listener of listeners) listener()
}
