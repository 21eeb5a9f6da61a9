import { Button, Select, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { allowedActions } from '../../api/queries.ts'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { endOf } from '../../parts/relationshipEnd.ts'
import { useRoleNames } from '../../parts/useRoleNames.ts'
import { exactly, moment, t } from '../../words.ts'
import { type Status, statuses } from './address.ts'
import { CustomersHead } from './CustomersHead.tsx'
import { NewRelationship } from './NewRelationship.tsx'
import { relationships } from './queries.ts'

/** What the firm asks of customers, and what they gave it. */
export function RelationshipsPage() {
  const opens = useRestoreFocusTarget()
  const search = useSearch({ from: '/customers/relationships' })
  const { relationship: open } = useParams({ strict: false }) as { relationship?: string }
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const found = useInfiniteQuery(relationships(search))
  const nameRoles = useRoleNames()
  const [isAsking, setAsking] = useState(false)
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <CustomersHead page="relationships">
          {allowed?.value.includes('partner.relationships.write') && (
            <Button {...opens} appearance="primary" icon={<AddRegular />} onClick={() => setAsking(true)}>
              {t('admin.customers.ask.open')}
            </Button>
          )}
        </CustomersHead>
        <div className="filters">
          <Select
            aria-label={t('admin.customers.columns.status')}
            value={search.status ?? ''}
            onChange={(_, { value }) =>
              void navigate({
                to: '/customers/relationships',
                search: {
                  ...(search.customer && { customer: search.customer }),
                  ...(value && { status: value as Status }),
                },
                replace: true,
              })
            }
          >
            <option value="">{t('admin.customers.relationships.any')}</option>
            {statuses.map(one => (
              <option key={one} value={one}>
                {t(`admin.customers.statuses.${one}`)}
              </option>
            ))}
          </Select>
        </div>
        <PagedTable
          label={t('admin.customers.titles.relationships')}
          list={found}
          open={open}
          columns={[
            {
              title: t('admin.customers.columns.relationship'),
              cell: row => (
                <Link
                  to="/customers/relationships/$relationship"
                  params={{ relationship: row.id }}
                  search={search}
                  className="two-lines"
                  id={`relationship-${row.id}`}
                  {...(row.id === open && { 'aria-current': 'true' })}
                >
                  <b>{row.displayName}</b>
                  <small>{row.customer?.displayName ?? row.customer?.tenantId ?? t('admin.customers.nobodyYet')}</small>
                </Link>
              ),
            },
            {
              title: t('admin.customers.columns.until'),
              cell: row => {
                const ends = endOf(row)
                return ends ? <span title={exactly(ends)}>{moment(ends)}</span> : '–'
              },
            },
            {
              title: t('admin.customers.columns.status'),
              cell: row => (
                <span className={row.status === 'active' ? 'tag tag-good' : 'tag'}>
                  {t(`admin.customers.statuses.${row.status as Status}`)}
                </span>
              ),
            },
            {
              title: t('admin.customers.columns.roles'),
              cell: row => nameRoles(row.accessDetails.unifiedRoles),
            },
          ]}
          empty={<p className="empty">{t('admin.customers.relationships.none')}</p>}
          foot={(shown, count) => t('admin.customers.shownRelationships', { count, shown })}
        />
      </div>
      <Outlet />
      {isAsking && <NewRelationship customer={undefined} close={() => setAsking(false)} />}
    </div>
  )
}
