import './pagedTable.css'
import { ArrowSortDownRegular, ArrowSortUpRegular } from '@fluentui/react-icons'
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type AriaAttributes,
  type MouseEvent,
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
} from 'react'
import type { Page } from '../api/pages.ts'
import { number, t } from '../words.ts'
import { arrowKeys } from './arrowKeys.ts'
import { useCompactRows } from './compactRows.ts'
import { Loading } from './Loading.tsx'
import { Refused } from './Refused.tsx'

/** A row's height in pixels: a name with what tells it from others below it, or beside it. */
const HEIGHTS = { twoLines: 46, compact: 36 }

/** Rows are placed by their number, which the elements of a table do not allow: the parts say themselves what they are. */
const as = (role: 'table' | 'rowgroup' | 'row' | 'columnheader' | 'cell', aria: AriaAttributes = {}) => ({
  role,
  ...aria,
})

export interface Column<Row> {
  title: string
  cell: (row: Row) => ReactNode
  /** Where the list is sorted by it, or can be: how it is now, and what turns it. */
  sorted?: { direction: 'ascending' | 'descending' | undefined; turn: () => void }
}

/** Rows that were chosen for an act on all of them. */
export interface Ticks<Row> {
  ticked: ReadonlyMap<string, Row>
  tick: (rows: readonly Row[], isOn: boolean) => void
  /** What the box of a row is called, and the one of all rows. */
  nameOf: (row: Row) => string
  all: string
}

interface Shown<Row> {
  label: string
  columns: readonly Column<Row>[]
  list: Pick<
    UseInfiniteQueryResult<InfiniteData<Page<Row>>>,
    'data' | 'error' | 'refetch' | 'fetchNextPage' | 'hasNextPage' | 'isFetchingNextPage' | 'isFetchNextPageError'
  >
  /** Boxes before the rows; undefined: none can be ticked. */
  ticks?: Ticks<Row> | undefined
  /** The id of the row whose panel is open. */
  open: string | undefined
  /** What stands in place of a list without rows. */
  empty: ReactNode
  /** How many rows are there: `shown` of `count`. */
  foot: (shown: string, count: number) => string
}

/** A list of any length. Only rows in sight are drawn, and the next page is asked for before its rows are reached. */
export function PagedTable<Row extends { id: string }>({ label, columns, list, ticks, open, empty, foot }: Shown<Row>) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError } = list
  const scroll = useRef<HTMLDivElement>(null)
  const hold = useCallback((box: HTMLDivElement | null) => {
    scroll.current = box
    return arrowKeys(box)
  }, [])
  // The row that was ticked last: with Shift, all between it and the next one are.
  const last = useRef<string>(undefined)
  // Of a list that somebody has scrolled through, all rows are here: nothing goes through them at each step.
  const rows = useMemo(() => data?.pages.flatMap(page => page.rows) ?? [], [data])
  const ticked = ticks?.ticked
  const tickedRows = useMemo(() => rows.filter(({ id }) => ticked?.has(id)).length, [rows, ticked])
  const total = data?.pages[0]?.count ?? rows.length
  const [isCompact, turnCompact] = useCompactRows()
  const height = isCompact ? HEIGHTS.compact : HEIGHTS.twoLines
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => height,
    overscan: 10,
  })
  const inSight = virtual.getVirtualItems()
  const lowest = inSight.at(-1)?.index ?? 0
  useEffect(() => {
    // A page that was refused is asked for again by a person, and not by the page itself, without end.
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError && lowest >= rows.length - 20) void fetchNextPage()
  }, [lowest, rows.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height is what changed
  useLayoutEffect(() => virtual.measure(), [height, virtual])

  const tick = useCallback(
    (row: Row, { shiftKey }: MouseEvent) => {
      const [from, to] = [last.current, row.id].map(id => rows.findIndex(one => one.id === id)) as [number, number]
      const range = shiftKey && from >= 0 ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [row]
      ticks?.tick(range, !ticks.ticked.has(row.id))
      last.current = row.id
    },
    [rows, ticks],
  )

  if (!data) return error ? <Refused error={error} again={() => void refetch()} /> : <Loading rows={8} />
  if (rows.length === 0) return empty
  return (
    <>
      {/* Plain elements: a row that scrolls into sight has 8 ms for its script and its place. */}
      <div
        {...as('table', { 'aria-label': label, 'aria-rowcount': total + 1 })}
        className={[ticks && 'with-ticks', isCompact && 'is-compact'].filter(Boolean).join(' ')}
      >
        <div {...as('rowgroup')} className="table-head">
          <div {...as('row', { 'aria-rowindex': 1 })} className="table-row">
            {ticks && (
              <div {...as('columnheader')}>
                <input
                  type="checkbox"
                  aria-label={ticks.all}
                  checked={tickedRows === rows.length}
                  ref={box => {
                    if (box) box.indeterminate = tickedRows > 0 && tickedRows < rows.length
                  }}
                  onChange={({ target }) => ticks.tick(rows, target.checked)}
                />
              </div>
            )}
            {columns.map(({ title, sorted }) => (
              <div key={title} {...as('columnheader', sorted && { 'aria-sort': sorted.direction ?? 'none' })}>
                {sorted ? (
                  <button type="button" className="sort" onClick={sorted.turn}>
                    {title}
                    {sorted.direction === 'ascending' && <ArrowSortUpRegular aria-hidden="true" />}
                    {sorted.direction === 'descending' && <ArrowSortDownRegular aria-hidden="true" />}
                  </button>
                ) : (
                  title
                )}
              </div>
            ))}
          </div>
        </div>
        <div {...as('rowgroup')}>
          <div ref={hold} role="presentation" className="table-body">
            <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
              {inSight.map(({ index, start }) => (
                <Line
                  key={rows[index]!.id}
                  row={rows[index]!}
                  {...{ index, start, height, columns, ticks, tick }}
                  isOpen={rows[index]!.id === open}
                />
              ))}
            </div>
          </div>
        </div>
      </div>
      {isFetchNextPageError && error && <Refused error={error} again={() => void fetchNextPage()} />}
      <div className="foot">
        <p role="status">{foot(number(rows.length), total)}</p>
        <label>
          <input type="checkbox" checked={isCompact} onChange={({ target }) => turnCompact(target.checked)} />
          {t('admin.frame.compactRows')}
        </label>
      </div>
    </>
  )
}

interface Lined<Row> extends Pick<Shown<Row>, 'columns' | 'ticks'> {
  row: Row
  index: number
  /** Pixels from the top of the list. */
  start: number
  /** Pixels. */
  height: number
  tick: (row: Row, event: MouseEvent) => void
  isOpen: boolean
}

/** A row that stays in sight is not drawn anew at each step of a scroll. */
const Line = memo(function Line<Row extends { id: string }>(line: Lined<Row>) {
  const { row, index, start, height, columns, ticks, tick, isOpen } = line
  return (
    <div
      {...as('row', { 'aria-rowindex': index + 2 })}
      className={isOpen ? 'table-row is-open' : 'table-row'}
      style={{ position: 'absolute', insetInline: 0, top: start, height }}
    >
      {ticks && (
        <div {...as('cell')}>
          <input
            type="checkbox"
            aria-label={ticks.nameOf(row)}
            checked={ticks.ticked.has(row.id)}
            onClick={event => tick(row, event)}
            readOnly
          />
        </div>
      )}
      {columns.map(({ title, cell }) => (
        <div key={title} {...as('cell')}>
          {cell(row)}
        </div>
      ))}
    </div>
  )
}) as <Row extends { id: string }>(line: Lined<Row>) => ReactNode
