import type { Act } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import type { Trx } from '../store/index.ts'

/** Writes what was done to a group. */
export const recordGroup = (
  trx: Trx,
  act: Act,
  { id, name, activity }: { id: string; name: string; activity: Activity },
  details: Record<string, string> = {},
): Promise<void> => record(trx, act, { activity, result: 'success', target: { id, name }, details })
