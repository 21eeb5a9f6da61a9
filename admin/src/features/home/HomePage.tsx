import { useQuery } from '@tanstack/react-query'
import { Suspense } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { t } from '../../words.ts'
import { Attention } from './Attention.tsx'
import { Reach } from './Reach.tsx'
import { ResetsOfMonth } from './ResetsOfMonth.tsx'

/** Is anything wrong, and who can get back in? */
export function HomePage() {
  const { data: allowed } = useQuery(allowedActions)
  const may = new Set(allowed?.value)
  const mayRead = may.has('reports.read')
  return (
    <div className="page">
      <div className="head">
        <h1 tabIndex={-1}>{t('admin.home.title')}</h1>
      </div>
      {mayRead && <Reach />}
      <div className="columns">
        {(mayRead || may.has('audit.read')) && <Attention actions={may} />}
        {mayRead && (
          <section className="card" aria-labelledby="resets">
            <h2 id="resets">{t('admin.home.resets.title')}</h2>
            <Suspense>
              <ResetsOfMonth />
            </Suspense>
          </section>
        )}
      </div>
      {!mayRead && !may.has('audit.read') && <p>{t('admin.home.nothingHere')}</p>}
    </div>
  )
}
