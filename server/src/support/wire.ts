import { brand, type Visit } from '../http/index.ts'
import { acceptedRegion } from '../words/index.ts'
import type { Contact } from './contacts.ts'
import { findSupport, type Reader } from './find.ts'
import { hoursInZone } from './hours.ts'
import type { Offer } from './pick.ts'
import { readChoice } from './wish.ts'

/** What is asked by the address of the page, and what was found for it. The page gets the looks of the tenant. */
export async function askSupport(visit: Visit, reader: Pick<Reader, 'tenantId' | 'user'>) {
  const tenant = await brand(visit, reader.tenantId)
  const chosen = readChoice(visit.query)
  const country = chosen.country ?? tenant?.country ?? acceptedRegion(visit.languages)
  const language = chosen.language ?? visit.locale.language
  const { kind } = chosen
  const support = await findSupport(visit.db, visit.act.now, { ...reader, country, language, kind })
  return { ...chosen, country, language, ...support }
}

export type Asked = Awaited<ReturnType<typeof askSupport>>

/** The answer to `GET /support`. */
export function supportJson(now: Date, { country, kind, language, zone, offers }: Asked) {
  const [first, ...others] = offers.map(offer => offerJson(now, zone, offer))
  const none = { contact: null, language: null, open: false, changesAt: null, openIn: [] }
  return { asked: { country: country ?? null, kind, language, zone }, ...(first ?? none), others }
}

/** A contact that fits, and whether somebody answers there now. */
export const offerJson = (now: Date, zone: string, { contact, language, open, changesAt, openIn }: Offer) => ({
  contact: contactJson(now, zone, contact),
  language,
  open,
  changesAt,
  openIn,
})

/** As in the file, with links for numbers, and the hours by the reader's clock too. */
const contactJson = (now: Date, zone: string, contact: Contact) => ({
  ...contact,
  ...(contact.phones && { phones: contact.phones.map(phone => ({ ...phone, href: `tel:${phone.number}` })) }),
  inReaderZone: { zone, hours: contact.hours === 'always' ? 'always' : hoursInZone(contact, zone, now) },
})
