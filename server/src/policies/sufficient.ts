import { askOne, type Trx } from '../store/index.ts'
import { PolicyError } from './errors.ts'
import { methodsOnFor, methodsPolicyOf, onAmong } from './methodsPolicy.ts'
import { listPolicies, resetPolicy } from './resetPolicy.ts'
import { signInPolicy, signInPolicyOf } from './signInPolicy.ts'

/**
 * Refuses policies that do not fit together: one of resets, or the second step of everyone, whose methods are off. It is
 * judged for somebody who is in a group of the policy and in no other. Throws `policy_invalid` for this setting.
 */
export async function checkMethodsSuffice(trx: Trx, setting: string): Promise<void> {
  const { tenantId } = trx
  const methods = await askOne(trx, methodsPolicyOf(tenantId))
  for (const { displayName, includedGroups, settings } of await listPolicies(trx, tenantId))
    for (const groups of includedGroups.length === 0 ? [[]] : includedGroups.map(id => [id])) {
      const left = onAmong(settings.methods, methodsOnFor(methods, groups))
      const problem =
        left.length === 0 ? 'methods: at least one' : resetPolicy.conflict?.({ ...settings, methods: left })
      if (problem?.startsWith('methods:'))
        throw insufficient(setting, `the reset policy "${displayName}"`, left, problem)
    }
  const signIn = await askOne(trx, signInPolicyOf(tenantId))
  if (signIn.secondStep !== 'everyone') return
  const left = onAmong(signIn.secondStepMethods, methodsOnFor(methods, []))
  const problem = signInPolicy.conflict?.({ ...signIn, secondStepMethods: left })
  if (problem) throw insufficient(setting, 'the sign-in policy', left, problem)
}

const insufficient = (setting: string, whose: string, left: readonly string[], problem: string) =>
  new PolicyError(
    `${setting}: of the methods that are on, ${whose} has ${left.join(', ') || 'none'}; ${problem}`,
    setting,
  )
