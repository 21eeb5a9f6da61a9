import { useQuery } from '@tanstack/react-query'
import { exactly, list, t } from '../../words.ts'
import { runningRescues } from './queries.ts'

/** A provider is about to let somebody back in: who asks, who vouches, until when, and where to object. */
export function RunningRescues() {
  const { data } = useQuery(runningRescues)
  return data?.map(({ id, state, act, target, asker, provider, people, endDateTime, objection, url }) => (
    <section key={id} className="standing" role="status" aria-labelledby={`rescue-${id}`}>
      <h2 id={`rescue-${id}`}>{t('admin.partners.running.title', { asker, provider })}</h2>
      <p>{t(`admin.partners.running.states.${state as 'taken'}`, { when: exactly(endDateTime) })}</p>
      <dl className="facts">
        <div>
          <dt>{t('admin.rescues.facts.act')}</dt>
          <dd>
            {t(`admin.rescues.acts.${act}`)} {target && <bdi>({target})</bdi>}
          </dd>
        </div>
        <div>
          <dt>{t('admin.partners.running.people')}</dt>
          <dd>{list(people)}</dd>
        </div>
      </dl>
      {objection && (
        <p className="ask">
          <a href={new URL(url).pathname}>{t(`admin.partners.running.${objection}`)}</a>
        </p>
      )}
    </section>
  ))
}
