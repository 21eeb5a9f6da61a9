import { domainToUnicode } from 'node:url'

/** Scripts that are written together in one word: Japanese, Chinese and Korean, each with Latin letters. */
const TOGETHER = [
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]*$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Bopomofo}]*$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hangul}]*$/u,
]
const SCRIPTS = [
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
]
  .concat([
    'Oriya',
    'Tamil',
    'Telugu',
    'Kannada',
    'Malayalam',
    'Sinhala',
    'Thai',
    'Lao',
    'Tibetan',
    'Myanmar',
    'Georgian',
  ])
  .concat(['Ethiopic', 'Khmer'])
  .map(script => new RegExp(`^\\p{Script=${script}}*$`, 'u'))

/** Whether the letters of a label are of one script: others hide one letter behind another, as a Cyrillic "а" in "acme". */
function isOfOneScript(label: string): boolean {
  const letters = label.replace(/[\p{Script=Common}\p{Script=Inherited}]/gu, '')
  return [...TOGETHER, ...SCRIPTS].some(script => script.test(letters))
}

/** A domain as people read it: in its own letters where each label is of one script, otherwise as it is looked up. */
export function shownDomain(name: string): string {
  const shown = domainToUnicode(name)
  return shown !== '' && shown.split('.').every(isOfOneScript) ? shown : name
}
