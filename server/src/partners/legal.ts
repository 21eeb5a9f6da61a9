import { isSupportedCountry } from 'libphonenumber-js/min'
import { readAddress } from '../typing/index.ts'
import { refuse } from './errors.ts'

/** A firm as it is registered (Partner Center and work accounts, §4.2). */
export interface LegalProfile {
  companyName: string
  street: string
  city: string
  postalCode: string | null
  /** ISO 3166-1, two capital letters. */
  country: string
  registrationNumber: string | null
}

/** Somebody whom others reach about the firm. */
export interface Contact {
  givenName: string
  surname: string
  mail: string
  phoneNumber: string | null
}

/** Countries whose companies always have a registration number. */
const NUMBERED = new Set('AM AZ BY BR HU IN IQ KZ KG MD MM PL RU SA ZA SS TJ TH TR UA AE UZ VE VN'.split(' '))

/** Legal forms, which alone are no name: folded, without dots. */
const LEGAL_FORMS = new Set([
  ...'llc inc ltd limited gmbh ag kg ug ohg sarl sàrl sa sas sasu eurl bv nv oy oyj ab as asa aps plc corp co kk spa srl sl lda pty ltda'.split(
    ' ',
  ),
  ...['pty ltd', 'co ltd', 'gmbh & co kg', '株式会社', '有限会社', '合同会社'],
])

/** What makes a name doubtful, though it is taken. */
export type NameWarning = 'name_web_address' | 'name_repeated' | 'name_spaced'

/** Refuses a profile that cannot be a registered firm's. Throws `name_…`, `address_incomplete`, `country_unknown`, `registration_number_…`. */
export function checkLegalProfile(profile: LegalProfile): void {
  const { companyName, street, city, country, registrationNumber } = profile
  checkCompanyName(companyName)
  if (street.trim() === '' || city.trim() === '') throw refuse('address_incomplete', { field: 'legalProfile' })
  if (!isSupportedCountry(country)) throw refuse('country_unknown', { field: 'country' })
  if (registrationNumber === null) {
    if (NUMBERED.has(country)) throw refuse('registration_number_missing', { field: 'registrationNumber' })
  } else if (!/^[\p{L}\p{Nd}./-]{4,20}$/u.test(registrationNumber.replaceAll(' ', '')))
    throw refuse('registration_number_invalid', { field: 'registrationNumber' })
}

function checkCompanyName(name: string): void {
  const field = 'companyName'
  const plain = name.trim()
  if (plain === '') throw refuse('name_blank', { field })
  if ([...plain].length === 1) throw refuse('name_too_short', { field })
  if (!/[\p{L}\p{Nd}]/u.test(plain)) throw refuse('name_without_letters', { field })
  if (LEGAL_FORMS.has(plain.normalize('NFKC').toLowerCase().replaceAll('.', '').replace(/\s+/g, ' ')))
    throw refuse('name_legal_form', { field })
}

/** What a person should look at again in a name. */
export function warningsOf({ companyName }: Pick<LegalProfile, 'companyName'>): NameWarning[] {
  const name = companyName.trim()
  const warnings: [NameWarning, boolean][] = [
    ['name_web_address', /\.(com|org|net|edu|gov|info|biz)$/i.test(name)],
    ['name_repeated', /(.)\1\1/u.test(name)],
    ['name_spaced', /^\S( \S)+$/u.test(name)],
  ]
  return warnings.flatMap(([warning, isSo]) => (isSo ? [warning] : []))
}

/** Refuses a contact whom nobody could reach. Throws `contact_invalid`. */
export function checkContact({ givenName, surname, mail }: Contact, field: string): void {
  if (givenName.trim() === '' || surname.trim() === '' || readAddress(mail) === undefined)
    throw refuse('contact_invalid', { field })
}
