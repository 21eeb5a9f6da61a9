import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { Contact, Kind } from './contacts.ts'

/** The company's own contacts, in their order. */
export interface Kept {
  contacts: Contact[]
  etag: string
}

export const contacts = (id: string) =>
  queryOptions({
    queryKey: ['support', 'contacts', id],
    queryFn: async (): Promise<Kept> => {
      const found = await dataOf(api.GET('/organization/{id}/supportContacts', { params: { path: { id } } }))
      return { contacts: found.contacts as Contact[], etag: found['@odata.etag'] }
    },
  })

/** Puts these in the place of all, where the list still is as it was read. */
export const keep = (id: string, etag: string, all: readonly Contact[]) =>
  api.PUT('/organization/{id}/supportContacts', {
    params: { path: { id } },
    body: { version: 1, contacts: [...all] as never },
    headers: { 'if-match': etag },
  })

/** Who is mailed about the company’s account. */
export const technicalContacts = (id: string) =>
  queryOptions({
    queryKey: ['organization', 'technicalContacts', id],
    queryFn: async () => {
      const found = await dataOf(api.GET('/organization/{id}', { params: { path: { id } } }))
      return {
        values: { technicalNotificationMails: found.technicalNotificationMails ?? [] },
        etag: (found as { '@odata.etag'?: string })['@odata.etag'],
      }
    },
  })

/** Who looks for help. */
export interface Wish {
  country: string
  kind: Kind
  language: string
}

/** What somebody sees now at `/support`, the best first. */
export const seen = (wish: Wish) =>
  queryOptions({
    queryKey: ['support', 'seen', wish],
    queryFn: async () => {
      const query = {
        kind: wish.kind,
        language: wish.language,
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...(wish.country && { country: wish.country }),
      }
      return (await dataOf(api.GET('/supportContacts', { params: { query } }))).value
    },
  })
