import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { NotHere } from '../../frame/NotHere.tsx'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { t } from '../../words.ts'
import { type Report, reports } from './address.ts'
import { BlockedReport } from './BlockedReport.tsx'
import { CannotResetReport } from './CannotResetReport.tsx'
import { MessagesReport } from './MessagesReport.tsx'
import { RegistrationReport } from './RegistrationReport.tsx'
import { ResetsReport } from './ResetsReport.tsx'
import { SignInsReport } from './SignInsReport.tsx'

const pages: Record<Report, ComponentType> = {
  registration: RegistrationReport,
  resets: ResetsReport,
  'cannot-reset': CannotResetReport,
  blocked: BlockedReport,
  messages: MessagesReport,
  'sign-ins': SignInsReport,
}

/** What happened, each question with its answer first. */
export function ReportsPage() {
  const { report } = useParams({ from: '/reports/$report' })
  const { days, from, to, as } = useSearch({ from: '/reports/$report' })
  const navigate = useNavigate()
  const name = reports.find(one => one === report)
  if (!name) return <NotHere />
  const Page = pages[name]
  // The days go along from report to report; what narrows one means nothing to the next.
  const kept = Object.fromEntries(Object.entries({ days, from, to, as }).filter(([, value]) => value !== undefined))
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.reports.title')}</h1>
          {name === 'registration' ? <LearnMore topic="roll-out" /> : <LearnMore topic="reports" />}
        </div>
      </div>
      <Tabs
        label={t('admin.reports.title')}
        value={name}
        options={reports.map(one => [one, t(`admin.reports.tabs.${one}`)])}
        choose={one => void navigate({ to: '/reports/$report', params: { report: one }, search: kept })}
      >
        <Page />
      </Tabs>
      <p className="note">{t('admin.reports.daysInUtc')}</p>
    </div>
  )
}
