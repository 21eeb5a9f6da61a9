import type { Act } from '../act.ts'
import type { User, UserRef } from '../directory/index.ts'
import {
  isUsable,
  markPasskeys,
  methodsThatCount,
  noteVouched,
  type RecordedMethod,
  withFilledIn,
} from '../methods/index.ts'
import { vouchForPasskeys } from '../passkeys/index.ts'
import { type EffectivePolicy, isMethodOn, type MethodKind, type SignInPolicy, stepKinds } from '../policies/index.ts'
import { isFresh, type Session, type SessionProof } from '../sessions/index.ts'
import { type Read, sql, type Trx } from '../store/index.ts'

/** The second step of a person's sign-in (single sign-on, §3). */
export interface SecondStep {
  /** Whether the tenant asks people like this one for it. */
  isAsked: boolean
  /** Whether it is asked at a sign-in: of administrators once they have a way. */
  isDue: boolean
  /** Whether it is due and no way on record is on: one has to be registered first. */
  isMissing: boolean
  /** The ways on record, also blocked ones, sheets that are used up, and methods that are off. */
  ways: RecordedMethod[]
  /** Those of them that are off, where none is on: they vouch for what is registered in their place. */
  off: RecordedMethod[]
  /** Methods that are no ways yet: a password alone registered them, beside older ways. */
  waiting: RecordedMethod[]
  /** The methods that pass it now. None where each was reported as used by somebody else, or is used up: the step then stays due. */
  methods: RecordedMethod[]
  /** After a reset: those of them that passed no gate of it. Where there are such, no other passes the step. */
  others: RecordedMethod[]
  /** After a reset: the methods on record that passed no gate of it, and are asked first. Undefined: there was none. */
  afterReset: string[] | undefined
}

/**
 * Judges the second step. A method that was reported or is off counts as one, or a report, or a change of the methods
 * policy, would open the way around it. `signIn`: the tenant's own.
 */
export function judgeStep(
  policy: EffectivePolicy,
  signIn: SignInPolicy,
  recorded: readonly RecordedMethod[],
  afterReset: string[] | undefined,
): SecondStep {
  const all = methodsThatCount(policy, stepKinds(signIn, policy.administrator), withFilledIn(recorded))
  const isOn = ({ kind }: RecordedMethod) => isMethodOn(kind, policy.methodsOn)
  const ways = oldestOf(all)
  const usable = ways.filter(isUsable).filter(isOn)
  // One stolen phone or mailbox must not be the new password and the second step (decision 47).
  const others = oldestOf(all.filter(({ id }) => afterReset?.includes(id)))
    .filter(isUsable)
    .filter(isOn)
  const isForAll = signIn.secondStep === 'everyone'
  const isAsked = isForAll || (signIn.secondStep === 'administrators' && policy.administrator)
  const isDue = isAsked && (isForAll || ways.length > 0)
  return {
    isAsked,
    isDue,
    isMissing: isDue && !ways.some(isOn),
    ways,
    off: ways.some(isOn) ? [] : ways,
    waiting: all.filter(method => !ways.includes(method)),
    methods: others.length > 0 ? others : usable,
    others,
    afterReset: afterReset?.filter(id => all.some(way => way.id === id)),
  }
}

/** Of methods those that a password alone did not register, where there are such. A stolen password would else plant a second step. */
function oldestOf(methods: readonly RecordedMethod[]): RecordedMethod[] {
  const older = methods.filter(({ byPasswordAt }) => byPasswordAt === null)
  return older.length > 0 ? older : [...methods]
}

/**
 * Whether what this session registers rests on a password alone, or on what one registered, though the person has an
 * older way of the second step. An access pass does not: an operator vouches for its holder.
 */
export const isByPassword = ({ signedInBy, proofs }: Session, { ways }: Pick<SecondStep, 'ways'>, now: Date): boolean =>
  signedInBy !== 'pass' &&
  ways.some(({ byPasswordAt }) => byPasswordAt === null) &&
  !proofs.some(({ isStep, at }) => isStep && isFresh(at, now))

