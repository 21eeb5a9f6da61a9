import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { dictionary as common } from '@zxcvbn-ts/language-common'
import { dictionary as english } from '@zxcvbn-ts/language-en'
import { dictionary as french } from '@zxcvbn-ts/language-fr'
import * as japanese from '@zxcvbn-ts/language-ja'
import { fold, lengthOf, TERM_LENGTH } from '../server/src/passwords/bannedWords.ts'

// Makes the list of words that no tenant's passwords may be made of. It is run by hand, and the list is kept in the
// repository. So a server needs no dictionaries, and a change of the list can be read.

/** Where the server reads the list. */
export const bannedTermsFile = join(import.meta.dirname, '../server/src/passwords/banned-terms.txt')

const ownWords = () =>
  readFileSync(join(import.meta.dirname, 'own-banned-words.txt'), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !/^# /.test(line))

/** Years of birth, and years in which a password may be chosen. */
const years = Array.from({ length: 120 }, (_, place) => String(1930 + place))

/** The package lists names by the alphabet. Here the names that an encyclopaedia mentions most come first. */
function byFame(names: readonly string[], encyclopaedia: readonly string[]): string[] {
  const rank = new Map(encyclopaedia.map((word, place) => [word, place]))
  return names.filter(name => rank.has(name)).sort((one, other) => rank.get(one)! - rank.get(other)!)
}

/**
 * The most used of each dictionary, about 40,000 in all. More would do harm: each word on the list makes phrases of
 * ordinary words cheaper, and rarer words are no guesser's first choice. Most are passwords seen in use; words and
 * names are there because people put a digit and a sign after them.
 */
const sources: [words: readonly string[], atMost: number][] = [
  [ownWords(), Number.POSITIVE_INFINITY],
  [years, Number.POSITIVE_INFINITY],
  [common['passwords-common'], 22_000],
  [english['commonWords-en'], 5_000],
  [byFame(english['firstnames-en'], english['wikipedia-en']), 2_000],
  [english['lastnames-en'], 1_500],
  [french['commonWords-fr'], 4_000],
  [byFame(french['firstnames-fr'], french['wikipedia-fr']), 2_000],
  [byFame(french['lastnames-fr'], french['wikipedia-fr']), 500],
  [japanese.dictionary.commonWords, 1_000],
  [japanese.dictionary.firstnames, 3_000],
  [japanese.dictionary.lastnames, 500],
  [japanese.dictionary.wikipedia, 2_000],
]

/** The list as the server reads it: folded terms, sorted, each once. */
export function makeBannedTerms(): string[] {
  const terms = new Set<string>()
  for (const [words, atMost] of sources) {
    let taken = 0
    for (const word of words) {
      const term = fold(word)
      const length = lengthOf(term)
      if (length < TERM_LENGTH.shortest || length > TERM_LENGTH.longest || /\p{Cc}/u.test(term)) continue
      terms.add(term)
      if (++taken >= atMost) break
    }
  }
  return [...terms].sort()
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const terms = makeBannedTerms()
  writeFileSync(bannedTermsFile, `${terms.join('\n')}\n`)
  console.log(`${terms.length} terms in ${bannedTermsFile}`)
}
