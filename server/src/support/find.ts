import { isAdministrator, type Role } from '../access/index.ts'
import { NOBODYS_TENANT } from '../directory/index.ts'
import type { Db } from '../store/index.ts'
import type { SupportKind } from './contacts.ts'
import { type Offer, pickContacts, type Wish } from './pick.ts'
import { findContacts } from './queries.ts'

/** Who looks for support, and where. */
export interface Reader {
  /** Whose contacts come before the deployment's; the empty tenant has none of its own. */
  tenantId: string
  /** Who is signed in, if anybody. */
  user: { roles: readonly Role[] } | undefined
  country: string | undefined
  kind: SupportKind
  language: string
}

/** The contacts for a reader, the best first, and what else can be chosen. */
export interface Support {
  offers: Offer[]
  countries: string[]
  languages: string[]
}

export async function findSupport(db: Db, now: Date, reader: Reader): Promise<Support> {
  const { tenantId, user, country } = reader
  const wish: Wish = { ...reader, administrator: user !== undefined && isAdministrator(user) }
  const sources = tenantId === NOBODYS_TENANT ? [tenantId] : [tenantId, NOBODYS_TENANT]
  const known = await Promise.all(
    sources.map(source => findContacts(db, source, { country, administrator: wish.administrator })),
  )
  const all = (lists: readonly string[][]) => [...new Set(lists.flat())]
  return {
    offers: pickContacts(
      known.map(({ contacts }) => contacts),
      wish,
      now,
    ),
    countries: all(known.map(({ countries }) => countries)),
    languages: all(known.map(({ languages }) => languages)),
  }
}
