import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { country, t } from '../../words.ts'
import { desk } from './queries.ts'

/** The reviewers' desk: the firms whose verification is open, those that wait longest first. */
export function DeskPage() {
  const { firm: open } = useParams({ strict: false }) as { firm?: string }
  const { data, error, refetch } = useQuery(desk)
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <div>
            <h1 tabIndex={-1}>{t('admin.frame.places.verifications')}</h1>
            <p>{t('admin.verification.desk.lead')}</p>
            <LearnMore topic="partners" />
          </div>
        </div>
        {!data && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={4} />)}
        {data?.length === 0 && <p className="empty">{t('admin.verification.desk.none')}</p>}
        <ul className="rows">
          {data?.map(({ id, companyName, partnerId, country: code, status, claimedBy }) => (
            <li key={id}>
              <span className={status === 'pending' ? 'tag tag-medium' : 'tag'}>
                {t(`admin.verification.desk.statuses.${status}`)}
              </span>
              <div className="grows">
                <Link
                  to="/verifications/$firm"
                  params={{ firm: id }}
                  id={`firm-${id}`}
                  {...(id === open && { 'aria-current': 'true' })}
                >
                  <b>{companyName}</b>
                </Link>
                <p>
                  {country(code)} · {partnerId}
                </p>
              </div>
              {claimedBy && (
                <span>{t('admin.verification.desk.with', { person: claimedBy.userPrincipalName ?? '' })}</span>
              )}
            </li>
          ))}
        </ul>
      </div>
      <Outlet />
    </div>
  )
}
