import { Field, Select } from '@fluentui/react-components'
import { useMemo } from 'react'
import { everyCountry } from './countries.ts'

interface Shown {
  label: string
  value: string
  choose: (code: string) => void
  problem?: { validationState?: 'error'; validationMessage?: string }
}

/** Chooses a country. */
export function CountryField({ label, value, choose, problem }: Shown) {
  const countries = useMemo(everyCountry, [])
  return (
    <Field label={label} required {...problem}>
      <Select value={value} onChange={(_, { value: code }) => choose(code)}>
        {value === '' && <option value="" />}
        {countries.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  )
}
