import { Combobox, Field, Option } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { t } from '../words.ts'
import { type DirectoryObject, type Kind, kindOf, namedLike } from './objectQueries.ts'

/** Milliseconds after the last letter until names are asked for. */
const TYPED = 200

interface Shown {
  label: string
  kinds: readonly Kind[]
  choose: (object: DirectoryObject | undefined) => void
}

/** Finds one person, group or application by the beginning of its name. */
export function PickObject({ label, kinds, choose }: Shown) {
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed), TYPED)
    return () => clearTimeout(timer)
  }, [typed])
  const { data: found, isFetching } = useQuery(namedLike(asked, kinds))
  const isNone = found?.length === 0 && !isFetching
  return (
    <Field label={label} required {...(isNone && { hint: t('admin.objects.nobody') })}>
      <Combobox
        freeform
        autoComplete="off"
        value={typed}
        placeholder={t('admin.objects.type')}
        onInput={event => {
          setTyped(event.currentTarget.value)
          choose(undefined)
        }}
        onOptionSelect={(_, { optionText, optionValue }) => {
          setTyped(optionText ?? '')
          choose(found?.find(({ id }) => id === optionValue))
        }}
      >
        {found?.map(object => (
          <Option key={object.id} value={object.id} text={object.displayName}>
            <span className="two-lines">
              <b>{object.displayName}</b>
              <small>{object.userPrincipalName ?? t(`admin.objects.kinds.${kindOf(object)}`)}</small>
            </span>
          </Option>
        ))}
      </Combobox>
    </Field>
  )
}
