import type { ReactNode } from 'react'
import { number } from '../../words.ts'

export interface Rank {
  id: string
  label: ReactNode
  many: number
  color: string
  note?: string
}

/** Counts as bars, the longest first. An element of its own draws each bar, so that forced colours keep it. */
export function Ranked({ ranks }: { ranks: readonly Rank[] }) {
  const most = Math.max(...ranks.map(({ many }) => many), 1)
  return (
    <ul className="ranked">
      {ranks.map(({ id, label, many, color, note }) => (
        <li key={id}>
          <span>{label}</span>
          <b>{number(many)}</b>
          <svg className="track" aria-hidden="true" preserveAspectRatio="none" viewBox="0 0 100 1">
            <rect width={(many / most) * 100} height="1" fill={color} />
          </svg>
          {note && <small>{note}</small>}
        </li>
      ))}
    </ul>
  )
}
