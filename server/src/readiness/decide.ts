import type { User } from '../directory/index.ts'
import { gatesBy, type RecordedMethod } from '../methods/index.ts'
import type { EffectivePolicy, Writeback } from '../policies/index.ts'

/** Why a reset cannot go on, by the codes of people and reports (self-service password reset, §6.2). */
export const resetRefusals = ['SSPR_0009', 'SSPR_0010', 'SSPR_0013', 'SSPR_0014', 'SSPR_0029', 'SSPR_0030'] as const
export type ResetRefusal = (typeof resetRefusals)[number]

/** The facts of a decision. `user`: undefined for an unknown name, and for an account that is switched off. */
export interface Case {
  user: User | undefined
  policy: EffectivePolicy
  usable: readonly RecordedMethod[]
  writeback: Writeback
  /** Whether a proof was passed: before that nobody learns who is an administrator. */
  proved: boolean
}

/** The questions in the order in which they are asked (§1.3); the first that finds something refuses. */
const questions: readonly ((about: Omit<Case, 'proved'>) => ResetRefusal | false)[] = [
  function resetIsOff({ policy }) {
    if (policy.settings.enabled) return false
    return policy.enabledForSome ? 'SSPR_0013' : 'SSPR_0009'
  },
  // An unknown or disabled account reads like one that never registered.
  function nobody({ user }) {
    return user === undefined && 'SSPR_0014'
  },
  // Before the methods are counted: registering more would not help.
  function masteredElsewhere({ user, writeback }) {
    return user?.passwordMasteredIn === 'directory' && !(user.directory && writeback.writeback) && 'SSPR_0010'
  },
  function unreachable({ user, writeback }) {
    return user?.passwordMasteredIn === 'directory' && !writeback.isUp && 'SSPR_0030'
  },
  function tooFewMethods({ policy, usable }) {
    return gatesBy(policy.settings, usable) < policy.settings.gates && 'SSPR_0014'
  },
]

/**
 * The refusal of this case, or undefined where the reset may go on. Until a proof is passed, an administrator with too
 * few methods reads like everybody with the same methods.
 */
export function decide({ proved, ...about }: Case): ResetRefusal | undefined {
  const { policy } = about
  const refusal = ask(about)
  return refusal && !proved ? ask({ ...about, policy: { ...policy, settings: policy.plain } }) : refusal
}

function ask(about: Omit<Case, 'proved'>): ResetRefusal | undefined {
  for (const question of questions) {
    const refusal = question(about)
    if (refusal) return refusal
  }
  return undefined
}
