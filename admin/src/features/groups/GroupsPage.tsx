import { Button } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { allowedActions } from '../../api/queries.ts'
import { useDraft } from '../../parts/drafts.ts'
import { FindBox } from '../../parts/FindBox.tsx'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { moment, t } from '../../words.ts'
import { EditGroup } from './EditGroup.tsx'
import { type Group, groups } from './queries.ts'

/** Who belongs together, and what follows from it. */
export function GroupsPage() {
  const { q = '' } = useSearch({ from: '/groups' })
  const { group: open } = useParams({ strict: false }) as { group?: string }
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const list = useInfiniteQuery(groups(q))
  const [isAdding, setAdding] = useDraft('group add', false)
  const find = (text: string) => void navigate({ to: '/groups', search: text ? { q: text } : {}, replace: true })
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <div>
            <h1 tabIndex={-1}>{t('admin.groups.title')}</h1>
            <p>{t('admin.groups.lead')}</p>
          </div>
          {allowed?.byRole.includes('groups.write') && (
            <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
              {t('admin.groups.add.open')}
            </Button>
          )}
        </div>
        <div className="filters">
          <FindBox q={q} label={t('admin.groups.find')} find={find} />
        </div>
        <PagedTable
          label={t('admin.groups.title')}
          list={list}
          open={open}
          columns={[
            { title: t('admin.groups.columns.name'), cell: row => <Name row={row} q={q} isOpen={row.id === open} /> },
            { title: t('admin.groups.columns.made'), cell: row => moment(row.createdDateTime) },
            {
              title: t('admin.groups.columns.roles'),
              cell: row => row.isAssignableToRole && <span className="tag">{t('admin.groups.holdsRoles')}</span>,
            },
          ]}
          empty={
            <div className="empty">
              <p>{t(q ? 'admin.groups.noMatch' : 'admin.groups.none')}</p>
              {q && <Button onClick={() => find('')}>{t('admin.people.clear')}</Button>}
            </div>
          }
          foot={(shown, count) => t('admin.groups.shown', { count, shown })}
        />
      </div>
      <Outlet />
      {isAdding && <EditGroup group={undefined} close={() => setAdding(false)} />}
    </div>
  )
}

function Name({ row, q, isOpen }: { row: Group; q: string; isOpen: boolean }) {
  return (
    <Link
      to="/groups/$group"
      params={{ group: row.id }}
      search={q ? { q } : {}}
      className="two-lines"
      id={`group-${row.id}`}
      {...(isOpen && { 'aria-current': 'true' })}
    >
      <b>{row.displayName}</b>
      <small>{row.description}</small>
    </Link>
  )
}
