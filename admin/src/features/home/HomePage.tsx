import { HeadsetRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useDeferredValue } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { tells } from '../../parts/attention.ts'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { loadAllWords, t } from '../../words.ts'
import { Attention } from './Attention.tsx'
import { Reach } from './Reach.tsx'
import { ResetsOfMonth } from './ResetsOfMonth.tsx'

// It is for new companies: the first load needs neither it nor its words.
const StartedCard = lazy(async () => {
  const [card] = await Promise.all([import('../../parts/StartedCard.tsx'), loadAllWords()])
  return card
})

const Changes = lazy(async () => {
  const [card] = await Promise.all([import('./Changes.tsx'), loadAllWords()])
  return card
})

/** The actions without which the steps of a new company can neither be read nor done. */
const LEADS = ['domains.write', 'roles.assign', 'resetPolicies.write', 'audit.read']

/** Is anything wrong, and who can get back in? */
export function HomePage() {
  const { data: allowed } = useQuery(allowedActions)
  const may = new Set(allowed?.value)
  const mayRead = may.has('reports.read')
  // The figure is read first: what stands below it is drawn after it, as its first date takes a slow processor longer.
  const isRest = useDeferredValue(true, false)
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.home.title')}</h1>
          <LearnMore topic="faq" />
        </div>
        {may.has('readiness.read') && (
          <Link to="/help-desk" className="link-button">
            <HeadsetRegular aria-hidden="true" /> {t('admin.home.help')}
          </Link>
        )}
      </div>
      {mayRead && <Reach />}
      <div className="columns">
        <div className="stack">
          {isRest && tells.some(action => may.has(action)) && <Attention actions={may} />}
          {isRest && may.has('audit.read') && (
            <Suspense>
              <Changes />
            </Suspense>
          )}
        </div>
        <div className="stack">
          {mayRead && (
            <section className="card" aria-labelledby="resets">
              <div className="card-head">
                <h2 id="resets">{t('admin.home.resets.title')}</h2>
                <Link to="/reports/$report" params={{ report: 'resets' }}>
                  {t('admin.home.resets.report')}
                </Link>
              </div>
              {isRest && (
                <Suspense>
                  <ResetsOfMonth />
                </Suspense>
              )}
            </section>
          )}
          {isRest && LEADS.every(action => may.has(action)) && (
            <Suspense>
              <StartedCard />
            </Suspense>
          )}
        </div>
      </div>
      {!tells.some(action => may.has(action)) && <p>{t('admin.home.nothingHere')}</p>}
    </div>
  )
}
