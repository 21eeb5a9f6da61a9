import { getCountries, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/min'
import type { Locale } from '../words/index.ts'

/** Whether a code is that of a country or region that has phone numbers. */
export const isCountry = (code: string): boolean => isSupportedCountry(code)

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
