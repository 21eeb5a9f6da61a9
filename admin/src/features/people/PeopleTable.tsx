import { Button } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { PagedTable, type Ticks } from '../../parts/PagedTable.tsx'
import { list, moment, t } from '../../words.ts'
import { type MoreColumn, type PeopleSearch, type Sort, type Sorted, sortedBy, sortOf } from './address.ts'
import { people, type Row } from './queries.ts'
import { Restore } from './Restore.tsx'

interface Shown {
  search: Partial<PeopleSearch>
  sort: (by: Sort | undefined) => void
  /** The id of the person whose panel is open. */
  open: string | undefined
  /** Whether one may read who can reset. */
  withStates: boolean
  mayRestore: boolean
  /** Who is ticked, where one may do something to many. */
  ticks: Pick<Ticks<Row>, 'ticked' | 'tick'> | undefined
  clear: () => void
}

/** The people of a view. */
export function PeopleTable({ search, sort, open, withStates, mayRestore, ticks, clear }: Shown) {
  const rows = useInfiniteQuery(people(search, withStates))
  const isDeleted = search.view === 'deleted'
  const { cols: _, sort: current, ...narrowed } = search
  const sorted = (by: Sorted) =>
    ({
      direction: sortOf(current).by === by ? (sortOf(current).descending ? 'descending' : 'ascending') : undefined,
      turn: () => sort(sortedBy(by, current)),
    }) as const
  const isNarrowed = Object.keys(narrowed).length > 0
  return (
    <PagedTable
      label={t('admin.people.title')}
      list={rows}
      ticks={
        ticks && {
          ...ticks,
          nameOf: row => t('admin.bulk.tick', { person: row.displayName }),
          all: t('admin.bulk.tickAll'),
        }
      }
      open={open}
      columns={[
        {
          title: t('admin.people.columns.name'),
          sorted: sorted('name'),
          cell: row => <Name row={row} search={search} isOpen={row.id === open} />,
        },
        { title: t('admin.people.columns.department'), cell: row => row.department ?? '–' },
        {
          title: t('admin.people.columns.state'),
          cell: row => (row.deletedAt && mayRestore ? <Restore row={row} /> : <State row={row} />),
        },
        {
          title: t(isDeleted ? 'admin.people.columns.deleted' : 'admin.people.columns.lastSignIn'),
          sorted: sorted('lastSignIn'),
          cell: row => momentOr(row.deletedAt ?? row.lastSignIn),
        },
        ...(isDeleted ? [] : (search.cols ?? [])).map(one => ({
          title: t(`admin.people.columns.${one}`),
          ...(one === 'created' && { sorted: sorted(one) }),
          cell: (row: Row) => moreOf(row, one),
        })),
      ]}
      empty={
        <div className="empty">
          <p>{t(isNarrowed ? 'admin.people.noMatch' : 'admin.people.nobody')}</p>
          {isNarrowed && <Button onClick={clear}>{t('admin.people.clear')}</Button>}
        </div>
      }
      foot={(shown, count) => t('admin.people.shown', { count, shown })}
    />
  )
}

function Name({ row, search, isOpen }: { row: Row; search: Partial<PeopleSearch>; isOpen: boolean }) {
  const name = (
    <>
      <b>{row.displayName}</b>
      <small>{row.userPrincipalName}</small>
    </>
  )
  if (row.deletedAt) return <span className="two-lines">{name}</span>
  return (
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
  )
}

/** What a column by choice tells of a row. */
function moreOf(row: Row, column: MoreColumn): string {
  if (column === 'created') return momentOr(row.created)
  if (column !== 'methods') return row[column] ?? '–'
  const kinds = row.reset?.methodsRegistered.map(kind => t(`admin.diagnosis.kinds.${kind as 'email'}`)) ?? []
  return kinds.length > 0 ? list(kinds) : '–'
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
