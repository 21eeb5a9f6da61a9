import { Checkbox } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { FindBox } from '../../parts/FindBox.tsx'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { roles } from '../../parts/roleQueries.ts'
import { t } from '../../words.ts'
import { holdings } from './queries.ts'

/** Who may do what. */
export function RolesPage() {
  const { q = '', held = false } = useSearch({ from: '/roles' })
  const { role: open } = useParams({ strict: false }) as { role?: string }
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery(roles)
  const { data: counts } = useQuery(holdings)
  const go = (changes: { q?: string; held?: boolean }) => {
    const next = { q, held, ...changes }
    const search = { ...(next.q && { q: next.q }), ...(next.held && { held: true as const }) }
    void navigate({ to: '/roles', search, replace: true })
  }
  const shown = data?.filter(
    ({ id, displayName }) =>
      displayName.toLowerCase().includes(q.trim().toLowerCase()) && (!held || (counts?.get(id) ?? 0) > 0),
  )
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <div className="head">
          <div>
            <h1 tabIndex={-1}>{t('admin.roles.title')}</h1>
            <p>{t('admin.roles.lead')}</p>
          </div>
        </div>
        <div className="filters">
          <FindBox q={q} label={t('admin.roles.find')} find={text => go({ q: text })} />
          <Checkbox
            label={t('admin.roles.heldOnly')}
            checked={held}
            onChange={(_, { checked }) => go({ held: checked === true })}
          />
        </div>
        {!shown && (error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />)}
        {shown?.length === 0 && <p className="calm">{t('admin.roles.noMatch')}</p>}
        <ul className="rows">
          {shown?.map(({ id, displayName, actions }) => (
            <li key={id} className={id === open ? 'row-link is-open' : 'row-link'}>
              <Link
                to="/roles/$role"
                params={{ role: id }}
                search={true}
                className="two-lines"
                id={`role-${id}`}
                {...(id === open && { 'aria-current': 'true' })}
              >
                <b>{displayName}</b>
                <small>
                  {actions.length > 0
                    ? t('admin.roles.opens', { count: actions.length })
                    : t('admin.roles.opensNothing')}
                </small>
              </Link>
              <span className="tag">{counts && t('admin.roles.holders', { count: counts.get(id) ?? 0 })}</span>
            </li>
          ))}
        </ul>
      </div>
      <Outlet />
    </div>
  )
}
