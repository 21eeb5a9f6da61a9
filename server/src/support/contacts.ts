import type { Language } from '../words/index.ts'

/** What people need help with. */
export const supportKinds = ['technical', 'billing', 'account'] as const
export type SupportKind = (typeof supportKinds)[number]

/** From Monday, as hours name them. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]

/** Times of service on some days of the week. `to` at or before `from` is on the next day. */
export interface Hours {
  days: readonly Weekday[]
  /** HH:MM by the clock of the contact's zone; 24:00 is midnight. */
  from: string
  to: string
  /** Left out: all of the contact's. */
  languages?: readonly string[]
}

/** Whom to call or write to, as the file has it (contacts.schema.json). */
export interface Contact {
  id: string
  /** ISO 3166 codes; `*`: every country. */
  countries: readonly string[]
  kinds: readonly SupportKind[]
  /** `administrators`: shown to them alone. */
  audience?: 'everyone' | 'administrators'
  /** BCP 47. */
  languages: readonly string[]
  phones?: readonly { number: string; tollFree?: boolean; from?: 'country' | 'anywhere' }[]
  links?: readonly { kind: 'chat' | 'form' | 'mail'; href: string }[]
  /** The IANA time zone of its hours. */
  zone: string
  hours: 'always' | readonly Hours[]
  /** Days without service, in its zone. */
  closed?: readonly string[]
  notes?: Partial<Record<Language, string>>
}

/** Whether a language serves a reader of `wish`: "pt-BR" one of "pt", and the other way round. */
export const speaks = (language: string, wish: string) => baseOf(language) === baseOf(wish)

const baseOf = (language: string) => language.toLowerCase().split('-')[0]
