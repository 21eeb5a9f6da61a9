import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { organization } from '../../api/queries.ts'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { languageName, list, t } from '../../words.ts'
import { type Group, groupNames, groups } from './kinds.ts'
import { type Notice, notices } from './queries.ts'

/** Which mails a company sends to its people, and in whose words. */
export function NoticesPage() {
  const { data: company, error: companyError } = useQuery(organization)
  const id = company?.id as string | undefined
  const { data, error: readError, refetch } = useQuery({ ...notices(id ?? ''), enabled: id !== undefined })
  const error = companyError ?? readError
  return (
    <div className="page">
      <div className="head">
        <div>
          <h1 tabIndex={-1}>{t('admin.notices.title')}</h1>
          <p>{t('admin.notices.lead')}</p>
        </div>
      </div>
      {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={12} />)}
      {data && (
        <div className="stack">
          {groupNames.map(group => (
            <Some key={group} group={group} all={data} />
          ))}
        </div>
      )}
    </div>
  )
}

function Some({ group, all }: { group: Group; all: readonly Notice[] }) {
  return (
    <section className="card" aria-labelledby={group}>
      <h2 id={group}>{t(`admin.notices.groups.${group}`)}</h2>
      <ul className="rows steps">
        {groups[group].map(kind => {
          const notice = all.find(one => one.id === kind)
          if (!notice) return null
          const own = notice.wordings.map(one => languageName(one.language))
          return (
            <li key={kind}>
              <div className="grows">
                <Link to="/notices/$notice" params={{ notice: kind }}>
                  {t(`admin.notices.kinds.${kind}.name`)}
                </Link>
                <p>{t(`admin.notices.kinds.${kind}.when`)}</p>
                {own.length > 0 && <p>{t('admin.notices.ownIn', { languages: list(own) })}</p>}
              </div>
              <span className={notice.isOn ? 'tag tag-good' : 'tag'}>
                {t(notice.canBeOff ? `admin.notices.${notice.isOn ? 'on' : 'off'}` : 'admin.notices.always')}
              </span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
