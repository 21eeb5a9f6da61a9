/** What one has just done, and how it is undone where it can be. */
export interface Toast {
  text: string
  undo?: (() => Promise<unknown>) | undefined
}

/** A toast that is told; no other has its number. */
export interface ToldToast extends Toast {
  number: number
}

let shown: readonly ToldToast[] = []
let told = 0
/** The numbers of those whose undo is on its way or was refused: no other act takes them out of sight. */
const kept = new Set<number>()
const listeners = new Set<() => void>()

/** Those in sight, the newest last. */
export const toastsNow = () => shown

export function onToast(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function show(toasts: readonly ToldToast[]) {
  shown = toasts
  for (const listener of listeners) listener()
}

/** Tells an own act for some seconds, in place of the one before. What failed is told where it was tried. */
export const tell = (toast: Toast) =>
  show([...shown.filter(({ number }) => kept.has(number)), { ...toast, number: ++told }])

/** Leaves a toast in sight until it is ended, whatever is told meanwhile. */
export const keepToast = ({ number }: ToldToast) => kept.add(number)

export function endToast({ number }: ToldToast) {
  kept.delete(number)
  show(shown.filter(one => one.number !== number))
}
