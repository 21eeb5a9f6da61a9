import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { components } from '../api/schema.d.ts'

export type Job = components['schemas']['bulkJob']

/** Milliseconds between two looks at a job that runs. */
const LIVE = 1_000

export const hasEnded = ({ status }: Job) => status !== 'notStarted' && status !== 'running'

/** A file that a job runs, and whether its rows are only judged. */
interface NewJob {
  kind: string
  file: Blob
  fileName: string
  dryRun: boolean
}

/** Has a file run, and gives the job's id. */
export async function startJob({ kind, file, fileName, dryRun }: NewJob): Promise<string> {
  const { id } = await dataOf(
    api.POST('/bulk/jobs', {
      params: { query: { kind, dryRun: String(dryRun), fileName } },
      // The file travels as it is; a body of JSON would double it.
      body: file as unknown as string,
      bodySerializer: body => body,
      headers: { 'content-type': 'text/csv' },
    }),
  )
  return id!
}

/** How far a job is; read anew until it has ended. */
export const job = (id: string) =>
  queryOptions({
    queryKey: ['jobs', 'one', id],
    queryFn: () => dataOf(api.GET('/bulk/jobs/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state: { data } }) => (data && hasEnded(data) ? false : LIVE),
  })

/** Waits until a job has ended, and throws what a row was refused with, but for those whom it no longer met. */
export async function followJob(id: string): Promise<void> {
  for (;;) {
    const found = await dataOf(api.GET('/bulk/jobs/{id}', { params: { path: { id } } }))
    if (hasEnded(found)) break
    await new Promise(resolve => setTimeout(resolve, LIVE))
  }
  const { value } = await dataOf(api.GET('/bulk/jobs/{id}/results', { params: { path: { id } } }))
  const refused = value.find(({ status }) => status >= 400 && status !== 404)
  if (!refused) return
  const { status, code } = refused
  const nothing = { fields: new Map(), requestId: undefined, retryAfter: undefined }
  throw new Problem({ status, code: code ?? '', kind: code ?? '', ...nothing })
}

/** What became of each row. */
export const resultsOf = (id: string) =>
  queryOptions({
    queryKey: ['jobs', 'results', id],
    queryFn: async () => (await dataOf(api.GET('/bulk/jobs/{id}/results', { params: { path: { id } } }))).value,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** What a job has made, as a file. */
export async function fileOf(id: string, name: 'content' | 'results' | 'passwords'): Promise<string> {
  const { data } = await api.GET(`/bulk/jobs/{id}/${name}`, {
    params: { path: { id } },
    headers: { accept: 'text/csv' },
    parseAs: 'text',
  })
  return data as unknown as string
}
