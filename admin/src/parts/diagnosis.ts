import type { components } from '../api/schema.d.ts'

export type Readiness = components['schemas']['resetReadiness']

/** Why a person cannot get in, most telling first; `nothing` where nothing stands in their way. */
export type Finding =
  | 'accountOff'
  | 'resetBlocked'
  | 'numberBlocked'
  | 'locked'
  | 'signInRests'
  | 'neverRegistered'
  | 'oneShort'
  | 'noPolicy'
  | 'elsewhere'
  | 'temporaryEnded'
  | 'comesBack'
  | 'sendsFail'
  | 'nothing'

/** The reason to tell first, since when it holds where that is known, and until when where it ends by itself. */
export interface Diagnosis {
  finding: Finding
  since: string | null
  until: string | null
}

/** Reads why somebody cannot sign in or reset. Rules in order: the first that holds is what a help desk says. */
export function diagnose({ accountEnabled, readiness }: { accountEnabled: boolean; readiness: Readiness }): Diagnosis {
  const { blocks, refusal, methodsRegistered, signIn, failingChannels, failingMethods } = readiness
  const blocked = (kind: string) => blocks.find(one => one.kind === kind)
  const found = (finding: Finding, until: string | null = null): Diagnosis => ({ finding, until, since: null })
  if (!accountEnabled) return { ...found('accountOff'), since: readiness.disabledDateTime }
  const reset = blocked('proofs')
  if (reset) return found('resetBlocked', reset.until)
  const number = blocked('phoneNumber')
  if (number) return found('numberBlocked', number.until)
  const lock = blocked('lock')
  if (lock) return found('locked', lock.until)
  const password = blocked('password')
  if (password) return found('signInRests', password.until)
  if (signIn === 'temporary_password_expired') return found('temporaryEnded')
  if (refusal === 'SSPR_0014') return found(methodsRegistered.length === 0 ? 'neverRegistered' : 'oneShort')
  if (refusal === 'SSPR_0013' || refusal === 'SSPR_0009') return found('noPolicy')
  if (refusal === 'SSPR_0010' || refusal === 'SSPR_0029' || refusal === 'SSPR_0030') return found('elsewhere')
  const [comesBack] = failingMethods
  if (comesBack) return { ...found('comesBack'), since: comesBack.since }
  if (failingChannels.length > 0) return found('sendsFail')
  return found('nothing')
}

/** What a help desk looks at, in the order in which it is read. */
export const facts = ['account', 'signIn', 'reset', 'policy', 'methods', 'password'] as const
export type Fact = (typeof facts)[number]

/** The facts of a person, what stands in their way first. */
export function factsOf({ accountEnabled, readiness }: { accountEnabled: boolean; readiness: Readiness }) {
  const { blocks, refusal, isEnabled, isRegistered } = readiness
  const isBlocked = (kinds: readonly string[]) => blocks.some(({ kind }) => kinds.includes(kind))
  const holds: Record<Fact, boolean> = {
    account: accountEnabled,
    signIn: !isBlocked(['password', 'lock']),
    reset: !isBlocked(['proofs', 'phoneNumber']),
    policy: isEnabled,
    methods: isRegistered,
    password: !['SSPR_0010', 'SSPR_0029', 'SSPR_0030'].includes(refusal ?? ''),
  }
  return facts
    .map(fact => ({ fact, holds: holds[fact] }))
    .toSorted((one, other) => Number(one.holds) - Number(other.holds))
}
