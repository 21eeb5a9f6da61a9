import type { ReactNode } from 'react'
import { LearnMore } from './LearnMore.tsx'
import { type PageTab, PageTabs } from './PageTabs.tsx'

interface Shown<Name extends string> {
  /** The pages beside one another; none where there is nothing beside this one. */
  pages: readonly PageTab<Name>[]
  page: Name
  titleOf: (name: Name) => string
  lead: ReactNode
  children?: ReactNode
}

/** What stands above each of the pages about partners that belong together: its title and lead, and the way to the others. */
export function PagesHead<Name extends string>({ pages, page, titleOf, lead, children }: Shown<Name>) {
  return (
    <>
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{titleOf(page)}</h1>
          {lead}
          <LearnMore topic="partners" />
        </div>
        {children}
      </div>
      <PageTabs pages={pages} page={page} titleOf={titleOf} />
    </>
  )
}
