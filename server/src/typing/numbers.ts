import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min'
import { narrow, plainDigits, withoutInvisible } from './signs.ts'

// An extension in the languages that we speak; other ways to write one are known to the library that reads the number.
const EXTENSION = /(?:extension|extn|ext|poste|p|内線番号|内線)[ .:nº°]{0,4}[0-9]{1,10}[ )]{0,2}$/i

/** A telephone number in ASCII digits and signs, without its extension, to which no code can be sent. */
export function foldNumber(typed: string): string {
  const plain = plainDigits(narrow(withoutInvisible(typed)))
    .replace(/[\ufe62\u207a\u208a\u2795]/g, '+')
    .replace(/[\p{Dash}\u30fc\uff70\u2500\u2501]/gu, '-')
    .replace(/\p{White_Space}+/gu, ' ')
    .trim()
  return plain.replace(EXTENSION, '').replace(/[ ,;(]{1,3}$/, '')
}

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

/** Whether a text in E.164 has the length of a number of its country. */
export const isNumber = (e164: string): boolean => parsePhoneNumberFromString(e164)?.isPossible() ?? false

/** The country calling code of a number in E.164; undefined for other texts. */
export const callingCodeOf = (e164: string): string | undefined =>
  parsePhoneNumberFromString(e164)?.countryCallingCode as string | undefined

/** The country of a number in E.164 (ISO 3166); undefined for other texts, and for numbers of no country. */
export const countryOf = (e164: string): string | undefined => parsePhoneNumberFromString(e164)?.country

/** Writes a number as it is read aloud and printed: "+1 206 555 0110". */
export const formatNumber = (e164: string) => parsePhoneNumberFromString(e164)?.formatInternational() ?? e164

/** Of countries, and of services in all of them (ITU-T E.164, annexes). */
const CALLING_CODES = new Set<string>([
  ...getCountries().map(country => getCountryCallingCode(country)),
  ...['800', '808', '870', '878', '881', '882', '883', '888', '979'],
])

/**
 * Writes a number in E.164 as directories do: "+1 2065550110" (self-service password reset, §2.3). No calling code begins
 * another, so the shortest is it; to read the number whole would take longer than all else of a list.
 */
export function directoryNumber(e164: string | null): string | null {
  if (!e164?.startsWith('+')) return e164
  const code = [1, 2, 3].map(length => e164.slice(1, 1 + length)).find(one => CALLING_CODES.has(one))
  return code === undefined ? e164 : `+${code} ${e164.slice(1 + code.length)}`
}
