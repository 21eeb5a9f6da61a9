import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { pageOf, pageQuery } from '../../api/pages.ts'
import { orNull } from '../../api/problem.ts'
import type { components } from '../../api/schema.d.ts'

export type Case = components['schemas']['recoveryCase']
/** All of it is there where nothing else was asked for. */
export type CaseRow = Required<components['schemas']['recoveryCaseRowPage']['value'][number]>

/** Which cases are listed: those that somebody has to do something about, or those that are over. */
export const views = ['open', 'closed'] as const
export type View = (typeof views)[number]

/** The cases of a view, the newest first. */
export const cases = (view: View) =>
  infiniteQueryOptions({
    queryKey: ['cases', 'list', view],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const $filter = `state ${view === 'open' ? 'ne' : 'eq'} 'closed'`
      return pageOf<CaseRow>(api.GET('/cases', { params: { query: { ...pageQuery(pageParam), $filter } }, signal }))
    },
    getNextPageParam: ({ next }) => next,
  })

/** One case with what was written in it; null where there is none (any more). */
export const oneCase = (number: string) =>
  queryOptions({
    queryKey: ['cases', 'one', number],
    queryFn: () => orNull(dataOf(api.GET('/cases/{number}', { params: { path: { number } } }))),
  })
