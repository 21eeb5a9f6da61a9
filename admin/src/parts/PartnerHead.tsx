import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { t } from '../words.ts'
import { LearnMore } from './LearnMore.tsx'
import { PageTabs } from './PageTabs.tsx'
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
    <>
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t(`admin.partner.titles.${page}`)}</h1>
          <p>{lead}</p>
          <LearnMore topic="partners" />
        </div>
        {children}
      </div>
      {/* Without an account there is nothing beside it. */}
      {data && <PageTabs pages={pages} page={page} titleOf={name => t(`admin.partner.titles.${name}`)} />}
    </>
  )
}
