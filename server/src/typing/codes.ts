import { narrow, plainDigits, withoutInvisible } from './signs.ts'

// Unicode's dashes, and the signs beside the digits of Japanese keyboards: the mark of a long vowel, and rules.
const BETWEEN = /[\p{White_Space}\p{Dash}\u30fc\uff70\u2500\u2501]/gu

/** The six digits of a sent code or an app's; undefined for other text, which guesses at nothing. */
export function readCode(typed: string): string | undefined {
  const digits = plainDigits(withoutInvisible(typed)).replace(BETWEEN, '')
  return /^[0-9]{6}$/.test(digits) ? digits : undefined
}

/** A recovery code as it is compared: twelve signs of Crockford's base 32, whose look-alikes count as them. Undefined for other text. */
export function readRecoveryCode(typed: string): string | undefined {
  const code = readSupportCode(typed)
  return /^[0-9A-HJKMNP-TV-Z]{12}$/.test(code) ? code : undefined
}

/** A support code as it is looked up: look-alikes of Crockford's base 32 count as its signs. */
export const readSupportCode = (typed: string): string =>
  readUserCode(plainDigits(typed)).replace(/[IL]/g, '1').replaceAll('O', '0')

/** The code that a device shows, in the form that is looked up: capital letters alone, as they stand in it. */
export const readUserCode = (typed: string): string =>
  narrow(withoutInvisible(typed))
    .replace(BETWEEN, '')
    .replace(/[a-z]/g, letter => letter.toUpperCase())
