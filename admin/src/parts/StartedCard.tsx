import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { number, t } from '../words.ts'
import { steps } from './started.ts'
import { stepsDone } from './startedQueries.ts'

/** How far a new company has come; nothing once all is done. */
export default function StartedCard() {
  const { data: done } = useQuery(stepsDone)
  if (!done || done.size === steps.length) return null
  return (
    <section className="card" aria-labelledby="started">
      <h2 id="started">{t('admin.started.title')}</h2>
      <p>{t('admin.started.progress', { done: number(done.size), all: number(steps.length) })}</p>
      <ol className="rows">
        {steps.map(step => (
          <li key={step}>
            <span className={done.has(step) ? 'tag tag-good' : 'tag'}>
              {t(done.has(step) ? 'admin.started.done' : 'admin.started.open')}
            </span>
            {done.has(step) ? (
              <span>{t(`admin.started.steps.${step}.title`)}</span>
            ) : (
              <Link to="/getting-started" hash={step}>
                {t(`admin.started.steps.${step}.title`)}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
