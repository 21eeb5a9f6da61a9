import './tabs.css'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { allowedActions } from '../api/queries.ts'
import { t } from '../words.ts'

/** A page beside others, with what opens it. */
export interface PageTab<Name extends string = string> {
  name: Name
  to: string
  takes: string
}

interface Shown<Name extends string> {
  pages: readonly PageTab<Name>[]
  page: Name
  titleOf: (name: Name) => string
}

/** Leads from a page to those beside it that one's roles open. */
export function PageTabs<Name extends string>({ pages, page, titleOf }: Shown<Name>) {
  const { data: allowed } = useQuery(allowedActions)
  const open = pages.filter(({ takes }) => allowed?.value.includes(takes))
  if (open.length < 2) return null
  return (
    <nav className="tabs" aria-label={t('admin.frame.palette.kinds.pages')}>
      {open.map(({ name, to }) => (
        // By itself a link tells its own page of all pages below it, too.
        <Link
          key={name}
          to={to}
          preload="intent"
          activeOptions={{ exact: true }}
          aria-current={name === page ? 'page' : undefined}
        >
          {titleOf(name)}
        </Link>
      ))}
    </nav>
  )
}
