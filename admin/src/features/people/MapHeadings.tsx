import { Field, MessageBar, MessageBarBody, Select } from '@fluentui/react-components'
import { list, t } from '../../words.ts'

interface Shown {
  headings: readonly string[]
  /** The property of each column; null: it is left out. */
  chosen: readonly (string | null)[]
  properties: readonly string[]
  choose: (chosen: (string | null)[]) => void
}

/** What each column of somebody's own file means to us. What is left out is named, and nothing of it is sent. */
export function MapHeadings({ headings, chosen, properties, choose }: Shown) {
  const leftOut = headings.filter((_, at) => chosen[at] === null)
  return (
    <section className="card" aria-labelledby="mapping">
      <h2 id="mapping">{t('admin.people.import.mapping.title')}</h2>
      <p>{t('admin.people.import.mapping.lead')}</p>
      <div className="mapping">
        {headings.map((heading, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name, and never change their order
          <Field key={at} label={heading || t('admin.people.import.mapping.column', { number: at + 1 })}>
            <Select
              value={chosen[at] ?? ''}
              onChange={(_, { value }) => choose(chosen.map((one, column) => (column === at ? value || null : one)))}
            >
              <option value="">{t('admin.people.import.mapping.leaveOut')}</option>
              {[...new Set([...properties, ...(chosen[at] ? [chosen[at]] : [])])].map(property => (
                <option key={property} value={property} disabled={property !== chosen[at] && chosen.includes(property)}>
                  {property}
                </option>
              ))}
            </Select>
          </Field>
        ))}
      </div>
      {leftOut.length > 0 && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {t('admin.people.import.mapping.leftOut', { count: leftOut.length, columns: list(leftOut) })}
          </MessageBarBody>
        </MessageBar>
      )}
    </section>
  )
}
