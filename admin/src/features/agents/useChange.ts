import { useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import type { components } from '../../api/schema.d.ts'
import { writeback } from '../../parts/writeback.ts'

export type Settings = components['schemas']['writebackPolicy']

type Changed = Partial<Pick<Settings, 'writeback' | 'unlockWithoutReset' | 'brakePercent'>>

/** Changes how the directory takes part, where the settings are still those that `etag` is of. */
export function useChange() {
  const queries = useQueryClient()
  return async (body: Changed, etag: string | undefined) => {
    await api.PATCH('/policies/writebackPolicy', { body, ...(etag && { headers: { 'if-match': etag } }) })
    await queries.invalidateQueries({ queryKey: writeback.queryKey })
  }
}
