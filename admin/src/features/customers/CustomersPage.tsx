import { Button, Select, Spinner, useRestoreFocusTarget } from '@fluentui/react-components'
import { AddRegular, ArrowDownloadRegular } from '@fluentui/react-icons'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { allowedActions } from '../../api/queries.ts'
import { saveFile } from '../../parts/csv.ts'
import { FindBox } from '../../parts/FindBox.tsx'
import { PagedTable } from '../../parts/PagedTable.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { exactly, list, moment, t } from '../../words.ts'
import { type Access, accesses, type CustomersSearch } from './address.ts'
import { CustomersHead } from './CustomersHead.tsx'
import { filterOf } from './filter.ts'
import { NewCustomer } from './NewCustomer.tsx'
import { type Customer, customers } from './queries.ts'

/** The companies that the firm sells to or may act for. */
export function CustomersPage() {
  const opens = useRestoreFocusTarget()
  const search = useSearch({ from: '/customers' })
  const { customer: open } = useParams({ strict: false }) as { customer?: string }
  const navigate = useNavigate()
  const { data: allowed } = useQuery(allowedActions)
  const found = useInfiniteQuery(customers(search))
  const [isMaking, setMaking] = useState(false)
  const { q = '', tag = '', access } = search
  const go = (changes: Partial<CustomersSearch>) => {
    const next = { ...search, ...changes }
    const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value)) as Partial<CustomersSearch>
    void navigate({ to: '/customers', search: kept, replace: true })
  }
  const tags = [...new Set(found.data?.pages.flatMap(({ rows }) => rows).flatMap(row => row.tags))].toSorted()
  return (
    <div className={open ? 'split split-open' : 'split'}>
      <div className="page">
        <CustomersHead page="customers">
          {allowed?.value.includes('partner.customers.create') && (
            <Button {...opens} appearance="primary" icon={<AddRegular />} onClick={() => setMaking(true)}>
              {t('admin.customers.add.open')}
            </Button>
          )}
        </CustomersHead>
        <div className="filters">
          <FindBox q={q} label={t('admin.customers.find')} find={text => go({ q: text.trim() })} />
          <Select
            aria-label={t('admin.customers.columns.access')}
            value={access ?? ''}
            onChange={(_, { value }) => go({ access: value as Access })}
          >
            <option value="">{t('admin.customers.access.any')}</option>
            {accesses.map(one => (
              <option key={one} value={one}>
                {t(`admin.customers.access.${one}`)}
              </option>
            ))}
          </Select>
          {(tags.length > 0 || tag) && (
            <Select
              aria-label={t('admin.customers.columns.tags')}
              value={tag}
              onChange={(_, { value }) => go({ tag: value })}
            >
              <option value="">{t('admin.customers.anyTag')}</option>
              {[...new Set([...tags, ...(tag ? [tag] : [])])].map(one => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </Select>
          )}
          <Export search={search} />
        </div>
        <PagedTable
          label={t('admin.customers.titles.customers')}
          list={found}
          open={open}
          columns={[
            {
              title: t('admin.customers.columns.name'),
              cell: row => (
                <Link
                  to="/customers/$customer"
                  params={{ customer: row.id }}
                  search={search}
                  className="two-lines"
                  id={`customer-${row.id}`}
                  {...(row.id === open && { 'aria-current': 'true' })}
                >
                  <b>{row.displayName}</b>
                  <small>{row.domain}</small>
                </Link>
              ),
            },
            { title: t('admin.customers.columns.until'), cell: row => <Until row={row} /> },
            { title: t('admin.customers.columns.access'), cell: row => <AccessTag row={row} /> },
            { title: t('admin.customers.columns.tags'), cell: row => list(row.tags) },
          ]}
          empty={<p className="empty">{t(`admin.customers.${q || tag || access ? 'noMatch' : 'none'}`)}</p>}
          foot={(shown, count) => t('admin.customers.shown', { count, shown })}
        />
      </div>
      <Outlet />
      {isMaking && <NewCustomer close={() => setMaking(false)} />}
    </div>
  )
}

const Until = ({ row: { access } }: { row: Customer }) =>
  access.until === null ? '–' : <span title={exactly(access.until)}>{moment(access.until)}</span>

function AccessTag({ row: { access } }: { row: Customer }) {
  const by = access.gdap ? 'gdap' : access.dap ? 'dap' : 'none'
  return <span className={by === 'none' ? 'tag' : 'tag tag-good'}>{t(`admin.customers.access.${by}`)}</span>
}

/** Saves the customers of the filter as a file, all of them. */
function Export({ search }: { search: Partial<CustomersSearch> }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const { data } = await api.GET('/partner/customers/export', {
        params: { query: filterOf(search) },
        headers: { accept: 'text/csv' },
        parseAs: 'text',
      })
      saveFile('customers.csv', data as unknown as string)
    },
  })
  return (
    <>
      <Button
        icon={isPending ? <Spinner size="tiny" aria-hidden="true" /> : <ArrowDownloadRegular />}
        disabledFocusable={isPending}
        onClick={() => mutate()}
      >
        {t('admin.customers.export')}
      </Button>
      {error && <Refused error={error} />}
    </>
  )
}
