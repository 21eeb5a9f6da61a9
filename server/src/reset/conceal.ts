import type { Act } from '../act.ts'
import { publicId } from '../challenges/index.ts'
import type { RecordedMethod } from '../methods/index.ts'
import type { EffectivePolicy, MethodKind } from '../policies/index.ts'
import type { ResetRefusal } from '../readiness/index.ts'

// Where a tenant conceals its accounts, a journey looks the same for every name until the first passed proof. It shows
// what the policies offer, without hints. A method that the owner does not have is offered too, and its code never
// comes.

/** A method that a journey offers. `decoy`: its user has no such method, may not reset or does not exist; its code never comes. */
export type OfferedMethod = RecordedMethod & { decoy?: true }

/** The only refusal that can be shown: nobody at all may reset here. */
export const concealedRefusal = (policy: EffectivePolicy): ResetRefusal | undefined =>
  policy.publicPolicy ? undefined : 'SSPR_0009'

/** A method for every kind that the policies offer: the one on record, or a decoy. */
export const concealedMethods = (
  act: Act,
  tenantId: string,
  policy: EffectivePolicy,
  usable: readonly RecordedMethod[],
): OfferedMethod[] =>
  (policy.publicPolicy?.methods ?? []).map(
    kind =>
      // A person who answered fewer questions than every name is asked would show by it.
      usable.find(
        method =>
          method.kind === kind &&
          (kind !== 'securityQuestions' || method.answers >= policy.publicPolicy!.questionsToReset),
      ) ?? decoyOf(act, tenantId, kind),
  )

const decoyOf = ({ now }: Act, tenantId: string, kind: MethodKind): OfferedMethod => ({
  tenantId,
  id: kind,
  kind,
  source: 'person',
  sealed: null,
  valueHash: null,
  createdAt: now,
  confirmedAt: null,
  provedAt: null,
  blockedAt: null,
  failing: null,
  byPasswordAt: null,
  answers: 0,
  codesLeft: null,
  sheets: 1,
  decoy: true,
})

/** The id of a method for clients; made of its kind alone where the id could tell what is on record. */
export const offeredId = (act: Act, { id, concealed }: { id: string; concealed: boolean }, method: OfferedMethod) =>
  publicId(act, id, concealed ? method.kind : method.id)
