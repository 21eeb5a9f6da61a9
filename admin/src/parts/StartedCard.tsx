import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { number, t } from '../words.ts'
import { progressOf, steps } from './started.ts'
import { stepsDone } from './startedQueries.ts'

/** How far a new company has come; nothing once all is done. */
export default function StartedCard() {
  const { data: done } = useQuery(stepsDone)
  if (!done || done.size === steps.length) return null
  const progress = progressOf(done)
  return (
    <section className="card" aria-labelledby="started">
      <h2 id="started">{t('admin.started.title')}</h2>
      <p>{t('admin.started.progress', { done: number(progress.done), all: number(progress.all) })}</p>
      <ol className="rows started">
        {steps.map(step => (
          <li key={step}>
            <span className={done.get(step) === 'done' ? 'tag tag-good' : 'tag'}>
              {t(`admin.started.${done.get(step) ?? 'open'}`)}
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
