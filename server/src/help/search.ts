import { type Language, languages } from '../words/index.ts'
import { plainText } from './markdown.ts'
import type { Help, Topic } from './topics.ts'

/** A page that was found, as lists show it. */
export type Found = Pick<Topic, 'id' | 'title' | 'href' | 'excerpt'>

/** Searching a text costs time by its length, and nobody types more. */
const LONGEST = 100

/**
 * The pages for these words, in the reader's language, the best first; all of them where nothing is asked. Pages are
 * found by the words of each language: who reads English pages may look for "mot de passe".
 */
export function searchHelp(help: Help, language: Language, asked: string): Found[] {
  const terms = fold(asked.slice(0, LONGEST)).split(' ').filter(Boolean)
  const shown = help.topics[language]
  if (terms.length === 0) return shown.map(listed)
  const scored = [
    ...shown.map((topic, place) => ({ topic, texts: languages.map(one => help.topics[one][place]!) })),
    ...help.administrators.map(topic => ({ topic, texts: [topic] })),
  ].map(({ topic, texts }) => ({ topic, score: Math.max(...texts.map(text => scoreOf(text, terms))) }))
  return scored
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .map(({ topic }) => listed(topic))
}

/** By where all the words stand: together in the title before anywhere in it, then other names, then the text. */
function scoreOf({ title, keywords, blocks }: Topic, terms: readonly string[]): number {
  const within = (text: string) => terms.every(term => text.includes(term))
  const [head, names] = [fold(title), fold(keywords)]
  if (head.includes(terms.join(' '))) return 4
  if (within(head)) return 3
  if (within(`${head} ${names}`)) return 2
  return within(fold(`${title} ${keywords} ${plainText(blocks)}`)) ? 1 : 0
}

/** Without case, width, accents and the kind of apostrophe, which nobody types alike. */
const fold = (text: string) =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}]/gu, '')
    .replace(/['’`\s\u00a0\u202f]+/gu, ' ')
    .trim()

const listed = ({ id, title, href, excerpt }: Topic): Found => ({ id, title, href, excerpt })
