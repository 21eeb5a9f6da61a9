import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min'
import type { Locale } from '../words/index.ts'

/** A number in E.164, or undefined where it cannot be one. Full-width signs, as Japanese keyboards write them, are read as plain ones. Extensions are dropped: no code can be dialled to them (self-service password reset, §2.3). */
export function readNumber(typed: string, country?: string): string | undefined {
  const number = parsePhoneNumberFromString(typed.normalize('NFKC'), country as CountryCode | undefined)
  return number?.isValid() ? number.number : undefined
}

/** The country calling code of a number in E.164; undefined for what is none. */
export const callingCodeOf = (e164: string): string | undefined =>
  parsePhoneNumberFromString(e164)?.countryCallingCode as string | undefined

/** Writes a number as it is read aloud and printed: "+1 206 555 0110". */
export const formatNumber = (e164: string) => parsePhoneNumberFromString(e164)?.formatInternational() ?? e164

/** The last two digits, behind dots of fixed number. */
export const hintNumber = (e164: string) => `••••••••${e164.slice(-2)}`

/** Every country and region that has phone numbers, in the reader's language and order, and the one to begin with: the reader's own choice, else what the language suggests. The number on record suggests nothing: its country is nobody's business before a proof. */
export function countryChoice(locale: Locale, chosen?: string) {
  const countries = getCountries()
    .map(code => ({ code, name: locale.country(code), callingCode: getCountryCallingCode(code) as string }))
    .sort((a, b) => locale.compare(a.name, b.name))
  return { countries, country: chosen ?? { en: 'US', fr: 'FR', ja: 'JP' }[locale.language] }
}
