import { Button } from '@fluentui/react-components'
import { DismissRegular } from '@fluentui/react-icons'
import { type ReactNode, useEffect, useRef } from 'react'
import { t } from '../words.ts'
import { Loading } from './Loading.tsx'
import { Refused } from './Refused.tsx'

interface Shown {
  /** What the panel is about, for a screen reader. */
  label: string
  /** The name of what is open; undefined while it is read. */
  heading: string | undefined
  error?: Error | null
  again?: () => void
  close: () => void
  children?: ReactNode
}

/** What is open beside its list. It takes the focus, and Escape closes it. */
export function Panel({ label, heading, error, again, close, children }: Shown) {
  const title = useRef<HTMLHeadingElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what opens in place of another is read from its beginning
  useEffect(() => title.current?.focus(), [heading])
  // What had the focus may have gone with its row: Escape closes the panel from nowhere, too.
  useEffect(() => {
    const leave = ({ key, defaultPrevented }: KeyboardEvent) => {
      if (key === 'Escape' && !defaultPrevented && document.activeElement === document.body) close()
    }
    document.addEventListener('keydown', leave)
    return () => document.removeEventListener('keydown', leave)
  }, [close])
  return (
    <aside
      className="panel"
      aria-label={label}
      onKeyDown={({ key, defaultPrevented }) => key === 'Escape' && !defaultPrevented && close()}
    >
      <Button
        appearance="subtle"
        className="panel-close"
        icon={<DismissRegular />}
        aria-label={t('admin.frame.closePanel')}
        onClick={close}
      />
      {error && heading === undefined && <Refused error={error} {...(again && { again })} />}
      {heading === undefined && !error && <Loading rows={6} />}
      {heading !== undefined && (
        <>
          <h2 tabIndex={-1} ref={title}>
            {heading}
          </h2>
          {children}
        </>
      )}
    </aside>
  )
}
