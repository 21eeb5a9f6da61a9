import { Field, Input } from '@fluentui/react-components'
import { t } from '../words.ts'
import { CountryField } from './CountryField.tsx'
import { fieldError } from './fieldError.ts'
import type { Account } from './partnerQueries.ts'

export type Legal = Account['legalProfile']
export type Contact = NonNullable<Account['primaryContact']>

export const emptyLegal: Legal = {
  ...{ companyName: '', street: '', city: '', postalCode: '', country: '', registrationNumber: '' },
}
export const emptyContact: Contact = { givenName: '', surname: '', mail: '', phoneNumber: '' }

/** What was typed as the server takes it: what is empty and may be left out is nothing. */
export const legalOf = (typed: Legal): Legal => ({
  ...typed,
  postalCode: typed.postalCode?.trim() || null,
  registrationNumber: typed.registrationNumber?.trim() || null,
})
export const contactOf = (typed: Contact): Contact => ({ ...typed, phoneNumber: typed.phoneNumber?.trim() || null })

const LONGEST = { companyName: 256, street: 256, city: 128, postalCode: 32, registrationNumber: 32 } as const
const legalNames = Object.keys(LONGEST) as (keyof typeof LONGEST)[]
const CONTACT = { givenName: 64, surname: 64, mail: 254, phoneNumber: 32 } as const
const contactNames = Object.keys(CONTACT) as (keyof typeof CONTACT)[]

interface Typing<T> {
  typed: T
  change: (typed: T) => void
  fields: ReadonlyMap<string, string>
}

/** A firm as it is registered. `country`: whether it can be chosen; an account's stays. */
export const LegalFields = ({ typed, change, fields, country }: Typing<Legal> & { country: boolean }) => (
  <fieldset className="group">
    <legend>{t('admin.partner.profile.legal')}</legend>
    {legalNames.map(name => (
      <Field
        key={name}
        label={t(`admin.partner.profile.${name}`)}
        required={name !== 'postalCode' && name !== 'registrationNumber'}
        {...(name === 'companyName' && { hint: t('admin.partner.profile.nameHint') })}
        {...fieldError(fields, name)}
      >
        <Input
          value={typed[name] ?? ''}
          maxLength={LONGEST[name]}
          onChange={(_, { value }) => change({ ...typed, [name]: value })}
        />
      </Field>
    ))}
    {country && (
      <CountryField
        label={t('admin.partner.profile.country')}
        value={typed.country}
        choose={code => change({ ...typed, country: code })}
        problem={fieldError(fields, 'country')}
      />
    )}
    {fields.has('legalProfile') && (
      <p className="danger" role="alert">
        {t('admin.partner.profile.addressNeeded')}
      </p>
    )}
  </fieldset>
)

/** Somebody whom others reach about the firm. */
export const ContactFields = ({
  title,
  name: field,
  typed,
  change,
  fields,
}: Typing<Contact> & { title: string; name: string }) => (
  <fieldset className="group">
    <legend>{title}</legend>
    {contactNames.map(name => (
      <Field key={name} label={t(`admin.partner.profile.${name}`)} required={name !== 'phoneNumber'}>
        <Input
          type={name === 'mail' ? 'email' : name === 'phoneNumber' ? 'tel' : 'text'}
          value={typed[name] ?? ''}
          maxLength={CONTACT[name]}
          autoComplete="off"
          onChange={(_, { value }) => change({ ...typed, [name]: value })}
        />
      </Field>
    ))}
    {fields.has(field) && (
      <p className="danger" role="alert">
        {t('admin.partner.profile.contactNeeded')}
      </p>
    )}
  </fieldset>
)
