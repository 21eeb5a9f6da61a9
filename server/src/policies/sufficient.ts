import { askOne, type Trx } from '../store/index.ts'
import { PolicyError } from './errors.ts'
import { type ConfigurationName, type MethodsPolicy, methodsOnFor, methodsPolicyOf, onAmong } from './methodsPolicy.ts'
import { listPolicies, type ResetPolicy, resetPolicy } from './resetPolicy.ts'
import { type SignInPolicy, signInPolicy, signInPolicyOf } from './signInPolicy.ts'

/** Policies that choose among the methods that are on. */
interface Choosing {
  policies: readonly ResetPolicy[]
  signIn: SignInPolicy
}

/** A policy that is left too few methods. */
interface Short {
  id: string
  whose: string
  left: readonly string[]
  problem: string
}

function shortOf(methods: MethodsPolicy, { policies, signIn }: Choosing): Short[] {
  const short: Short[] = []
  for (const { id, displayName, includedGroups, settings } of policies)
    for (const groups of includedGroups.length === 0 ? [[]] : includedGroups.map(group => [group])) {
      const left = onAmong(settings.methods, methodsOnFor(methods, groups))
      const problem =
        left.length === 0 ? 'methods: at least one' : resetPolicy.conflict?.({ ...settings, methods: left })
      if (problem?.startsWith('methods:')) short.push({ id, whose: `the reset policy "${displayName}"`, left, problem })
    }
  if (signIn.secondStep !== 'everyone') return short
  const left = onAmong(signIn.secondStepMethods, methodsOnFor(methods, []))
  const problem = signInPolicy.conflict?.({ ...signIn, secondStepMethods: left })
  return problem ? [...short, { id: 'signInPolicy', whose: 'the sign-in policy', left, problem }] : short
}

/** The ids of policies that would be left too few methods without this one: `signInPolicy` for everyone’s second step. */
export function neededBy(name: ConfigurationName, methods: MethodsPolicy, choosing: Choosing): string[] {
  if (methods[name].state === 'disabled') return []
  const without = { ...methods, [name]: { ...methods[name], state: 'disabled' } }
  return [...new Set(shortOf(without, choosing).map(({ id }) => id))]
}

/**
 * Refuses policies that do not fit together: one of resets, or the second step of everyone, whose methods are off. It is
 * judged for somebody who is in a group of the policy and in no other. Throws `policy_invalid` for this setting.
 */
export async function checkMethodsSuffice(trx: Trx, setting: string): Promise<void> {
  const { tenantId } = trx
  const methods = await askOne(trx, methodsPolicyOf(tenantId))
  const policies = await listPolicies(trx, tenantId)
  const signIn = await askOne(trx, signInPolicyOf(tenantId))
  const [first] = shortOf(methods, { policies, signIn })
  if (!first) return
  const { whose, left, problem } = first
  throw new PolicyError(
    `${setting}: of the methods that are on, ${whose} has ${left.join(', ') || 'none'}; ${problem}`,
    setting,
  )
}
