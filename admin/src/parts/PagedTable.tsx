import {
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  useArrowNavigationGroup,
} from '@fluentui/react-components'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import type { Page } from '../api/pages.ts'
import { number } from '../words.ts'
import { Loading } from './Loading.tsx'
import { Refused } from './Refused.tsx'

/** A row's height in pixels: a name, and what tells it from others below it. */
const ROW = 46

export interface Column<Row> {
  title: string
  cell: (row: Row) => ReactNode
}

interface Shown<Row> {
  label: string
  columns: readonly Column<Row>[]
  list: Pick<
    UseInfiniteQueryResult<InfiniteData<Page<Row>>>,
    'data' | 'error' | 'refetch' | 'fetchNextPage' | 'hasNextPage' | 'isFetchingNextPage' | 'isFetchNextPageError'
  >
  /** The id of the row whose panel is open. */
  open: string | undefined
  /** What stands in place of a list without rows. */
  empty: ReactNode
  /** How many rows are there: `shown` of `count`. */
  foot: (shown: string, count: number) => string
}

/** A list of any length. Only rows in sight are drawn, and the next page is asked for before its rows are reached. */
export function PagedTable<Row extends { id: string }>({ label, columns, list, open, empty, foot }: Shown<Row>) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } = list
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
    // A page that was refused is asked for again by a person, and not by the page itself, without end.
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && last >= rows.length - 20) void fetchNextPage()
  }, [last, rows.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage])

  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />
  if (rows.length === 0) return empty
  return (
    <>
      <Table noNativeElements aria-label={label} aria-rowcount={total + 1}>
        <TableHeader className="table-head">
          <TableRow aria-rowindex={1} className="table-row">
            {columns.map(({ title }) => (
              <TableHeaderCell key={title}>{title}</TableHeaderCell>
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          <div ref={scroll} role="presentation" className="table-body" {...arrows}>
            <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
              {inSight.map(({ index, start }) => {
                const row = rows[index]!
                return (
                  <TableRow
                    key={row.id}
                    aria-rowindex={index + 2}
                    className={row.id === open ? 'table-row is-open' : 'table-row'}
                    style={{ position: 'absolute', insetInline: 0, top: start, height: ROW }}
                  >
                    {columns.map(({ title, cell }) => (
                      <TableCell key={title}>{cell(row)}</TableCell>
                    ))}
                  </TableRow>
                )
              })}
            </div>
          </div>
        </TableBody>
      </Table>
      {isFetchNextPageError && error && <Refused error={error} again={() => void fetchNextPage()} />}
      <p className="foot" role="status">
        {foot(number(rows.length), total)}
      </p>
    </>
  )
}
