import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import type { Language } from '../../words.ts'

/** A company's own words as a form holds them: empty for what stays as it is everywhere. */
export type Words = Record<'subject' | 'opening' | 'closing', string>
export const wordNames = ['subject', 'opening', 'closing'] as const satisfies readonly (keyof Words)[]

/** The most characters of each. */
export const LONGEST: Record<keyof Words, number> = { subject: 150, opening: 1_000, closing: 1_000 }

export const notices = (id: string) =>
  queryOptions({
    queryKey: ['notices', id],
    queryFn: async () => (await dataOf(api.GET('/organization/{id}/notices', { params: { path: { id } } }))).value,
  })

export type Notice = Awaited<ReturnType<NonNullable<ReturnType<typeof notices>['queryFn']>>>[number]

/** The words of a notice for readers of a language. */
export function wordsOf({ wordings }: Pick<Notice, 'wordings'>, language: Language): Words {
  const own = wordings.find(one => one.language === language)
  return { subject: own?.subject ?? '', opening: own?.opening ?? '', closing: own?.closing ?? '' }
}

/** A body of these words: what is empty says that there are none. */
const bodyOf = ({ subject, opening, closing }: Words) => ({
  subject: subject.trim() || null,
  opening: opening.trim() || null,
  closing: closing.trim() || null,
})

interface Place {
  id: string
  kind: string
}

/** Saves words where nobody has changed the notice since `etag`; without any, the usual ones are back. @throws {Problem} */
export const saveWords = (
  { id, kind }: Place,
  { language, words, etag }: { language: Language; words: Words; etag: string },
) =>
  api.PUT('/organization/{id}/notices/{kind}/wordings/{language}', {
    params: { path: { id, kind, language } },
    body: bodyOf(words),
    headers: { 'if-match': etag },
  })

/** Turns a notice on or off where nobody has changed it since `etag`. @throws {Problem} */
export const turn = ({ id, kind }: Place, { isOn, etag }: { isOn: boolean; etag: string }) =>
  api.PATCH('/organization/{id}/notices/{kind}', {
    params: { path: { id, kind } },
    body: { isOn },
    headers: { 'if-match': etag },
  })

/** The mail that these words would make, about nothing that happened. */
export const preview = ({ id, kind }: Place, language: Language, words: Words) =>
  queryOptions({
    queryKey: ['notice preview', id, kind, language, words],
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      dataOf(
        api.POST('/organization/{id}/notices/{kind}/previews', {
          params: { path: { id, kind } },
          body: { language, ...bodyOf(words) },
          signal,
        }),
      ),
  })

export type Mail = Awaited<ReturnType<NonNullable<ReturnType<typeof preview>['queryFn']>>>
