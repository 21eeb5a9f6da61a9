import { type ComponentType, useEffect, useState } from 'react'
import { confirmBy } from '../api/client.ts'
import { late } from '../parts/late.tsx'
import type { Asked } from './ConfirmDialog.tsx'

/** Shows the dialog of a second step when an act takes one. It comes then: a first load needs none. */
export function ConfirmItIsYou() {
  const [shown, setShown] = useState<Asked & { ConfirmDialog: ComponentType<Asked> }>()
  useEffect(
    () =>
      confirmBy(async strength => {
        const { default: ConfirmDialog } = await late(() => import('./ConfirmDialog.tsx'), 'ConfirmDialog')
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
