import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { attention, sentenceOfAttention, waysTo } from '../../parts/attention.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { list, moment, t } from '../../words.ts'

/** How many things the list shows: the rest would hide the first. */
const MOST = 8

/** What an administrator should look at, each in a sentence. */
export function Attention({ actions }: { actions: ReadonlySet<string> }) {
  const { data: found, error, refetch } = useQuery(attention)
  return (
    <section className="card" aria-labelledby="attention">
      <h2 id="attention">{t('admin.home.attention.title')}</h2>
      {error && !found && <Refused error={error} again={() => void refetch()} />}
      {!found && !error && <Loading rows={4} />}
      {found?.length === 0 && <p className="calm">{t('admin.home.attention.nothing')}</p>}
      <ul className="rows steps">
        {found?.slice(0, MOST).map(({ code, severity, count, since, targets }) => (
          <li key={code}>
            <span className={`tag tag-${severity}`}>{t(`admin.home.attention.severity.${severity}`)}</span>
            <div className="grows">
              <b>{sentenceOfAttention({ code, count, targets })}</b>
              <p>
                {[
                  since && t('admin.home.attention.since', { when: moment(since) }),
                  targets.length > 0 && list(targets.map(({ displayName }) => displayName)),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
            </div>
            {waysTo({ code, count, targets }, actions)
              .slice(0, 1)
              .map(({ verb, ...way }) => (
                <Link key={verb} className="link-button" {...way}>
                  {t(`admin.home.attention.verbs.${verb}`)}
                </Link>
              ))}
          </li>
        ))}
      </ul>
    </section>
  )
}
