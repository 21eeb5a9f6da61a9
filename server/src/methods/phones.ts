import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min'
import { foldNumber } from '../typing/index.ts'
import type { Locale } from '../words/index.ts'

/** Prefixes for calls abroad: from Australia, North America, Japan, and most other countries. */
const ABROAD = /^[( ]{0,2}(?:0011|011|010|00)(?=[^0-9]{0,3}[1-9])/

/**
 * A number in E.164, or undefined where it cannot be one. Extensions are dropped: no code can be dialled to them (self-service password reset, §2.3).
 * A number may have the prefix of a call abroad, for any chosen country.
 */
export function readNumber(typed: string, country?: string): string | undefined {
  const text = foldNumber(typed)
  const read = (one: string) => {
    const number = parsePhoneNumberFromString(one, country as CountryCode | undefined)
    return number?.isValid() ? number.number : undefined
  }
  const abroad = ABROAD.test(text) ? read(text.replace(ABROAD, '+')) : undefined
  // Two zeros begin no number at home, though Japan's plan seems to have room for some. One does: Paris dials 01 1….
  return /^[( ]*00/.test(text) ? (abroad ?? read(text)) : (read(text) ?? abroad)
}

/** Whether a code is that of a country or region that has phone numbers. */
export const isCountry = (code: string): boolean => isSupportedCountry(code)

/** The country calling code of a number in E.164; undefined for other texts. */
export const callingCodeOf = (e164: string): string | undefined =>
  parsePhoneNumberFromString(e164)?.countryCallingCode as string | undefined

/** Writes a number as it is read aloud and printed: "+1 206 555 0110". */
export const formatNumber = (e164: string) => parsePhoneNumberFromString(e164)?.formatInternational() ?? e164

/** The last two digits, behind dots of fixed number. */
export const hintNumber = (e164: string) => `••••••••${e164.slice(-2)}`

/** The hints for the first country, in this order. */
export interface CountryHints {
  /** The reader's own choice. */
  chosen?: string | undefined
  /** The region of the reader's browser. */
  region: string | undefined
  /** The tenant's own. */
  company: string | null | undefined
}

/**
 * Every country and region that has phone numbers, in the reader's language and order, and the one to begin with.
 * The number on record suggests nothing: its country is nobody's business before a proof.
 */
export function countryChoice(locale: Locale, { chosen, region, company }: CountryHints) {
  const countries = getCountries()
    .map(code => ({ code, name: locale.country(code), callingCode: getCountryCallingCode(code) as string }))
    .sort((a, b) => locale.compare(a.name, b.name))
  const likely = { en: 'US', fr: 'FR', ja: 'JP' }[locale.language]
  const country = [chosen, region, company].find(one => countries.some(({ code }) => code === one)) ?? likely
  return { countries, country }
}
