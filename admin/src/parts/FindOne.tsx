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
}

/** Finds a person or group by the beginning of its name. What is chosen leaves the field, for the next. */
export function FindOne({ label, hint, find, choose }: Shown) {
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
    <Field label={label} {...(hint && { hint })}>
      <Combobox
        className="find-one"
        freeform
        value={typed}
        selectedOptions={[]}
        onOpenChange={(_, { open }) => open && setAsked(current => current ?? '')}
        onChange={({ target }) => setTyped(target.value)}
        onOptionSelect={(_, { optionValue }) => {
          const found = data?.find(({ id }) => id === optionValue)
          setTyped('')
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
