import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Refused } from '../parts/Refused.tsx'
import { endToast, keepToast, onToast, type ToldToast, toastsNow } from '../parts/toasts.ts'
import { t } from '../words.ts'
import { isHeldBack } from './shortcuts.ts'

/** Milliseconds that an act is told, unless somebody points at it. */
const SEEN = 5_000

/** Tells what one has just done, and undoes it by its button or Ctrl Z. Every act can be undone on its page too. */
export function OwnAct() {
  const toasts = useSyncExternalStore(onToast, toastsNow)
  return (
    <div className="own-act" aria-live="polite">
      {toasts.map(toast => (
        <Told key={toast.number} toast={toast} isNewest={toast === toasts.at(-1)} />
      ))}
    </div>
  )
}

function Told({ toast, isNewest }: { toast: ToldToast; isNewest: boolean }) {
  const { text, undo } = toast
  const queries = useQueryClient()
  const card = useRef<HTMLDivElement>(null)
  const [isHeld, setHeld] = useState(false)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => undo?.(),
    onMutate: () => keepToast(toast),
    onSuccess: async () => {
      // The button goes, and would take the focus with it.
      if (card.current?.contains(document.activeElement)) document.querySelector<HTMLElement>('h1')?.focus()
      endToast(toast)
      await queries.invalidateQueries()
    },
  })
  const stays = isHeld || isPending || error !== null
  useEffect(() => {
    if (stays) return
    const timer = setTimeout(() => endToast(toast), SEEN)
    return () => clearTimeout(timer)
  }, [stays, toast])
  useEffect(() => {
    if (!undo || !isNewest || isPending || error) return
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return
      if (event.defaultPrevented || isHeldBack(event.target)) return
      event.preventDefault()
      mutate()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [undo, isNewest, isPending, error, mutate])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only keeps it in sight
    <div
      ref={card}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{text}</span>
      {undo && !error && (
        <button type="button" className="link-button" disabled={isPending} onClick={() => mutate()}>
          {t('admin.frame.undo')} {isNewest && <kbd>Ctrl Z</kbd>}
        </button>
      )}
      {error && (
        <>
          <Refused error={error} />
          <button type="button" className="link-button" onClick={() => endToast(toast)}>
            {t('admin.frame.close')}
          </button>
        </>
      )}
    </div>
  )
}
