import { useEffect } from 'react'

/** In a dialog that no button opened: what had the focus when it came has it again when it is gone. */
export function ReturnFocus() {
  useEffect(() => {
    const before = document.activeElement
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return null
}
