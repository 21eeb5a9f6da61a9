import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api/client.ts'
import { orNull } from '../../api/problem.ts'
import type { components } from '../../api/schema.d.ts'

export type Rescue = components['schemas']['rescue']
export type State = Rescue['state']
export type Step = Rescue['steps'][number]

/** What was done and is over. */
export const isOver = (state: State): boolean => ['done', 'refused', 'ended', 'undone'].includes(state)

/** The companies that ask the firm to let them back in, the newest first. */
export const rescues = queryOptions({
  queryKey: ['rescues', 'list'],
  queryFn: async () => (await dataOf(api.GET('/partner/rescues'))).value,
})

/** One of them; null where it is none of the firm's (any more). */
export const rescue = (id: string) =>
  queryOptions({
    queryKey: ['rescues', 'one', id],
    queryFn: () => orNull(dataOf(api.GET('/partner/rescues/{id}', { params: { path: { id } } }))),
  })
