import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { listFiles, readTokens } from './source.ts'

/** Every text of one language by its full dotted key: `admin.home.title` stands in admin/home.json as `title`. */
type Texts = Map<string, string>

/** What a check found. */
export interface Findings {
  failures: string[]
  languages: number
  keys: number
  sources: number
}

// English is the source; these two are complete from the first day. A further language is a folder to add.
const source = 'en'
const required = ['en', 'fr', 'ja']
const japaneseLetter = '[\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Han}ー」）]'
const japanese = new RegExp(japaneseLetter, 'u')
// A full stop or comma inside "Node.js" or "1,000" is part of the word.
const narrowMark = new RegExp(`[?!]|(?<=${japaneseLetter})[.,]|[.,](?=\\s|$|${japaneseLetter})`, 'gu')

/**
 * Reads `locales/` and the sources of server and application below `root` and judges the words. Keys and variables are the same
 * everywhere; nothing is empty, untranslated or unused; each language has its own punctuation. Each failure is one
 * line.
 */
export function checkWords(root: string): Findings {
  const failures: string[] = []
  const found = existsSync(join(root, 'locales')) ? readdirSync(join(root, 'locales'), { withFileTypes: true }) : []
  const languages = [...new Set([...required, ...found.filter(entry => entry.isDirectory()).map(({ name }) => name)])]
  const texts = new Map(languages.map(language => [language, readLanguage(root, language, failures)]))
  const english = texts.get(source)!
  const plurals = pluralsOf(english)
  const allowed = readAllowed(root, failures)
  for (const [language, own] of texts) {
    failures.push(...checkKeys(language, own, english, plurals))
    failures.push(...checkVariables(language, own, english, plurals))
    if (language !== source) failures.push(...checkTranslated(language, own, english, allowed.get(language) ?? []))
    for (const [key, text] of own) {
      failures.push(...checkText(language, text).map(reason => `${language} ${key}: ${reason}`))
    }
  }
  failures.push(...checkPages(root, languages))
  const sources = ['server/src', 'admin/src']
    .filter(folder => existsSync(join(root, folder)))
    .flatMap(folder => listFiles(join(root, folder), ['.ts', '.tsx']))
    .filter(path => !/\.test\.tsx?$/.test(path))
  failures.push(...checkUsed(english, plurals, sources), ...checkRefusals(root, english, sources))
  failures.push(...checkActivities(english, sources))
  for (const [language, own] of texts) if (own.size === 0) failures.push(`${language}: no text was read`)
  if (sources.length === 0) failures.push('server/src: no file was read, so no key is known to be used')
  return { failures, languages: languages.length, keys: english.size, sources: sources.length }
}

function readLanguage(root: string, language: string, failures: string[]): Texts {
  const texts: Texts = new Map()
  const add = (key: string, value: unknown) => {
    if (typeof value === 'string') texts.set(key, value)
    else if (isGroup(value)) for (const [name, inner] of Object.entries(value)) add(`${key}.${name}`, inner)
    else failures.push(`${language} ${key}: is neither a text nor a group of texts`)
  }
  const folder = join(root, 'locales', language)
  for (const path of listFiles(folder, ['.json'])) {
    const parsed = readJson(root, path, failures)
    if (parsed !== undefined)
      add(
        relative(folder, path)
          .replace(/\.json$/, '')
          .replaceAll(sep, '.'),
        parsed,
      )
  }
  return texts
}

function readAllowed(root: string, failures: string[]): Map<string, string[]> {
  const path = join(root, 'tools/words-allowed.json')
  const parsed = existsSync(path) ? readJson(root, path, failures) : {}
  const lists = isGroup(parsed) ? Object.entries(parsed) : []
  return new Map(lists.map(([language, keys]) => [language, Array.isArray(keys) ? keys.map(String) : []]))
}

function readJson(root: string, path: string, failures: string[]): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    failures.push(`${relative(root, path)}: ${(error as Error).message}`)
    return undefined
  }
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The keys that count something: English has them with the suffix `_other`, and i18next asks for them without. */
function pluralsOf(english: Texts): string[] {
  return [...english.keys()].filter(key => key.endsWith('_other')).map(key => key.slice(0, -'_other'.length))
}

/** The base and plural category of a counting key, or undefined for another key. */
function pluralOf(key: string, plurals: string[]): { base: string; category: string } | undefined {
  const [, base, category] = /^(.*)_(zero|one|two|few|many|other)$/s.exec(key) ?? []
  return base !== undefined && category !== undefined && plurals.includes(base) ? { base, category } : undefined
}

function categoriesOf(language: string): string[] {
  return new Intl.PluralRules(language).resolvedOptions().pluralCategories
}

