import { useEffect, useState } from 'react'

/** In a dialog that no button opened: what had the focus when it came has it again when it is gone. */
export function ReturnFocus() {
  // Read while it is drawn: a field of the dialog may take the focus before any effect runs.
  const [before] = useState(() => document.activeElement)
  useEffect(
    () => () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    },
    [before],
  )
  return null
}
