import { readFileSync } from 'node:fs'
import { type Language, languages } from '../words/index.ts'
import { type Block, plainText, readBlocks } from './markdown.ts'

/** The pages for people, in the order in which they are listed. Each is a file in `help/` of each language in `locales/`. */
export const topicIds = [
  'forgot-password',
  'change-password',
  'cannot-sign-in',
  'locked-account',
  'code-not-received',
  'wrong-code',
  'new-phone',
  'new-password',
  'common-problems',
  'register',
  'not-me',
  'contact-administrator',
  'first-account',
] as const
export type TopicId = (typeof topicIds)[number]

/** The pages for administrators, in English: files in `docs/administrators/`. */
export const administratorIds = [
  'how-it-works',
  'getting-started',
  'helping-people',
  'roll-out',
  'customizing',
  'reports',
  'partners',
  'faq',
  'troubleshooting',
  'in-detail',
] as const
export type AdministratorId = (typeof administratorIds)[number]

/** A page of help in one language. */
export interface Topic {
  id: string
  title: string
  href: string
  /** Its first sentences, as a list shows them. */
  excerpt: string
  blocks: readonly Block[]
  /** Other words by which people look for it. */
  keywords: string
}

/** All pages of help, read once. */
export interface Help {
  topics: Readonly<Record<Language, readonly Topic[]>>
  administrators: readonly Topic[]
}

export function loadHelp(): Help {
  const root = new URL('../../../', import.meta.url)
  const read = (language: Language, folder: string, id: string, href: string) =>
    readTopic(readFileSync(new URL(`${folder}/${id}.md`, root), 'utf8'), { id, href: `${href}/${id}`, language })
  return {
    topics: Object.fromEntries(
      languages.map(language => [
        language,
        topicIds.map(id => read(language, `locales/${language}/help`, id, '/help')),
      ]),
    ) as Record<Language, Topic[]>,
    administrators: administratorIds.map(id => read('en', 'docs/administrators', id, '/help/administrators')),
  }
}

const EXCERPT = 160

function readTopic(text: string, { id, href, language }: { id: string; href: string; language: Language }): Topic {
  const [, keywords = ''] = /<!-- keywords: (.*) -->/.exec(text) ?? []
  const [first, ...blocks] = readBlocks(text.replace(/<!--.*?-->\n?/gs, ''))
  if (first?.kind !== 'heading' || first.level !== 1) throw new Error(`${href}: the help page begins with no title`)
  const lead = blocks.find(({ kind }) => kind === 'paragraph')
  const excerpt = lead ? plainText([lead]) : ''
  return {
    ...{ id, href, keywords, blocks, title: plainText([first]) },
    excerpt: excerpt.length > EXCERPT ? `${wholeWords(excerpt, language).replace(/[\s.,;:。、]+$/u, '')}…` : excerpt,
  }
}

/** The words from its beginning that an excerpt has room for; Japanese puts no spaces between them. */
function wholeWords(text: string, language: Language): string {
  const { index = 0 } =
    new Intl.Segmenter(language, { granularity: 'word' }).segment(text).containing(EXCERPT - 1) ?? {}
  return text.slice(0, index)
}
