import type { Act } from '../act.ts'
import { type Activity, record } from '../audit/index.ts'
import type { Trx } from '../store/index.ts'
import type { Takeover } from './takeover.ts'

/** An act whose events share the id of a claim. */
export const within = (act: Act, { id }: Pick<Takeover, 'id'>): Act => ({
  ...act,
  trail: { ...act.trail, correlationId: id },
})

/** Writes a state of a claim into its tenant's log. */
export const recordTakeover = (
  trx: Trx,
  act: Act,
  takeover: Pick<Takeover, 'id' | 'domain' | 'kind'>,
  event: { activity: Activity & `takeover.${string}`; reason?: string },
): Promise<void> =>
  record(trx, within(act, takeover), {
    ...event,
    result: 'success',
    target: { id: takeover.id, name: takeover.domain },
    details: { kind: takeover.kind },
  })
