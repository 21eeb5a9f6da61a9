import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { Refused } from '../parts/Refused.tsx'
import { onToast, type ToldToast, tell, toastNow } from '../parts/toasts.ts'
import { t } from '../words.ts'

/** Milliseconds that an act is told, unless somebody points at it. */
const SEEN = 5_000

/** Tells what one has just done, and undoes it by its button or Ctrl Z. Every act can be undone on its page too. */
export function OwnAct() {
  const toast = useSyncExternalStore(onToast, toastNow)
  return (
    <div className="own-act" aria-live="polite">
      {toast && <Told key={toast.number} toast={toast} />}
    </div>
  )
}

function Told({ toast }: { toast: ToldToast }) {
  const { text, undo } = toast
  const queries = useQueryClient()
  const card = useRef<HTMLDivElement>(null)
  const [isHeld, setHeld] = useState(false)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => undo?.(),
    onSuccess: async () => {
      // The button goes, and would take the focus with it.
      if (card.current?.contains(document.activeElement)) document.querySelector<HTMLElement>('h1')?.focus()
      // Another act may be told meanwhile.
      if (toastNow() === toast) tell(undefined)
      await queries.invalidateQueries()
    },
  })
  const stays = isHeld || isPending || error !== null
  useEffect(() => {
    if (stays) return
    const timer = setTimeout(() => tell(undefined), SEEN)
    return () => clearTimeout(timer)
  }, [stays])
  useEffect(() => {
    if (!undo || isPending || error) return
    const press = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.matches('input, textarea, select')
      if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || isTyping) return
      event.preventDefault()
      mutate()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [undo, isPending, error, mutate])
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
          {t('admin.frame.undo')} <kbd>Ctrl Z</kbd>
        </button>
      )}
      {error && (
        <>
          <Refused error={error} />
          <button type="button" className="link-button" onClick={() => tell(undefined)}>
            {t('admin.frame.close')}
          </button>
        </>
      )}
    </div>
  )
}
