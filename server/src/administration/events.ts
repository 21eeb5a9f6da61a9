import type { Act } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import type { Trx } from '../store/index.ts'

/** What an event tells of the properties that an act changes: old and new value of each, as JSON. Undefined: not changed. */
export function changesOf<T extends object>(before: NoInfer<Partial<T>>, after: T): { changes: string } {
  const changed = Object.entries(after).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [before[name as keyof T] ?? null, value]]],
  )
  return { changes: JSON.stringify(Object.fromEntries(changed)) }
}

/** Writes what was done to a group. */
export const recordGroup = (
  trx: Trx,
  act: Act,
  { id, name, activity }: { id: string; name: string; activity: Activity },
  details: Record<string, string> = {},
): Promise<void> => record(trx, act, { activity, result: 'success', target: { id, name }, details })
