import { useEffect, useState } from 'react'
import { confirmBy } from '../api/client.ts'
import type { Asked } from './ConfirmDialog.tsx'

/** Shows the dialog of a second step when an act takes one. It comes then: a first load needs none. */
export function ConfirmItIsYou() {
  const [shown, setShown] = useState<Asked & Pick<typeof import('./ConfirmDialog.tsx'), 'ConfirmDialog'>>()
  useEffect(
    () =>
      confirmBy(async strength => {
        const { ConfirmDialog } = await import('./ConfirmDialog.tsx')
        const { promise, resolve } = Promise.withResolvers<boolean>()
        setShown({ ConfirmDialog, strength, answer: resolve })
        return promise.finally(() => setShown(undefined))
      }),
    [],
  )
  if (!shown) return null
  const { ConfirmDialog, ...asked } = shown
  return <ConfirmDialog {...asked} />
}
