import type { ReactNode } from 'react'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { PageTabs } from '../../parts/PageTabs.tsx'
import { t } from '../../words.ts'

/** The pages about the company's partners. */
const pages = [
  { name: 'partners', to: '/partners', takes: 'partners.read' },
  { name: 'agreement', to: '/partners/rescue-agreement', takes: 'partners.read' },
] as const

interface Shown {
  page: (typeof pages)[number]['name']
  /** Tells who decides, to somebody who does not. */
  mayDecide: boolean
  children?: ReactNode
}

/** What stands above each of the pages about the company's partners. */
export function PartnersHead({ page, mayDecide, children }: Shown) {
  return (
    <>
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t(`admin.partners.titles.${page}`)}</h1>
          <p>{t(`admin.partners.leads.${page}`)}</p>
          {!mayDecide && <p>{t('admin.partners.whoDecides')}</p>}
          <LearnMore topic="partners" />
        </div>
        {children}
      </div>
      <PageTabs pages={pages} page={page} titleOf={name => t(`admin.partners.titles.${name}`)} />
    </>
  )
}
