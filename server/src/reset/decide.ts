import type { User } from '../directory/index.ts'
import { countGates, type RecordedMethod } from '../methods/index.ts'
import type { EffectivePolicy } from '../policies/index.ts'

/** Why a reset cannot go on; what people and reports know it by (self-service password reset, §6.2). */
export type ResetRefusal = 'SSPR_0009' | 'SSPR_0010' | 'SSPR_0013' | 'SSPR_0014' | 'SSPR_0029' | 'SSPR_0030'

/** What a decision looks at. `user`: undefined for a name that leads to nobody, or to an account that is switched off. */
export interface Case {
  user: User | undefined
  policy: EffectivePolicy
  usable: readonly RecordedMethod[]
  /** Whether something was proved: before that nobody is told who is an administrator. */
  proved: boolean
}

/** The questions in the order in which they are asked (§1.3); the first that finds something refuses. */
const questions: readonly ((about: Pick<Case, 'user' | 'policy' | 'usable'>) => ResetRefusal | false)[] = [
  function resetIsOff({ policy }) {
    if (policy.settings.enabled) return false
    return policy.enabledForSome ? 'SSPR_0013' : 'SSPR_0009'
  },
  // Somebody unknown, or switched off, reads like somebody who never registered.
  function nobody({ user }) {
    return user === undefined && 'SSPR_0014'
  },
  // Before the methods are counted: registering more would not help.
  function masteredElsewhere({ user }) {
    return user?.passwordMasteredIn === 'directory' && 'SSPR_0010'
  },
  function tooFewMethods({ policy, usable }) {
    return countGates(usable) < policy.settings.gates && 'SSPR_0014'
  },
]

/**
 * The refusal that holds for this case, or undefined where the reset may go on. An administrator who lacks what the fixed rules ask for reads like
 * anybody else with the same methods until something is proved.
 */
export function decide({ proved, ...about }: Case): ResetRefusal | undefined {
  const { policy } = about
  const refusal = ask(about)
  return refusal && !proved ? ask({ ...about, policy: { ...policy, settings: policy.plain } }) : refusal
}

function ask(about: Pick<Case, 'user' | 'policy' | 'usable'>): ResetRefusal | undefined {
  for (const question of questions) {
    const refusal = question(about)
    if (refusal) return refusal
  }
  return undefined
}