function checkKeys(language: string, own: Texts, english: Texts, plurals: string[]): string[] {
  const plain = [...english.keys()].filter(key => pluralOf(key, plurals) === undefined)
  const forms = plurals.flatMap(base => categoriesOf(language).map(category => `${base}_${category}`))
  const expected = new Set([...plain, ...forms])
  const missing = [...expected].filter(key => !own.has(key)).map(key => `${language} ${key}: is missing`)
  const surplus = [...own.keys()]
    .filter(key => !expected.has(key))
    .map(key => {
      return `${language} ${key}: ${pluralOf(key, plurals) === undefined ? 'English has no such key' : 'the language has no such plural'}`
    })
  return [...missing, ...surplus]
}

function checkVariables(language: string, own: Texts, english: Texts, plurals: string[]): string[] {
  const failures: string[] = []
  for (const [key, text] of own) {
    const plural = pluralOf(key, plurals)
    const model = english.get(plural === undefined ? key : `${plural.base}_other`)
    if (model === undefined) continue
    // "One message" may leave its number out; a form that stands for several numbers may not (French `one` is 0 too).
    const single = plural !== undefined && countsOneNumber(language, plural.category)
    const needed = variablesOf(model).filter(name => !(single && name === 'count'))
    const present = variablesOf(text)
    for (const name of needed) if (!present.includes(name)) failures.push(`${language} ${key}: {{${name}}} is missing`)
    for (const name of present) {
      if (!variablesOf(model).includes(name)) failures.push(`${language} ${key}: English has no {{${name}}}`)
    }
  }
  return failures
}

function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{-?\s*([\w.]+)[^}]*\}\}/g)].map(match => match[1]!))].sort()
}

function countsOneNumber(language: string, category: string): boolean {
  const rules = new Intl.PluralRules(language)
  return Array.from({ length: 200 }, (_, number) => rules.select(number)).filter(one => one === category).length === 1
}

function checkTranslated(language: string, own: Texts, english: Texts, allowed: string[]): string[] {
  const same = [...own].filter(([key, text]) => english.get(key) === text && hasWords(text)).map(([key]) => key)
  const forgotten = same.filter(key => !allowed.includes(key)).map(key => `${language} ${key}: reads as in English`)
  const needless = allowed
    .filter(key => !same.includes(key))
    .map(key => {
      return `${language} ${key}: differs from English or is gone; take it out of tools/words-allowed.json`
    })
  return [...forgotten, ...needless]
}

// "{{first}} · {{second}}" has nothing to translate.
function hasWords(text: string): boolean {
  return /\p{L}/u.test(text.replace(/\{\{[^}]*\}\}/g, ''))
}

/** Long texts are files of Markdown: the same in each language, with its punctuation, the same number of parts and the same links. */
function checkPages(root: string, languages: readonly string[]): string[] {
  const read = (language: string) =>
    new Map(
      listFiles(join(root, 'locales', language), ['.md']).map(path => [
        relative(join(root, 'locales', language), path),
        readFileSync(path, 'utf8'),
      ]),
    )
  const english = read(source)
  const linksOf = (text: string) => [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, href]) => href).sort()
  const partsOf = (text: string) => text.trim().split(/\n{2,}|\n(?=- |\d+\. )/).length
  return languages.flatMap(language => {
    const own = read(language)
    const names = [...new Set([...english.keys(), ...own.keys()])].sort()
    return names.flatMap(name => {
      const [text, model] = [own.get(name), english.get(name)]
      if (text === undefined) return [`${language} ${name}: is missing`]
      if (model === undefined) return [`${language} ${name}: is not in ${source}`]
      const words = text
        .replace(/<!--.*?-->/gs, '')
        .replace(/^\d+\. /gm, '')
        .replace(/\]\([^)]+\)|\*\*|[#[]/g, '')
      return [
        ...words
          .split('\n')
          .filter(line => line.trim() !== '')
          .flatMap(line => checkText(language, line.trim())),
        ...(linksOf(text).join() === linksOf(model).join() ? [] : ['has other links than in English']),
        ...(partsOf(text) === partsOf(model) ? [] : ['has more or fewer parts than in English']),
      ].map(reason => `${language} ${name}: ${reason}`)
    })
  })
}

function checkText(language: string, text: string): string[] {
  if (text.trim() === '') return ['is empty']
  // Addresses keep their own punctuation, and a variable stands for a word.
  const read = text.replace(/\w+:\/\/\S+/g, 'x').replace(/\{\{[^}]*\}\}/g, 'x')
  if (language === 'fr') return checkFrench(read)
  if (language === 'ja') return checkJapanese(read)
  return []
}

