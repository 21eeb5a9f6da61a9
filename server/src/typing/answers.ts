import { plainDigits, withoutInvisible } from './signs.ts'

// Apostrophes, and accents that stand for one; the others are Unicode's quotation marks.
const QUOTES =
  /[\p{Quotation_Mark}`´\u02b9-\u02bd\u02c8\u02ca\u02cb\u02ee\u055a\u05f3\u05f4\u1fbd\u1fbf\u1fef\u1ffd\u2032-\u2037\u2057\ua78c]/gu

/**
 * The answer to a security question as it is compared (self-service password reset, §2.5).
 * Case, width, quotes, dashes, digits and spaces make no difference; accents do.
 */
export function foldAnswer(typed: string): string {
  const plain = plainDigits(withoutInvisible(typed.replace(QUOTES, "'").normalize('NFKC')))
  return foldCase(plain)
    .normalize('NFKC')
    .replace(QUOTES, "'")
    .replace(/[\p{Dash}~]/gu, '-')
    .replace(/\p{White_Space}+/gu, ' ')
    .trim()
}

/** Full case folding, by way of capitals: "ß" is "ss", the last sigma any other, and the dot of an i no letter. */
const foldCase = (text: string) =>
  text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ').replaceAll('i\u0307', 'i')

/** The earlier fold of answers: hashes of that form are still on record. */
export const foldAnswerAsBefore = (typed: string) =>
  typed.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim()

const WORD_SIGNS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
const letters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** How many letters a reader would count in a folded answer. */
export const lengthOfAnswer = (folded: string) => [...letters.segment(folded)].length

/** Fewest letters of a folded answer: two where a letter is a word or syllable of its own, as in 京都. */
export const fewestLetters = (folded: string) => (WORD_SIGNS.test(folded) ? 2 : 3)
