/** What people need help with. */
export const kinds = ['technical', 'account', 'billing'] as const
export type Kind = (typeof kinds)[number]

export const linkKinds = ['form', 'chat', 'mail'] as const
export type LinkKind = (typeof linkKinds)[number]

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]

export interface Times {
  days: Weekday[]
  from: string
  to: string
  /** As they were typed, until the contact is tidied. */
  languages?: string[]
}

/** Whom to call or write to, as the file has it (support-contacts.schema.json). */
export interface Contact {
  id: string
  countries: string[]
  kinds: Kind[]
  audience?: 'everyone' | 'administrators'
  languages: string[]
  phones?: { number: string; tollFree?: boolean; from?: 'country' | 'anywhere' }[]
  links?: { kind: LinkKind; href: string }[]
  zone: string
  hours: 'always' | Times[]
  closed?: string[]
  notes?: Partial<Record<string, string>>
}

/** What a file can look like. The number is one that is kept for fiction. */
export const sample: Contact = {
  id: 'fr-technical',
  countries: ['FR'],
  kinds: ['technical', 'account'],
  languages: ['fr', 'en'],
  phones: [{ number: '+33199000050', tollFree: true, from: 'country' }],
  links: [{ kind: 'form', href: 'https://help.company.example/fr' }],
  zone: 'Europe/Paris',
  hours: [
    { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00' },
    { days: ['sat'], from: '09:00', to: '12:00', languages: ['fr'] },
  ],
  closed: ['2027-12-25'],
  notes: { en: 'Have your support code ready.', fr: 'Préparez votre code d’assistance.' },
}

/** A new one, before anything was typed. */
export const blank = (zone: string): Contact => ({
  ...{ id: '', countries: ['*'], kinds: ['technical', 'account'], languages: ['en'], zone },
  phones: [{ number: '' }],
  hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
})

/** Words of a list as people type it, by commas or spaces. */
export const wordsIn = (typed: string): string[] => typed.split(/[\s,、;]+/).filter(Boolean)

/** A contact without what was left empty: the server takes no empty list. */
export function tidy({ phones = [], links = [], closed = [], notes = {}, hours, ...contact }: Contact): Contact {
  const numbers = phones
    .map(phone => ({ ...phone, number: phone.number.replace(/[\s().-]/g, '') }))
    .filter(({ number }) => number !== '')
  const addresses = links.map(link => ({ ...link, href: link.href.trim() })).filter(({ href }) => href !== '')
  const told = Object.entries(notes).filter(([, note]) => note?.trim())
  return {
    ...contact,
    id: contact.id.trim(),
    ...(numbers.length > 0 && { phones: numbers }),
    ...(addresses.length > 0 && { links: addresses }),
    hours:
      hours === 'always'
        ? hours
        : hours.map(({ languages = [], ...times }) => {
            const spoken = languages.flatMap(wordsIn)
            return { ...times, ...(spoken.length > 0 && { languages: spoken }) }
          }),
    ...(closed.length > 0 && { closed }),
    ...(told.length > 0 && { notes: Object.fromEntries(told.map(([language, note]) => [language, note!.trim()])) }),
  }
}

/** The contacts with one in the place of that which has its former name, or at the end. */
export function withContact(all: readonly Contact[], contact: Contact, former: string | undefined): Contact[] {
  const has = all.some(({ id }) => id === former)
  return has ? all.map(one => (one.id === former ? contact : one)) : [...all, contact]
}

/** The contacts with one a place nearer to the beginning. */
export function movedUp(all: readonly Contact[], id: string): Contact[] {
  const place = all.findIndex(one => one.id === id)
  if (place < 1) return [...all]
  return [...all.slice(0, place - 1), all[place]!, all[place - 1]!, ...all.slice(place + 1)]
}

/** What is wrong in one contact of a refused list: codes by the path within it. */
export function faultsOf(fields: ReadonlyMap<string, string>, place: number): ReadonlyMap<string, string> {
  const own = `contacts/${place}/`
  return new Map(
    [...fields].filter(([path]) => path.startsWith(own)).map(([path, code]) => [path.slice(own.length), code]),
  )
}
