import {
  Button,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  useArrowNavigationGroup,
} from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { Loading } from '../../parts/Loading.tsx'
import { Refused } from '../../parts/Refused.tsx'
import { moment, number, t } from '../../words.ts'
import type { PeopleSearch } from './address.ts'
import { people, type Row } from './queries.ts'

/** A row's height in pixels: a name, and the user name below it. */
const ROW = 46

interface Shown {
  search: Partial<PeopleSearch>
  /** The id of the person whose panel is open. */
  open: string | undefined
  /** Whether one may read who can reset. */
  withStates: boolean
  clear: () => void
}

/** The people of a view. Only rows in sight are drawn, and the next page is asked for before its rows are reached. */
export function PeopleTable({ search, open, withStates, clear }: Shown) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    people(search, withStates),
  )
  const scroll = useRef<HTMLDivElement>(null)
  const arrows = useArrowNavigationGroup({ axis: 'vertical', memorizeCurrent: true })
  const rows = data?.pages.flatMap(page => page.rows) ?? []
  const total = data?.pages[0]?.count ?? rows.length
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    overscan: 10,
  })
  const inSight = virtual.getVirtualItems()
  const last = inSight.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - 20) void fetchNextPage()
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage])

  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />
  if (rows.length === 0)
    return (
      <div className="empty">
        <p>{t(search.q || search.view ? 'admin.people.noMatch' : 'admin.people.nobody')}</p>
        {(search.q || search.view) && <Button onClick={clear}>{t('admin.people.clear')}</Button>}
      </div>
    )
  const isDeleted = search.view === 'deleted'
  return (
    <>
      <Table noNativeElements aria-label={t('admin.people.title')} aria-rowcount={total + 1}>
        <TableHeader className="table-head">
          <TableRow aria-rowindex={1} className="table-row">
            <TableHeaderCell>{t('admin.people.columns.name')}</TableHeaderCell>
            <TableHeaderCell>{t('admin.people.columns.department')}</TableHeaderCell>
            <TableHeaderCell>{t('admin.people.columns.state')}</TableHeaderCell>
            <TableHeaderCell>
              {t(isDeleted ? 'admin.people.columns.deleted' : 'admin.people.columns.lastSignIn')}
            </TableHeaderCell>
          </TableRow>
        </TableHeader>
        <TableBody>
          <div ref={scroll} role="presentation" className="table-body" {...arrows}>
            <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
              {inSight.map(({ index, start }) => (
                <PersonRow
                  key={rows[index]!.id}
                  row={rows[index]!}
                  index={index}
                  start={start}
                  search={search}
                  isOpen={rows[index]!.id === open}
                />
              ))}
            </div>
          </div>
        </TableBody>
      </Table>
      <p className="foot" role="status">
        {t('admin.people.shown', { count: total, shown: number(rows.length) })}
      </p>
    </>
  )
}

interface ShownRow {
  row: Row
  index: number
  start: number
  search: Partial<PeopleSearch>
  isOpen: boolean
}

function PersonRow({ row, index, start, search, isOpen }: ShownRow) {
  const name = (
    <>
      <b>{row.displayName}</b>
      <small>{row.userPrincipalName}</small>
    </>
  )
  return (
    <TableRow
      aria-rowindex={index + 2}
      className={isOpen ? 'table-row is-open' : 'table-row'}
      style={{ position: 'absolute', insetInline: 0, top: start, height: ROW }}
    >
      <TableCell>
        {row.deletedAt ? (
          <span className="two-lines">{name}</span>
        ) : (
          <Link
            to="/people/$person"
            params={{ person: row.id }}
            search={search}
            className="two-lines"
            id={`person-${row.id}`}
            {...(isOpen && { 'aria-current': 'true' })}
          >
            {name}
          </Link>
        )}
      </TableCell>
      <TableCell>{row.department ?? '–'}</TableCell>
      <TableCell>
        <State row={row} />
      </TableCell>
      <TableCell>{momentOr(row.deletedAt ?? row.lastSignIn)}</TableCell>
    </TableRow>
  )
}

/** The one thing that matters most about a row: deleted, off, blocked, unable to reset, or all right. */
function State({ row: { accountEnabled, deletedAt, reset } }: { row: Row }) {
  if (deletedAt) return <span className="tag">{t('admin.people.deleted')}</span>
  if (!accountEnabled) return <span className="tag">{t('admin.people.off')}</span>
  if (reset?.blockedUntil) return <span className="tag tag-high">{t('admin.people.states.blocked')}</span>
  if (reset && !reset.isCapable)
    return <span className="tag tag-medium">{t(`admin.people.states.${reasonOf(reset)}`)}</span>
  return <span className="tag tag-good">{t(reset ? 'admin.people.states.canReset' : 'admin.people.on')}</span>
}

const reasonOf = ({ refusal, methodsRegistered }: NonNullable<Row['reset']>) => {
  if (refusal === 'SSPR_0014') return methodsRegistered.length === 0 ? 'neverRegistered' : 'oneShort'
  if (refusal === 'SSPR_0010') return 'elsewhere'
  return refusal === 'SSPR_0013' || refusal === 'SSPR_0009' ? 'noPolicy' : 'cannotReset'
}

const momentOr = (value: string | null) => (value === null ? t('admin.people.never') : moment(value))
