import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { LearnMore } from '../../parts/LearnMore.tsx'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { country, t } from '../../words.ts'
import { desk } from './queries.ts'

/** The reviewers' desk: the firms whose verification is open, those that wait longest first. */
export function DeskPage() {
  const { firm: open } = useParams({ strict: false }) as { firm?: string }
  const list = useInfiniteQuery(desk)
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
        <PagedTable
          label={t('admin.frame.places.verifications')}
          list={list}
          open={open}
          columns={[
            {
              title: t('admin.verification.desk.columns.firm'),
              cell: ({ id, companyName, partnerId, country: code }) => (
                <Link
                  to="/verifications/$firm"
                  params={{ firm: id }}
                  className="two-lines"
                  id={`firm-${id}`}
                  {...(id === open && { 'aria-current': 'true' })}
                >
                  <b>{companyName}</b>
                  <small>
                    {country(code)} · {partnerId}
                  </small>
                </Link>
              ),
            },
            {
              title: t('admin.verification.desk.columns.reviewer'),
              cell: ({ claimedBy }) => claimedBy?.userPrincipalName ?? '–',
            },
            {
              title: t('admin.verification.desk.columns.status'),
              cell: ({ status }) => (
                <span className={status === 'pending' ? 'tag tag-medium' : 'tag'}>
                  {t(`admin.verification.desk.statuses.${status}`)}
                </span>
              ),
            },
          ]}
          empty={<p className="empty">{t('admin.verification.desk.none')}</p>}
          foot={(shown, count) => t('admin.verification.desk.shown', { count, shown })}
        />
      </div>
      <Outlet />
    </div>
  )
}
