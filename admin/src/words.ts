import { createInstance, type TFunction, type TOptions } from 'i18next'
import { whole, wholePercent } from './figures.ts'
import type { AdminWords } from './wordKeys.ts'

/** A language that the application speaks: a folder in locales/. */
export type Language = 'en' | 'fr' | 'ja'
export const languages: readonly Language[] = ['en', 'fr', 'ja']

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'words'
    resources: { words: { admin: AdminWords } }
  }
}

// Two files for each language, which the build makes of locales/: nobody loads another's words.
const files: Record<Language, Record<'first' | 'rest', () => Promise<{ default: Record<string, unknown> }>>> = {
  en: { first: () => import('words:en/first'), rest: () => import('words:en/rest') },
  fr: { first: () => import('words:fr/first'), rest: () => import('words:fr/rest') },
  ja: { first: () => import('words:ja/first'), rest: () => import('words:ja/rest') },
}

/** The words themselves, for a code that only the server knows. */
export const i18n = createInstance({
  defaultNS: 'words',
  ns: ['words'],
  fallbackLng: false,
  interpolation: { escapeValue: false }, // React escapes what it shows
  returnNull: false,
})

/** Texts that are said as they stand, by key. i18next reads each anew, which takes a slow processor a millisecond. */
const plain = new Map<string, string>()

function sayPlain(key: string): string {
  const text: unknown = i18n.getResource(language, 'words', key)
  // A variable, or another text within.
  if (typeof text !== 'string' || /\{\{|\$t/.test(text)) return i18n.t(key as 'admin.frame.menu')
  plain.set(key, text)
  return text
}

/** Looks a text up by its key, in the reader's language; keys are checked by type. */
export const t = ((key: string, values?: TOptions) =>
  values ? i18n.t(key as 'admin.frame.menu', values) : (plain.get(key) ?? sayPlain(key))) as unknown as TFunction

let language: Language = 'en'
/** How dates and numbers are written: readers of English are everywhere, so the month is written out after its day. */
let numbers = 'en-GB'

export const currentLanguage = () => language

/** Loads the words of the first language that is both asked for and spoken. */
export async function loadWords(asked: readonly string[]) {
  language =
    asked
      .map(one => one.slice(0, 2).toLowerCase())
      .map(one => languages.find(spoken => spoken === one))
      .find(one => one !== undefined) ?? 'en'
  numbers = language === 'en' ? 'en-GB' : language
  const { default: first } = await files[language].first()
  await i18n.init({ lng: language, resources: { [language]: { words: { admin: first } } } })
  // Its own keeps a format for each value that it meets.
  i18n.services.formatter?.add('number', value => number(value))
  document.documentElement.lang = language
}

let rest: Promise<unknown> | undefined

/** Loads the words of all pages that are not the first, once; a load that failed is tried again. */
export function loadAllWords(): Promise<unknown> {
  rest ??= files[language].rest().then(
    ({ default: words }) => i18n.addResourceBundle(language, 'words', { admin: words }, true),
    error => {
      rest = undefined
      throw error
    },
  )
  return rest
}

/** Makes each format once: one takes a slow processor some ten milliseconds. */
function formatsBy<Options, Format>(make: (options: Options) => Format) {
  const made = new Map<string, Format>()
  return (options: Options): Format => {
    const key = JSON.stringify([numbers, options])
    const format = made.get(key) ?? make(options)
    made.set(key, format)
    return format
  }
}

const numberFormat = formatsBy((options: Intl.NumberFormatOptions) => new Intl.NumberFormat(numbers, options))
const dateFormat = formatsBy((options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(numbers, options))
const listFormat = formatsBy((options: Intl.ListFormatOptions) => new Intl.ListFormat(numbers, options))
const nameFormat = formatsBy((options: Intl.DisplayNamesOptions) => new Intl.DisplayNames(numbers, options))

/** A count with this language's separators. */
export const number = (value: number) =>
  Number.isInteger(value) ? whole(value, language) : numberFormat({}).format(value)

/** A figure with one place after its point, never rounded up. */
export const decimal = (value: number) =>
  numberFormat({ maximumFractionDigits: 1, roundingMode: 'floor' }).format(value)

/** A share between 0 and 1, in whole percent. */
export const percent = (share: number) => wholePercent(share, language)

/** An amount in a currency (ISO 4217), with the cents that small amounts need. */
export const money = (amount: number, currency: string) => numberFormat({ style: 'currency', currency }).format(amount)

/** A moment in the reader's time zone: the hour where it is today, else the day. */
export function moment(value: string | Date, now = new Date()): string {
  const then = new Date(value)
  const isToday = then.toDateString() === now.toDateString()
  const format: Intl.DateTimeFormatOptions = isToday
    ? { hour: 'numeric', minute: '2-digit' }
    : { day: 'numeric', month: 'short', ...(then.getFullYear() !== now.getFullYear() && { year: 'numeric' }) }
  return dateFormat(format).format(then)
}

/** A moment in full, for a tooltip and for what has to be exact. */
export const exactly = (value: string | Date) =>
  dateFormat({ dateStyle: 'long', timeStyle: 'short' }).format(new Date(value))

/** A day of the calendar, in UTC as reports count it. */
export const day = (value: string | Date) =>
  dateFormat({ day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(value))

/** A day, or where it is named an hour of it, in UTC. */
export const dayOrHour = (value: string) =>
  value.includes('T')
    ? dateFormat({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }).format(
        new Date(`${value}Z`),
      )
    : day(value)

/** A day in UTC on which something ends or has ended, with the year where it is another one. */
export function lastDay(value: string | Date, now = new Date()): string {
  const isThisYear = new Date(value).getUTCFullYear() === now.getUTCFullYear()
  if (isThisYear) return day(value)
  return dateFormat({ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(value))
}

/** "a, b and c". */
export const list = (items: readonly string[]) => listFormat({}).format(items)

/** "a, b or c". */
export const either = (items: readonly string[]) => listFormat({ type: 'disjunction' }).format(items)

/** A day of the week, of a day in UTC. */
export const weekday = (value: string | Date) =>
  dateFormat({ weekday: 'long', timeZone: 'UTC' }).format(new Date(value))

/** What a country is called, by its code in ISO 3166. */
export const country = (code: string) => nameFormat({ type: 'region' }).of(code) ?? code

/** What a language is called, by its tag in BCP 47. */
export const languageName = (tag: string) => nameFormat({ type: 'language' }).of(tag) ?? tag
