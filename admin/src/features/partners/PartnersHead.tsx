import type { ReactNode } from 'react'
import { PagesHead } from '../../parts/PagesHead.tsx'
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
    <PagesHead
      pages={pages}
      page={page}
      titleOf={name => t(`admin.partners.titles.${name}`)}
      lead={
        <>
          <p>{t(`admin.partners.leads.${page}`)}</p>
          {!mayDecide && <p>{t('admin.partners.whoDecides')}</p>}
        </>
      }
    >
      {children}
    </PagesHead>
  )
}
