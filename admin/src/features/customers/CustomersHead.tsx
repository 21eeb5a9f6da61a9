import type { ReactNode } from 'react'
import { PagesHead } from '../../parts/PagesHead.tsx'
import { t } from '../../words.ts'

/** The pages about customers, each with what opens it. */
const pages = [
  { name: 'customers', to: '/customers', takes: 'partner.customers.read' },
  { name: 'relationships', to: '/customers/relationships', takes: 'partner.relationships.read' },
  { name: 'delegations', to: '/customers/delegations', takes: 'partner.relationships.read' },
  { name: 'invitations', to: '/customers/invitations', takes: 'partner.customers.read' },
] as const

interface Shown {
  page: (typeof pages)[number]['name']
  children?: ReactNode
}

/** What stands above each of the pages about customers. */
export function CustomersHead({ page, children }: Shown) {
  return (
    <PagesHead
      pages={pages}
      page={page}
      titleOf={name => t(`admin.customers.titles.${name}`)}
      lead={<p>{t(`admin.customers.leads.${page}`)}</p>}
    >
      {children}
    </PagesHead>
  )
}
