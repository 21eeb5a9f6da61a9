import { readdirSync, readFileSync } from 'node:fs'
import { createInstance, type TFunction } from 'i18next'
import type { EnglishWords } from './keys.ts'

export type { EnglishWords } from './keys.ts'

/** A language that Latchkey speaks: a folder in locales/. */
export type Language = 'en' | 'fr' | 'ja'
export const languages: readonly Language[] = ['en', 'fr', 'ja']

/** Looks a text up by its key, in one language; keys are checked by type. */
export type Translate = TFunction<'words'>

/** A key that a text is found by. */
export type WordKey = Leaves<EnglishWords>
type Leaves<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Leaves<T[K]>}` }[keyof T & string]

/** One language's words, and its way with dates, numbers and names. */
export interface Locale {
  language: Language
  dir: 'ltr' | 'rtl'
  t: Translate
  /** Day and time, with the time zone: Latchkey's servers and readers are rarely in the same one. */
  dateTime(moment: Date): string
  /** The day alone, in UTC. */
  day(moment: Date): string
  /** A length of time in the largest fitting unit, rounded up: "5 minutes", "24 heures". No line breaks inside it. */
  duration(seconds: number): string
  /** A count with this language's separators: "5,000". */
  number(value: number): string
  /** "a, b and c". */
  list(items: readonly string[]): string
  /** A country's or region's name by its ISO 3166 code. */
  country(code: string): string
  /** A language's name in itself: "Français". */
  languageName(code: Language): string
  /** Compares two texts as this language sorts them. */
  compare(a: string, b: string): number
}

/** Every locale, read once from locales/. */
export interface Words {
  in(language: Language): Locale
}

export function loadWords(): Words {
  const folder = new URL('../../../locales/', import.meta.url)
  const read = (language: Language) => {
    const files = readdirSync(new URL(`${language}/`, folder)).filter(name => name.endsWith('.json'))
    return Object.fromEntries(
      files.map(name => [name.slice(0, -5), JSON.parse(readFileSync(new URL(`${language}/${name}`, folder), 'utf8'))]),
    )
  }
  const i18n = createInstance({
    lng: 'en',
    fallbackLng: false,
    supportedLngs: [...languages],
    defaultNS: 'words',
    ns: ['words'],
    resources: Object.fromEntries(languages.map(language => [language, { words: read(language) }])),
    interpolation: { escapeValue: false }, // React and the mail templates escape what they show
    returnNull: false,
    initAsync: false,
  })
  void i18n.init()
  const locales = Object.fromEntries(
    languages.map(language => [language, locale(language, i18n.getFixedT(language))]),
  ) as Record<Language, Locale>
  return { in: language => locales[language] }
}

function locale(language: Language, t: Translate): Locale {
  // Readers of English are everywhere: the day stands before the month that is written out, so nobody misreads it.
  const dates = language === 'en' ? 'en-GB' : language
  const day = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' } as const
  const dayAlone = new Intl.DateTimeFormat(dates, day)
  const moment = new Intl.DateTimeFormat(dates, {
    ...day,
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  })
  const count = new Intl.NumberFormat(language)
  const list = new Intl.ListFormat(language, { type: 'conjunction' })
  const regions = new Intl.DisplayNames([language], { type: 'region' })
  const collator = new Intl.Collator(language)
  const lengths = {
    second: lengthIn(language, 'second'),
    minute: lengthIn(language, 'minute'),
    hour: lengthIn(language, 'hour'),
    day: lengthIn(language, 'day'),
  }
  return {
    language,
    dir: 'ltr',
    t,
    dateTime: date => moment.format(date),
    day: date => dayAlone.format(date),
    duration(seconds) {
      const [unit, size] = unitOf(seconds)
      return lengths[unit].format(Math.ceil(seconds / size)).replaceAll(' ', '\u00a0')
    },
    number: value => count.format(value),
    list: items => list.format(items),
    country: code => regions.of(code) ?? code,
    languageName: code => ownNames[code],
    compare: (a, b) => collator.compare(a, b),
  }
}

// Made once, since each page names every language.
const ownNames = Object.fromEntries(
  languages.map(code => {
    const name = new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code
    return [code, name.charAt(0).toLocaleUpperCase(code) + name.slice(1)]
  }),
) as Record<Language, string>

type LengthUnit = 'second' | 'minute' | 'hour' | 'day'

// Made once: making one took a quarter of the cost of a refusal that says when to come back.
const lengthIn = (language: Language, unit: LengthUnit) =>
  new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })

/** The largest unit that still says the length well, and its seconds. */
function unitOf(seconds: number): [LengthUnit, number] {
  if (seconds <= 90) return ['second', 1]
  if (seconds <= 90 * 60) return ['minute', 60]
  if (seconds <= 48 * 3600) return ['hour', 3600]
  return ['day', 86_400]
}

/** The language for a reader: the first wish that Latchkey speaks, or the fallback. */
export function chooseLanguage(wishes: readonly (string | undefined | null)[], fallback: Language = 'en'): Language {
  for (const wish of wishes) {
    const found = languages.find(language => language === wish?.toLowerCase().split('-')[0])
    if (found) return found
  }
  return fallback
}

/** The country or region of the most wanted language that names one: GB of "en-GB". */
export function acceptedRegion(tags: readonly string[]): string | undefined {
  for (const tag of tags) {
    const region = regionOf(tag)
    if (region !== undefined) return region
  }
  return undefined
}

function regionOf(tag: string): string | undefined {
  try {
    return new Intl.Locale(tag).region
  } catch {
    return undefined // a browser may send anything
  }
}

/** The languages of an Accept-Language header, most wanted first (RFC 9110, §12.5.4). */
export function acceptedLanguages(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, 1000)
    .split(',')
    .map(part => {
      const [tag = '', ...parameters] = part.trim().split(';')
      const weight = parameters.map(one => one.trim()).find(one => one.startsWith('q='))
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight.slice(2)) }
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}
