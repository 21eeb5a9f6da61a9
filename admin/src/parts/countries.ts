import { country } from '../words.ts'

/** Codes that stand for no country of an address: unions, outlying parts and tests. */
const NO_COUNTRIES = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' '))

/** Every country by its code (ISO 3166-1), sorted by name. A code of the past is left out: it reads as another one's. */
export function everyCountry(): { code: string; name: string }[] {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  return letters
    .flatMap(first => letters.map(second => first + second))
    .filter(code => !NO_COUNTRIES.has(code) && new Intl.Locale(`und-${code}`).region === code && country(code) !== code)
    .map(code => ({ code, name: country(code) }))
    .toSorted((one, other) => one.name.localeCompare(other.name, document.documentElement.lang))
}
