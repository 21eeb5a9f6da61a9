import { plainDigits, withoutInvisible } from './signs.ts'

// Beside Unicode's dashes those that Japanese keyboards have beside the digits: the mark of a long vowel, and rules.
const BETWEEN = /[\p{White_Space}\p{Dash}\u30fc\uff70\u2500\u2501]/gu

/** The six digits of a sent code or an app's; undefined where something else was typed, which guesses at nothing. */
export function readCode(typed: string): string | undefined {
  const digits = plainDigits(withoutInvisible(typed)).replace(BETWEEN, '')
  return /^[0-9]{6}$/.test(digits) ? digits : undefined
}
