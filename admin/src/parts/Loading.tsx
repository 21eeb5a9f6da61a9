import { useEffect, useState } from 'react'
import { t } from '../words.ts'

/** Milliseconds without a sign: what is there at once should not flicker. */
const CALM = 150

/** The shape of rows that are on their way. */
export function Loading({ rows }: { rows: number }) {
  const [isSlow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), CALM)
    return () => clearTimeout(timer)
  }, [])
  if (!isSlow) return null
  return (
    <div className="loading" role="progressbar" aria-busy="true" aria-label={t('admin.frame.loading')}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows that stand for nothing have no other name
        <span key={row} />
      ))}
    </div>
  )
}
