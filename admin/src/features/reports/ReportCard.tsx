import { Button, ToggleButton } from '@fluentui/react-components'
import { ArrowDownloadRegular, TableRegular } from '@fluentui/react-icons'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { type ReactNode, Suspense, useId } from 'react'
import { csvOf, saveFile } from '../../parts/csv.ts'
import { number, t } from '../../words.ts'
import { daysOf } from './address.ts'

/** A column of a report's table: what stands in the file, and where it reads otherwise, how it is shown. */
export interface Column<Row> {
  heading: string
  of: (row: Row) => string | number | null
  show?: (row: Row) => ReactNode
}

interface Shown<Row> {
  /** The question that the card answers. */
  title: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  /** What the file of the export is called, beside its days. */
  file: string
  /** The chart; a card without one is its table. */
  children?: ReactNode
  note?: string
}

/** A question, its answer as a chart or as a table, and the figures to take along. */
export function ReportCard<Row>({ title, columns, rows, file, children, note }: Shown<Row>) {
  const search = useSearch({ from: '/reports/$report' })
  const params = useParams({ from: '/reports/$report' })
  const navigate = useNavigate()
  const id = useId()
  const isTable = search.as === 'table' || !children
  const save = () => {
    const { first, last } = daysOf(search)
    const lines = [columns.map(({ heading }) => heading), ...rows.map(row => columns.map(({ of }) => of(row)))]
    saveFile(`${file}-${first}-${last}.csv`, csvOf(lines))
  }
  const turn = () => {
    const { as, ...rest } = search
    void navigate({
      to: '/reports/$report',
      params,
      search: as ? rest : { ...rest, as: 'table' },
      replace: true,
      resetScroll: false,
    })
  }
  return (
    <section className="card" aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        {rows.length > 0 && (
          <div className="acts">
            {children && (
              <ToggleButton
                appearance="subtle"
                size="small"
                icon={<TableRegular />}
                checked={isTable}
                onClick={turn}
                aria-label={t('admin.reports.table')}
                title={t('admin.reports.table')}
              />
            )}
            <Button
              appearance="subtle"
              size="small"
              icon={<ArrowDownloadRegular />}
              onClick={save}
              aria-label={t('admin.reports.exportNamed', { title })}
              title={t('admin.reports.export')}
            />
          </div>
        )}
      </div>
      {rows.length === 0 && <p className="calm">{t('admin.reports.none')}</p>}
      {rows.length > 0 && !isTable && <Suspense fallback={<div className="chart" />}>{children}</Suspense>}
      {rows.length > 0 && isTable && <Figures columns={columns} rows={rows} title={title} />}
      {note && rows.length > 0 && <p className="note">{note}</p>}
    </section>
  )
}

interface ShownFigures<Row> {
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  title: string
}

/** The figures as a table, which scrolls in its own frame where it is wider than the page. */
function Figures<Row>({ columns, rows, title }: ShownFigures<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section className="figures-frame" aria-label={t('admin.reports.figuresOf', { title })} tabIndex={0}>
      <table className="figures-table">
        <thead>
          <tr>
            {columns.map(({ heading, of }) => (
              <th key={heading} scope="col" className={typeof of(rows[0]!) === 'number' ? 'number' : undefined}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name, and never change their order
            <tr key={place}>
              {columns.map(({ heading, of, show }) => (
                <td key={heading} className={typeof of(row) === 'number' ? 'number' : undefined}>
                  {show ? show(row) : shown(of(row))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const shown = (value: string | number | null) => (typeof value === 'number' ? number(value) : (value ?? '–'))
