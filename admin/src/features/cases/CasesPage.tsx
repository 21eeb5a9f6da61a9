import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { Tabs } from '../../parts/Tabs.tsx'
import { moment, t } from '../../words.ts'
import { type CaseRow, cases, views } from './queries.ts'

/** The people who have no way in, and asked for help. */
export function CasesPage() {
  const { view = 'open' } = useSearch({ from: '/cases' })
  const { case: open } = useParams({ strict: false }) as { case?: string }
  const navigate = useNavigate()
  const list = useInfiniteQuery(cases(view))
  const search = view === 'open' ? {} : { view }
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <div>
            <h1 tabIndex={-1}>{t('admin.cases.title')}</h1>
            <p>{t('admin.cases.lead')}</p>
          </div>
        </div>
        <Tabs
          label={t('admin.cases.title')}
          value={view}
          options={views.map(one => [one, t(`admin.cases.views.${one}`)])}
          choose={one => void navigate({ to: '/cases', search: one === 'closed' ? { view: one } : {} })}
        >
          <PagedTable
            label={t('admin.cases.title')}
            list={list}
            open={open}
            columns={[
              {
                title: t('admin.cases.columns.case'),
                cell: row => (
                  <Link
                    to="/cases/$case"
                    params={{ case: row.number }}
                    search={search}
                    className="two-lines"
                    id={`case-${row.number}`}
                    {...(row.number === open && { 'aria-current': 'true' })}
                  >
                    <b>{row.number}</b>
                    <small>{t(`admin.cases.kinds.${row.kind as 'other'}`)}</small>
                  </Link>
                ),
              },
              { title: t('admin.cases.columns.address'), cell: row => <bdi>{row.address}</bdi> },
              { title: t('admin.cases.columns.state'), cell: row => <State row={row} /> },
              { title: t('admin.cases.columns.opened'), cell: row => moment(row.openedDateTime) },
            ]}
            empty={<p className="empty">{t(`admin.cases.none.${view}`)}</p>}
            foot={(shown, count) => t('admin.cases.shown', { count, shown })}
          />
        </Tabs>
      </div>
      <Outlet />
    </div>
  )
}

function State({ row: { state, result } }: { row: Pick<CaseRow, 'state' | 'result'> }) {
  if (state === 'closed') return <span className="tag">{t(`admin.cases.results.${result as 'resolved'}`)}</span>
  return (
    <span className={state === 'administrators' ? 'tag tag-medium' : 'tag'}>
      {t(`admin.cases.states.${state as 'asker'}`)}
    </span>
  )
}
