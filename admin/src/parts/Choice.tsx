import { Field, Select } from '@fluentui/react-components'
import { t } from '../words.ts'

interface Shown {
  label: string
  value: string | undefined
  options: readonly (readonly [value: string, label: string])[]
  choose: (value: string | undefined) => void
}

/** Narrows a list to one of several values, or to none. */
export function Choice({ label, value, options, choose }: Shown) {
  return (
    <Field label={label}>
      <Select value={value ?? ''} onChange={(_, { value }) => choose(value || undefined)}>
        <option value="">{t('admin.logs.all')}</option>
        {options.map(([one, label]) => (
          <option key={one} value={one}>
            {label}
          </option>
        ))}
      </Select>
    </Field>
  )
}
