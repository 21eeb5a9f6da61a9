import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { t } from '../words.ts'
import { PagesHead } from './PagesHead.tsx'
import { account } from './partnerQueries.ts'

/** The pages about the firm as a partner, each with what opens it. */
const pages = [
  { name: 'account', to: '/partner', takes: 'partner.account.read' },
  { name: 'verification', to: '/partner/verification', takes: 'partner.verification.read' },
  { name: 'rescues', to: '/partner/rescues', takes: 'partner.rescues.read' },
  { name: 'activities', to: '/partner/activities', takes: 'partner.activity.read' },
] as const

interface Shown {
  page: (typeof pages)[number]['name']
  lead: string
  children?: ReactNode
}

/** What stands above each of the pages about the firm as a partner. */
export function PartnerHead({ page, lead, children }: Shown) {
  const { data } = useQuery(account)
  return (
    <PagesHead
      // Without an account there is nothing beside it.
      pages={data ? pages : []}
      page={page}
      titleOf={name => t(`admin.partner.titles.${name}`)}
      lead={<p>{lead}</p>}
    >
      {children}
    </PagesHead>
  )
}
