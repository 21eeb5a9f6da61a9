import { sql } from 'kysely'
import type { User, UserRef } from '../directory/index.ts'
import { methodsThatCount, type RecordedMethod } from '../methods/index.ts'
import { type EffectivePolicy, type SignInPolicy, stepKinds } from '../policies/index.ts'
import type { Read, Trx } from '../store/index.ts'

/** The second step of a person's sign-in (single sign-on, §3). */
export interface SecondStep {
  /** Whether the tenant asks people like this one for it. */
  isAsked: boolean
  /** Whether it is asked at a sign-in: of administrators once they have a way. */
  isDue: boolean
  /** Whether it is due and nothing on record can pass it: one has to be registered first. */
  isMissing: boolean
  /** The methods that pass it now. None where each was reported as used by somebody else: the step then stays due. */
  methods: RecordedMethod[]
  /** After a reset: those of them that passed no gate of it. Where there are such, no other passes the step. */
  others: RecordedMethod[]
  /** After a reset: the methods on record that passed no gate of it, and are asked first. Undefined: there was none. */
  afterReset: string[] | undefined
}

/** Judges the second step. A method that was reported counts as one, or a report would open the way around it. */
export function judgeStep(
  policy: EffectivePolicy,
  signIn: SignInPolicy,
  recorded: readonly RecordedMethod[],
  afterReset: string[] | undefined,
): SecondStep {
  const ways = methodsThatCount(policy, stepKinds(signIn, policy.administrator), recorded)
  const usable = ways.filter(({ blockedAt }) => blockedAt === null)
  // One stolen phone or mailbox must not be the new password and the second step (decision 47).
  const others = usable.filter(({ id }) => afterReset?.includes(id))
  const isForAll = signIn.secondStep === 'everyone'
  const isAsked = isForAll || (signIn.secondStep === 'administrators' && policy.administrator)
  const isDue = isAsked && (isForAll || ways.length > 0)
  return {
    isAsked,
    isDue,
    isMissing: isDue && ways.length === 0,
    methods: others.length > 0 ? others : usable,
    others,
    afterReset: afterReset?.filter(id => ways.some(way => way.id === id)),
  }
}

/** The methods that passed no gate of the last reset, until a second step by one of them; undefined where there was none. */
export const methodsAfterResetOf = ({ tenantId, id }: UserRef): Read<string[] | undefined> => ({
  sql: sql`(select to_json(step_methods) from users where tenant_id = ${tenantId} and id = ${id})`,
  read: json => (json as string[] | null) ?? undefined,
})

/** Notes after a reset which methods passed none of its gates. Another record of the same number or address did. */
export async function noteReset(
  trx: Trx,
  { tenantId, id }: User,
  recorded: readonly RecordedMethod[],
  passed: readonly (string | null)[],
): Promise<void> {
  const gates = recorded.filter(method => passed.includes(method.id))
  const isSame = (one: RecordedMethod) => gates.some(gate => gate.id === one.id || isSameValue(gate, one))
  await setStepMethods(
    trx,
    tenantId,
    id,
    recorded.filter(one => !isSame(one)).map(one => one.id),
  )
}

const isSameValue = (one: RecordedMethod, other: RecordedMethod) =>
  one.valueHash !== null && other.valueHash !== null && one.valueHash.equals(other.valueHash)

/** Notes that a second step was passed by a method that the reset did not use, or that no such method is left. */
export async function noteStep(trx: Trx, { tenantId, id }: User, { afterReset }: SecondStep, methodId: string | null) {
  if (afterReset && (afterReset.length === 0 || (methodId !== null && afterReset.includes(methodId))))
    await setStepMethods(trx, tenantId, id, null)
}

const setStepMethods = (trx: Trx, tenantId: string, id: string, methods: string[] | null) =>
  trx
    .updateTable('users')
    .set({ step_methods: methods })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .execute()
