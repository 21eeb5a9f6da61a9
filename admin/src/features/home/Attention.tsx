import { useQuery } from '@tanstack/react-query'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { i18n, list, moment, t } from '../../words.ts'
import { attention } from './queries.ts'

/** How many things the list shows: the rest would hide the first. */
const MOST = 8

/** What an administrator should look at, each in a sentence. */
export function Attention() {
  const { data: found, error, refetch } = useQuery(attention)
  return (
    <section className="card" aria-labelledby="attention">
      <h2 id="attention">{t('admin.home.attention.title')}</h2>
      {error && !found && <Refused error={error} again={() => void refetch()} />}
      {!found && !error && <Loading rows={4} />}
      {found?.length === 0 && <p className="calm">{t('admin.home.attention.nothing')}</p>}
      <ul className="rows">
        {found?.slice(0, MOST).map(({ code, severity, count, since, targets }) => (
          <li key={code}>
            <span className={`tag tag-${severity}`}>{t(`admin.home.attention.severity.${severity}`)}</span>
            <div>
              <b>{t(keyOf(code), { count })}</b>
              <p>
                {[
                  since && t('admin.home.attention.since', { when: moment(since) }),
                  targets.length > 0 && list(targets.map(({ displayName }) => displayName)),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** A code that this version does not know yet is shown by its name, and is not hidden. */
function keyOf(code: string) {
  const key = `admin.home.attention.codes.${code}`
  return (i18n.exists(key, { count: 2 }) ? key : 'admin.home.attention.unknown') as 'admin.home.attention.unknown'
}
