import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'
import { bodyOf, type Look, lookOf, type PictureKind, pictureKinds } from './look.ts'

/** The looks for every language that has none of its own. */
export const DEFAULT = '0'

const pathOf = (id: string, locale: string) => ({ params: { path: { id, locale } } })

/** The languages that have looks of their own. */
export const locales = (id: string) =>
  queryOptions({
    queryKey: ['branding', 'locales', id],
    queryFn: async () => {
      const asked = api.GET('/organization/{id}/branding/localizations', { params: { path: { id } } })
      return (await pageOf<{ id: string }>(asked)).rows.map(row => row.id)
    },
  })

/** Whether a language has looks of its own, as they are now. What is not there is not asked for: browsers tell it as a fault. */
const hasOwn = async (client: QueryClient, id: string, locale: string) =>
  (await client.fetchQuery({ ...locales(id), staleTime: 0 })).some(one => one.toLowerCase() === locale.toLowerCase())

/** No language of any reader: whoever asks in it is shown the looks for all. */
const OF_NOBODY = 'zxx'

/** The kinds of pictures that a language has of its own. */
const ownPictures = (id: string, locale: string) =>
  queryOptions({
    queryKey: ['branding', 'pictures', id, locale],
    queryFn: async ({ client }): Promise<PictureKind[]> => {
      if (!(await hasOwn(client, id, locale))) return []
      const shown = (await dataOf(
        api.GET('/organization/{id}/branding', {
          params: { path: { id } },
          headers: { 'accept-language': locale === DEFAULT ? OF_NOBODY : locale },
        }),
      )) as Record<string, unknown>
      const query = locale === DEFAULT ? '' : `?locale=${locale.toLowerCase()}`
      return pictureKinds.filter(kind => {
        const address = shown[`${kind}RelativeUrl`]
        return typeof address === 'string' && address.slice(address.lastIndexOf('/') + 1) === kind + query
      })
    },
  })

/** What is saved for readers of a language. */
export interface Saved {
  values: Look
  /** Undefined where nothing is saved yet. */
  etag: string | undefined
}

export const saved = (id: string, locale: string) =>
  queryOptions({
    queryKey: ['branding', 'saved', id, locale],
    queryFn: async ({ client }): Promise<Saved> => {
      const has = await hasOwn(client, id, locale)
      const asked = () => dataOf(api.GET('/organization/{id}/branding/localizations/{locale}', pathOf(id, locale)))
      const read = has ? await orNull(asked()) : null
      return { values: lookOf(read), etag: (read as { '@odata.etag'?: string } | null)?.['@odata.etag'] }
    },
  })

/** Saves looks over what was read. @throws {Problem} 412 where somebody else has saved since. */
export async function save(
  id: string,
  locale: string,
  { etag, changes }: { etag: string | undefined; changes: Partial<Look> },
) {
  const body = bodyOf(changes)
  const headers = etag === undefined ? {} : { 'if-match': etag }
  if (locale === DEFAULT) await api.PATCH('/organization/{id}/branding', { params: { path: { id } }, body, headers })
  else if (etag === undefined)
    await api.POST('/organization/{id}/branding/localizations', {
      params: { path: { id } },
      body: { id: locale, ...body },
    })
  else await api.PATCH('/organization/{id}/branding/localizations/{locale}', { ...pathOf(id, locale), body, headers })
}

export const remove = (id: string, locale: string) =>
  locale === DEFAULT
    ? api.DELETE('/organization/{id}/branding', { params: { path: { id } } })
    : api.DELETE('/organization/{id}/branding/localizations/{locale}', pathOf(id, locale))

/** The server shows a preview for ten minutes. */
const SHOWN = 9 * 60_000

/** Looks on the true pages before they are saved: the addresses of those below this origin, and what the colour becomes. */
export const preview = (id: string, locale: string, look: Look) =>
  queryOptions({
    queryKey: ['branding', 'preview', id, locale, look],
    staleTime: SHOWN,
    refetchInterval: SHOWN,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const { url, readability } = await dataOf(
        api.POST('/organization/{id}/branding/previews', {
          params: { path: { id } },
          body: { id: locale, ...bodyOf(look) },
          signal,
        }),
      )
      const { pathname, search } = new URL(url)
      return { signIn: pathname + search, reset: pathname.replace('/signin/', '/reset/') + search, readability }
    },
  })

/** A picture of a language's own; null where it has none. */
export const picture = (id: string, locale: string, kind: PictureKind) =>
  queryOptions({
    queryKey: ['branding', 'picture', id, locale, kind],
    queryFn: async ({ client }) => {
      const own = await client.fetchQuery({ ...ownPictures(id, locale), staleTime: 0 })
      if (!own.includes(kind)) return null
      const asked = orNull(
        dataOf(
          api.GET(`/organization/{id}/branding/localizations/{locale}/${kind}`, {
            ...pathOf(id, locale),
            parseAs: 'blob',
          }),
        ),
      )
      return (await asked) as unknown as Blob | null
    },
  })

/** Puts a picture in the place of the one of before. A language without looks gets its own first. */
export async function putPicture(id: string, locale: string, { kind, file }: { kind: PictureKind; file: File }) {
  const has = await orNull(dataOf(api.GET('/organization/{id}/branding/localizations/{locale}', pathOf(id, locale))))
  if (!has && locale !== DEFAULT)
    await api.POST('/organization/{id}/branding/localizations', { params: { path: { id } }, body: { id: locale } })
  await api.PUT(`/organization/{id}/branding/localizations/{locale}/${kind}`, {
    ...pathOf(id, locale),
    body: file as never,
    bodySerializer: (body: unknown) => body as Blob,
    headers: { 'content-type': file.type || 'application/octet-stream' },
  })
}

export const removePicture = (id: string, locale: string, kind: PictureKind) =>
  api.DELETE(`/organization/{id}/branding/localizations/{locale}/${kind}`, pathOf(id, locale))
