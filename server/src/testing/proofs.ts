import type { Act } from '../act.ts'
import {
  concludeProof,
  judgeProof,
  type ProofInput,
  type ProofOutcome,
  spendProof,
  withdrawProof,
} from '../challenges/index.ts'
import type { Verifiers } from '../methods/index.ts'
import { inTenant, type Store, type Trx } from '../store/index.ts'

/** Gives a proof as a session does, and makes these changes with an accepted one. */
export async function proveAlone(
  db: Store,
  act: Act,
  verifiers: Verifiers,
  { change, ...asked }: Omit<ProofInput, 'failure'> & { change?: (trx: Trx, accepted: ProofOutcome) => Promise<void> },
): Promise<ProofOutcome> {
  const { id, tenantId, userPrincipalName: name } = asked.user
  const input: ProofInput = { ...asked, failure: { activity: 'proof.failed', target: { id, name } } }
  const conclude = async (trx: Trx, spent: Spent, verdict: Verdict) => {
    const outcome = await concludeProof(trx, act, spent, verdict)
    if (outcome.outcome === 'accepted') await change?.(trx, outcome)
    return outcome
  }
  if (!('answers' in input.proof))
    return inTenant(db, tenantId, async trx => {
      const spent = await spendProof(trx, act, input)
      return conclude(trx, spent, await judgeProof(act, verifiers, spent))
    })
  return verifiers.hasher.withPlace(async () => {
    const spent = await inTenant(db, tenantId, trx => spendProof(trx, act, input))
    const verdict = await judgeProof(act, verifiers, spent).catch(withdrawProof(db, act, spent))
    return inTenant(db, tenantId, trx => conclude(trx, spent, verdict)).catch(withdrawProof(db, act, spent, verdict))
  })
}

type Spent = Awaited<ReturnType<typeof spendProof>>
type Verdict = Awaited<ReturnType<typeof judgeProof>>