// A breaking space would let a line begin with the mark, so U+202F or U+00A0 has to stand there.
function checkFrench(text: string): string[] {
  const failures: string[] = []
  for (const { 0: mark, index } of text.matchAll(/[?!:;]+(?=[\s»”)\]]|$)/g)) {
    if (!/[\u202f\u00a0]/.test(text[index - 1] ?? '')) failures.push(`needs a no-break space before ${mark}`)
  }
  if (/«(?![\u202f\u00a0])/.test(text)) failures.push('needs a no-break space after «')
  if (/(?<![\u202f\u00a0])»/.test(text)) failures.push('needs a no-break space before »')
  if (text.includes("'")) failures.push("needs ’ in place of '")
  return failures
}

function checkJapanese(text: string): string[] {
  if (!japanese.test(text)) return []
  const wide: Record<string, string> = { '?': '？', '!': '！', '.': '。', ',': '、' }
  return [...new Set([...text.matchAll(narrowMark)].map(([mark]) => `needs ${wide[mark]} in place of ${mark}`))]
}

/** A key is used where a source names it in full, or names it by a template whose fixed parts fit. */
function checkUsed(english: Texts, plurals: string[], sources: string[]): string[] {
  const named = new Set<string>()
  const patterns = new Set<string>()
  for (const path of sources) {
    for (const { kind, text, parts } of readTokens(readFileSync(path, 'utf8'))) {
      if (kind === 'string' || parts.length === 1) named.add(kind === 'string' ? text : parts[0]!)
      // `${anything}.title` would make every key a used one, so a template has to begin with the name of a file.
      else if (/^[\w-]+\./.test(parts[0] ?? '')) patterns.add(parts.map(escapeRegex).join('.+'))
    }
  }
  const fits = [...patterns].map(pattern => new RegExp(`^${pattern}$`, 's'))
  const asked = new Map([...english.keys()].map(key => [key, pluralOf(key, plurals)?.base ?? key]))
  const unused = [...asked].filter(([, name]) => !named.has(name) && !fits.some(pattern => pattern.test(name)))
  return unused.map(([key]) => `${source} ${key}: no source uses it`)
}

/** A code of a refusal with its status. The other names are those of schemas. */
const CODES = /\b(?!(?:status|(?:min|max)(?:imum|Length|Items)):)([a-zA-Z]\w*): ([1-5]\d\d)\b/g

/** Each code that a room refuses with has its words and one status, and no words are left of a code that none has. */
function checkRefusals(root: string, english: Texts, sources: string[]): string[] {
  const failures: string[] = []
  const statuses = new Map<string, string>()
  for (const path of sources) {
    const text = readFileSync(path, 'utf8')
    if (!/\brefusals\(/.test(text)) continue
    for (const [, code = '', status = ''] of text.matchAll(CODES)) {
      const file = relative(root, path)
      const missing = ['title', 'detail'].filter(part => !english.has(`problems.${code}.${part}`))
      failures.push(...missing.map(part => `${file} refuses with ${code}: problems.${code}.${part} is missing`))
      const other = statuses.get(code) ?? status
      if (other !== status) failures.push(`${file} refuses with ${code} as ${status}, another room as ${other}`)
      statuses.set(code, other)
    }
  }
  const told = new Set([...english.keys()].flatMap(key => /^problems\.(?!field\.)(\w+)\./.exec(key)?.[1] ?? []))
  const dead = [...told].filter(code => !statuses.has(code)).map(code => `problems.${code}: no room refuses with it`)
  return [...failures, ...dead]
}

/** The rows of the list of activities, such as `'user.changed': 'Update user'`. */
const ACTIVITY = /^ {2}'(\w+(?:\.\w+)+)': '/gm

/** Each activity has its words in the application for administrators, where the log is read. */
function checkActivities(english: Texts, sources: string[]): string[] {
  const list = sources.find(path => path.endsWith(join('audit', 'activities.ts')))
  if (list === undefined) return []
  const keys = [...readFileSync(list, 'utf8').matchAll(ACTIVITY)].map(
    ([, activity = '']) => `admin.activities.${activity.replaceAll('.', '_')}`,
  )
  const missing = keys.filter(key => !english.has(key)).map(key => `${key}: the log has this activity, without words`)
  const dead = [...english.keys()]
    .filter(key => key.startsWith('admin.activities.') && !keys.includes(key))
    .map(key => `${key}: no activity has this name`)
  return [...missing, ...dead]
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const { failures, languages, keys, sources } = checkWords(join(import.meta.dirname, '..'))
  for (const failure of failures) console.error(failure)
  console.log(`words: ${keys} keys in ${languages} languages and ${sources} sources read, ${failures.length} failures`)
  if (failures.length > 0) process.exitCode = 1
}
