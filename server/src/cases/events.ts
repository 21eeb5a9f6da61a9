import type { Act } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import type { Trx } from '../store/index.ts'
import type { Case } from './case.ts'

/** Writes an event of a case into its tenant's log, without what was written in it. All of one case share its id. */
export const recordCase = (
  trx: Trx,
  act: Act,
  { id, number }: Pick<Case, 'id' | 'number'>,
  event: { activity: Activity & `case.${string}`; details?: Record<string, string> },
): Promise<void> =>
  record(
    trx,
    { ...act, trail: { ...act.trail, correlationId: id } },
    { ...event, result: 'success', target: { id, name: number } },
  )
