import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min'

/** A number in E.164, or undefined where it cannot be one. Extensions are dropped: no code can be dialled to them (self-service password reset, §2.3). */
export function readNumber(typed: string, country?: string): string | undefined {
  const number = parsePhoneNumberFromString(typed, country as CountryCode | undefined)
  return number?.isValid() ? number.number : undefined
}

/** Writes a number as it is read aloud and printed: "+1 206 555 0110". */
export const formatNumber = (e164: string) => parsePhoneNumberFromString(e164)?.formatInternational() ?? e164

/** The last two digits, behind dots of fixed number. */
export const hintNumber = (e164: string) => `••••••••${e164.slice(-2)}`

export interface Country {
  /** ISO 3166. */
  code: string
  /** Without a plus sign. */
  callingCode: string
}

/** Every country and region that has phone numbers. */
export const countries = (): Country[] =>
  getCountries().map(code => ({ code, callingCode: getCountryCallingCode(code) }))

/** The country of a number. */
export const countryOf = (e164: string): string | undefined => parsePhoneNumberFromString(e164)?.country
