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
