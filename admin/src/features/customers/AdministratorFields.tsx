import { Field, Input } from '@fluentui/react-components'
import { fieldError } from '../../parts/fieldError.ts'
import { t } from '../../words.ts'

export const emptyAdministrator = { givenName: '', surname: '', userName: '', mail: '' }
const names = Object.keys(emptyAdministrator) as (keyof typeof emptyAdministrator)[]

interface Shown {
  typed: typeof emptyAdministrator
  change: (typed: typeof emptyAdministrator) => void
  fields: ReadonlyMap<string, string>
}

/** Who administers a new company first, and where the link goes. */
export const AdministratorFields = ({ typed, change, fields }: Shown) => (
  <fieldset className="group">
    <legend>{t('admin.customers.administrator.title')}</legend>
    {names.map(name => (
      <Field
        key={name}
        label={t(`admin.customers.administrator.${name}`)}
        required
        {...(name === 'mail' && { hint: t('admin.customers.administrator.hint') })}
        {...fieldError(fields, name)}
      >
        <Input
          type={name === 'mail' ? 'email' : 'text'}
          value={typed[name]}
          maxLength={name === 'mail' ? 254 : 64}
          autoComplete="off"
          onChange={(_, { value }) => change({ ...typed, [name]: value })}
        />
      </Field>
    ))}
  </fieldset>
)
