import { Combobox, Field, Option } from '@fluentui/react-components'
import { type QueryKey, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { t } from '../words.ts'

/** Milliseconds after the last letter until the list is asked for. */
const TYPED = 200

interface Found {
  id: string
  displayName: string
  /** What tells two of the same name apart. */
  more?: string
}

interface Shown {
  label: string
  hint?: string
  find: (text: string) => { queryKey: QueryKey; queryFn: () => Promise<Found[]> }
  choose: (one: Found) => void
  /** What is chosen stays in the field, and is told to be none as soon as that is changed. Otherwise it leaves, for the next. */
  unchoose?: () => void
}

/** Finds a person, group or application by the beginning of its name. */
export function FindOne({ label, hint, find, choose, unchoose }: Shown) {
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState<string>()
  useEffect(() => {
    const timer = setTimeout(
      () => setAsked(current => (typed === '' && current === undefined ? current : typed)),
      TYPED,
    )
    return () => clearTimeout(timer)
  }, [typed])
  const query = find((asked ?? '').trim())
  const { data } = useQuery({ ...query, enabled: asked !== undefined })
  return (
    <Field label={label} required={unchoose !== undefined} {...(hint && { hint })}>
      <Combobox
        className="find-one"
        freeform
        autoComplete="off"
        value={typed}
        selectedOptions={[]}
        onOpenChange={(_, { open }) => open && setAsked(current => current ?? '')}
        onChange={({ target }) => {
          setTyped(target.value)
          unchoose?.()
        }}
        onOptionSelect={(_, { optionValue }) => {
          const found = data?.find(({ id }) => id === optionValue)
          setTyped((unchoose && found?.displayName) ?? '')
          if (found) choose(found)
        }}
      >
        {data?.map(({ id, displayName, more }) => (
          <Option key={id} value={id} text={displayName}>
            <span className="two-lines">
              <b>{displayName}</b>
              {more && <small>{more}</small>}
            </span>
          </Option>
        ))}
        {data?.length === 0 && (
          <Option disabled value="" text={t('admin.frame.nobodyFound')}>
            {t('admin.frame.nobodyFound')}
          </Option>
        )}
      </Combobox>
    </Field>
  )
}
