import { DismissCircleFilled, WarningFilled } from '@fluentui/react-icons'
import type { ReactNode } from 'react'

interface Shown {
  /** A refusal is read out at once; a warning stands for as long as it holds. */
  kind: 'error' | 'warning'
  title: string
  children: ReactNode
  /** What can be done about it. */
  act?: ReactNode
}

const sign = { className: 'picture told-sign', 'aria-hidden': true } as const

/** Tells what went wrong in the place where it did. It is no part of Fluent: the first load has to be able to show it. */
export function Told({ kind, title, children, act }: Shown) {
  return (
    <div className={`told told-${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      {kind === 'error' ? <DismissCircleFilled {...sign} /> : <WarningFilled {...sign} />}
      <div className="told-text">
        <b>{title}</b> {children}
      </div>
      {act}
    </div>
  )
}
