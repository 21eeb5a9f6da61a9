import { SearchBox } from '@fluentui/react-components'
import { useEffect, useState } from 'react'

/** Milliseconds after the last letter until the list is asked for. */
const TYPED = 250

interface Shown {
  /** What the address says. */
  q: string
  label: string
  find: (q: string) => void
}

/** Searches a list. What is typed stands in the address a moment after the last letter. */
export function FindBox({ q, label, find }: Shown) {
  const [typed, setTyped] = useState(q)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address changes by typing, and never the other way round but by Back
  useEffect(() => {
    if (typed === q) return
    const timer = setTimeout(() => find(typed), TYPED)
    return () => clearTimeout(timer)
  }, [typed])
  useEffect(() => setTyped(current => (current.trim() === q ? current : q)), [q])
  return (
    <SearchBox
      className="find"
      value={typed}
      placeholder={label}
      aria-label={label}
      onChange={(_, { value }) => setTyped(value)}
    />
  )
}
