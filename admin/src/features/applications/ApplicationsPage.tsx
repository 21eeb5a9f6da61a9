import { Button } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { allowedActions } from '../../api/queries.ts'
import { useDraft } from '../../parts/drafts.ts'
import { FindBox } from '../../parts/FindBox.tsx'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { lastDay, moment, t } from '../../words.ts'
import { EditApplication } from './EditApplication.tsx'
import { type Application, applications, endingOf, platformOf } from './queries.ts'

/** What people sign in to, and what programs act as. */
export function ApplicationsPage() {
  const { q = '' } = useSearch({ from: '/applications' })
  const { application: open } = useParams({ strict: false }) as { application?: string }
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const list = useInfiniteQuery(applications(q))
  const [isAdding, setAdding] = useDraft('application add', false)
  const find = (text: string) => void navigate({ to: '/applications', search: text ? { q: text } : {}, replace: true })
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <div>
            <h1 tabIndex={-1}>{t('admin.applications.title')}</h1>
            <p>{t('admin.applications.lead')}</p>
          </div>
          {allowed?.byRole.includes('applications.write') && (
            <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
              {t('admin.applications.add.open')}
            </Button>
          )}
        </div>
        <div className="filters">
          <FindBox q={q} label={t('admin.applications.find')} find={find} />
        </div>
        <PagedTable
          label={t('admin.applications.title')}
          list={list}
          open={open}
          columns={[
            {
              title: t('admin.applications.columns.name'),
              cell: row => (
                <Link
                  to="/applications/$application"
                  params={{ application: row.id }}
                  search={true}
                  className="two-lines"
                  id={`application-${row.id}`}
                  {...(row.id === open && { 'aria-current': 'true' })}
                >
                  <b>{row.displayName}</b>
                  <small>{t(`admin.applications.platforms.${platformOf(row)}.name`)}</small>
                </Link>
              ),
            },
            { title: t('admin.applications.columns.made'), cell: row => moment(row.createdDateTime) },
            { title: t('admin.applications.columns.secret'), cell: row => <SecretEnd application={row} /> },
          ]}
          empty={
            <div className="empty">
              <p>{t(q ? 'admin.applications.noMatch' : 'admin.applications.none')}</p>
              {q && <Button onClick={() => find('')}>{t('admin.people.clear')}</Button>}
            </div>
          }
          foot={(shown, count) => t('admin.applications.shown', { count, shown })}
        />
      </div>
      <Outlet />
      {isAdding && <EditApplication application={undefined} close={() => setAdding(false)} />}
    </div>
  )
}

/** Days before its end in which a secret asks for a new one. */
const SOON = 30 * 86_400_000

function SecretEnd({ application }: { application: Application }) {
  const end = endingOf(application)
  if (end === undefined) return '–'
  const left = Date.parse(end) - Date.now()
  const kind = left < 0 ? 'tag tag-high' : left < SOON ? 'tag tag-medium' : 'tag'
  return (
    <span className={kind}>
      {t(left < 0 ? 'admin.applications.secrets.ended' : 'admin.applications.secrets.ends', { when: lastDay(end) })}
    </span>
  )
}
