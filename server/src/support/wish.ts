import { type SupportKind, supportKinds } from './contacts.ts'
import { refuse } from './errors.ts'
import { readZone } from './hours.ts'

/** What was chosen of the parameters of an address; an empty one is none. */
export interface Chosen {
  country: string | undefined
  kind: SupportKind
  language: string | undefined
  zone: string
}

/** Reads what was chosen. Throws `choice_unknown` with the parameter. */
export const readChoice = ({ country, kind, language, zone }: Partial<Record<keyof Chosen, string>>): Chosen => ({
  country: readCountry(country),
  kind: readKind(kind) ?? 'technical',
  language: readLanguage(language),
  // Some browsers name a zone that nobody knows; the page must not fail for that.
  zone: readZone(zone ?? '') ?? 'UTC',
})

const unknown = (field: keyof Chosen) =>
  refuse('choice_unknown', { field, toPrograms: { message: `The ${field} has no form that it could have.` } })

function readCountry(text = ''): string | undefined {
  if (text === '') return undefined
  if (!/^[A-Za-z]{2}$/.test(text)) throw unknown('country')
  return text.toUpperCase()
}

function readKind(text = ''): SupportKind | undefined {
  const kind = supportKinds.find(one => one === text)
  if (text !== '' && !kind) throw unknown('kind')
  return kind
}

function readLanguage(text = ''): string | undefined {
  if (text === '') return undefined
  try {
    return new Intl.Locale(text).toString()
  } catch {
    throw unknown('language')
  }
}
