import { type Contact, type SupportKind, speaks } from './contacts.ts'
import { type Opening, openingOf, openLanguages } from './hours.ts'

/** What a reader looks for. */
export interface Wish {
  /** An ISO 3166 code; undefined: only contacts for every country fit. */
  country: string | undefined
  kind: SupportKind
  /** BCP 47. */
  language: string
  administrator: boolean
}

/** A contact that fits, and whether somebody answers there now. */
export interface Offer extends Opening {
  contact: Contact
  /** Whose hours `open` tells: the reader's language where it is spoken there. */
  language: string
  /** The languages in which somebody answers now. */
  openIn: string[]
}

/** How many contacts are offered beside the first. */
const OTHERS_AT_MOST = 20

/**
 * The contacts that fit, the best first (work accounts on the wire, §1.9): the tenant's before the deployment's, the
 * country's before those for every country, then by language, open now, free of charge, and the order of the file.
 */
export function pickContacts(files: readonly (readonly Contact[])[], wish: Wish, now: Date): Offer[] {
  const fitting = files.flatMap((file, source) =>
    file
      .filter(contact => fits(contact, wish))
      .map(contact => {
        const language = spokenTo(contact, wish.language)
        return { contact, language, source, ...openingOf(contact, language, now) }
      }),
  )
  const rank = ({ contact, language, source, open }: (typeof fitting)[number]) => [
    source,
    wish.country !== undefined && contact.countries.includes(wish.country) ? 0 : 1,
    speaks(language, wish.language) ? 0 : speaks(language, 'en') ? 1 : 2,
    open ? 0 : 1,
    contact.phones?.some(({ tollFree }) => tollFree) ? 0 : 1,
  ]
  return fitting
    .map(offer => ({ offer, ranks: rank(offer) }))
    .sort(
      (one, other) => one.ranks.map((value, n) => value - other.ranks[n]!).find(difference => difference !== 0) ?? 0,
    )
    .slice(0, 1 + OTHERS_AT_MOST)
    .map(({ offer: { source: _, ...offer } }) => ({ ...offer, openIn: openLanguages(offer.contact, now) }))
}

const fits = ({ countries, kinds, audience }: Contact, { country, kind, administrator }: Wish) =>
  (countries.includes('*') || (country !== undefined && countries.includes(country))) &&
  kinds.includes(kind) &&
  (audience !== 'administrators' || administrator)

/** The reader's language, English, or the first that is spoken there. */
const spokenTo = ({ languages }: Contact, wish: string): string =>
  languages.find(one => one === wish) ??
  languages.find(one => speaks(one, wish)) ??
  languages.find(one => speaks(one, 'en')) ??
  languages[0]!
