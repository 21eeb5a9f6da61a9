import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { roles } from '../parts/roleQueries.ts'
import { either, t } from '../words.ts'
import type { Place } from './places.ts'

/** What stands at the address of a page that one's roles do not open: which roles would, the one that opens least first. */
export function NotYours({ place: { words, takes } }: { place: Place }) {
  const { data, isPending } = useQuery(roles)
  const able = (data ?? [])
    .filter(({ actions }) => takes.some(action => actions.includes(action)))
    .toSorted((one, other) => one.actions.length - other.actions.length)
    .map(({ displayName }) => displayName)
  return (
    <div className="page">
      <h1 tabIndex={-1}>{t(words)}</h1>
      {!isPending && (
        <p>
          {able.length > 0 ? t('admin.frame.notYours.takes', { roles: either(able) }) : t('admin.frame.notYours.no')}
        </p>
      )}
      <Link to="/">{t('admin.frame.places.home')}</Link>
    </div>
  )
}
