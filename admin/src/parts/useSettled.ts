import { useEffect, useState } from 'react'

/** Milliseconds after the last letter until a preview follows. */
const SETTLED = 500

/** What was typed, once it has stayed for a moment. Only what JSON holds. */
export function useSettled<T>(typed: T): T {
  const text = JSON.stringify(typed)
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED)
    return () => clearTimeout(timer)
  }, [text])
  return JSON.parse(settled) as T
}