/**
 * The methods whose proof in a session is a second step: also a passkey that the policy's steps leave out, which is both
 * factors by itself, as at a sign-in. One that is off vouches for what is registered in its place; `stepAmong` leaves it
 * out.
 */
export const stepsBy = ({
  step,
  recorded,
  policy,
}: {
  step: SecondStep
  recorded: readonly RecordedMethod[]
  policy: EffectivePolicy
}) => {
  const isOwn = (one: RecordedMethod) => one.kind === 'passkey' && one.byPasswordAt === null && isUsable(one)
  const passkeys = isMethodOn('passkey', policy.methodsOn) ? recorded.filter(isOwn) : []
  return [...new Set([...step.methods, ...step.off.filter(isUsable), ...(step.others.length > 0 ? [] : passkeys)])]
}

/**
 * Whether a change of this kind would end or join an older method of the person, though nothing but a password and what
 * one registered vouches for it. What a stolen password has planted would then be the second step.
 */
export function touchesOlder(
  session: Session,
  { step, recorded }: { step: SecondStep; recorded: readonly RecordedMethod[] },
  kind: MethodKind,
  now: Date,
): boolean {
  const isOlder = (one: RecordedMethod) => one.byPasswordAt === null
  const own = recorded.filter(one => one.kind === kind && one.source === 'person' && isOlder(one))
  // A passkey is a way also where the policy's steps leave it out: it signs in by itself.
  const ways = kind === 'passkey' ? own : step.ways
  if (own.length === 0 || !isByPassword(session, { ways }, now)) return false
  // A new passkey is as good as those beside it, so that only a step vouches for it.
  if (kind === 'passkey') return true
  return !session.proofs.some(
    // Of several passkeys any may have proved it, also a planted one: it counts as a step alone.
    proof =>
      proof.kind !== 'passkey' &&
      isFresh(proof.at, now) &&
      recorded.some(one => one.kind === proof.kind && isOlder(one)),
  )
}

/** Notes that methods which a password alone registered were proved in a session, and an older way with them. */
export async function noteProofs(trx: Trx, act: Act, user: User, proofs: readonly SessionProof[]) {
  const fresh = proofs.filter(({ at }) => isFresh(at, act.now))
  const proved = fresh.filter(({ isStep }) => !isStep)
  if (proved.length === 0 || !fresh.some(({ isStep }) => isStep)) return
  const owner = { tenantId: user.tenantId, userId: user.id }
  await Promise.all([
    noteVouched(
      trx,
      user,
      proved.map(({ kind }) => kind).filter(kind => kind !== 'passkey'),
    ),
    vouchForPasskeys(
      trx,
      owner,
      proved.flatMap(({ passkeyId }) => passkeyId ?? []),
    ),
  ])
  if (proved.some(({ passkeyId }) => passkeyId)) await markPasskeys(trx, user)
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
  const all = withFilledIn(recorded)
  const gates = all.filter(method => passed.includes(method.id))
  const isSame = (one: RecordedMethod) => gates.some(gate => gate.id === one.id || isSameValue(gate, one))
  await setStepMethods(
    trx,
    tenantId,
    id,
    all.filter(one => !isSame(one)).map(one => one.id),
  )
}

const isSameValue = (one: RecordedMethod, other: RecordedMethod) =>
  one.valueHash !== null && other.valueHash !== null && one.valueHash.equals(other.valueHash)

/** Notes that a second step was passed by a method that the reset did not use, or that no such method is left. */
export async function noteStep(trx: Trx, { tenantId, id }: User, { afterReset }: SecondStep, methodId: string | null) {
  if (afterReset && (afterReset.length === 0 || (methodId !== null && afterReset.includes(methodId))))
    await setStepMethods(trx, tenantId, id, null)
}

/** Where it is so already nothing is written: a change of the row writes to every index of it. */
const setStepMethods = (trx: Trx, tenantId: string, id: string, methods: string[] | null) =>
  trx
    .updateTable('users')
    .set({ step_methods: methods })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('step_methods', 'is distinct from', sql<string[] | null>`${methods}::uuid[]`)
    .execute()
