import { Button, Field, Input } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { resultsOf } from '../../parts/jobs.ts'
import { Refused, sentenceOfCode } from '../../parts/Refused.tsx'
import { t } from '../../words.ts'

/** How many refused rows are mended here at once; the next ones come with the next check. */
const SHOWN = 20

interface Shown {
  /** The job that has checked the file. */
  id: string
  /** The file as it would be sent: the headings, then the rows. */
  lines: readonly (readonly string[])[]
  change: (row: number, column: number, cell: string) => void
  again: () => void
  isChecking: boolean
}

/** The refused rows of a checked file, with their cells: they are mended here, and the file is checked anew. */
export function FixRows({ id, lines: [headings = [], ...rows], change, again, isChecking }: Shown) {
  const { data, error } = useQuery(resultsOf(id))
  const refused = data?.filter(({ status, row }) => status >= 400 && rows[row - 1]).slice(0, SHOWN) ?? []
  if (error) return <Refused error={error} />
  return (
    <form
      className="asked"
      onSubmit={event => {
        event.preventDefault()
        if (!isChecking) again()
      }}
    >
      {refused.map(({ row, code, target }) => {
        const columns = headings.flatMap((heading, column) =>
          !target || heading === target ? [{ heading, column }] : [],
        )
        const shown = columns.length > 0 ? columns : headings.map((heading, column) => ({ heading, column }))
        return (
          <fieldset key={row} className="group">
            <legend>
              <b>{t('admin.people.import.row', { row })}</b>{' '}
              {sentenceOfCode(code ?? '') ?? code ?? t('admin.problems.unknown')}
            </legend>
            <div className="mapping">
              {shown.map(({ heading, column }) => (
                <Field key={column} label={heading}>
                  <Input
                    value={rows[row - 1]?.[column] ?? ''}
                    onChange={(_, { value }) => change(row, column, value)}
                  />
                </Field>
              ))}
            </div>
          </fieldset>
        )
      })}
      <div className="acts">
        <Button type="submit" disabledFocusable={isChecking}>
          {t('admin.people.import.again')}
        </Button>
      </div>
    </form>
  )
}
