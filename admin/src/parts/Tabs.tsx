import './tabs.css'
import { type ReactNode, useId } from 'react'
import { arrowKeys } from './arrowKeys.ts'

interface Chosen<T extends string> {
  /** What is chosen among, for a screen reader. */
  label: string
  value: T
  /** What can be chosen, and what stands on the tab of each. */
  options: readonly (readonly [T, ReactNode])[]
  choose: (value: T) => void
  isSmall?: boolean
  /** The id of what the choice changes, where that is not below the tabs. */
  changes?: string
  /** What the chosen tab shows. */
  children?: ReactNode
}

/** A few ways to look at something, one of which is chosen. Arrows lead along them, and Enter or Space chooses. */
export function Tabs<T extends string>({ label, value, options, choose, isSmall, changes, children }: Chosen<T>) {
  const id = useId()
  return (
    <>
      <div role="tablist" aria-label={label} className={isSmall ? 'tabs tabs-small' : 'tabs'} ref={arrowKeys}>
        {options.map(([one, title]) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={id + one}
            aria-selected={one === value}
            aria-controls={changes ?? id}
            onClick={() => choose(one)}
          >
            {title}
          </button>
        ))}
      </div>
      {children && (
        <div role="tabpanel" id={id} aria-labelledby={id + value}>
          {children}
        </div>
      )}
    </>
  )
}
