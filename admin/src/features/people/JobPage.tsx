import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { JobProgress } from '../../parts/JobProgress.tsx'
import { job } from '../../parts/jobs.ts'
import { i18n, moment, t } from '../../words.ts'

/** A job with many rows: how far it is, and what became of each row. Its maker comes back to it from the bell. */
export function JobPage() {
  const { job: id } = useParams({ from: '/jobs/$job' })
  const { data: found } = useQuery(job(id))
  const key = `admin.people.import.kinds.${found?.kind}`
  const kind = i18n.exists(key) ? t(key as 'admin.people.import.kinds.usersCreate') : undefined
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{found?.fileName ?? kind ?? t('admin.frame.bell.job')}</h1>
          <p>{[kind, found?.createdDateTime && moment(found.createdDateTime)].filter(Boolean).join(' · ')}</p>
        </div>
        <Link to="/people/import">{t('admin.people.import.title')}</Link>
      </div>
      <section className="card" aria-labelledby="running">
        <h2 id="running">{t(found?.dryRun ? 'admin.people.import.checked' : 'admin.people.import.running')}</h2>
        {found?.dryRun && <p className="calm">{t('admin.people.import.onlyChecked')}</p>}
        <JobProgress id={id} />
      </section>
    </div>
  )
}
