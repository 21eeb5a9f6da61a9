import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { plus } from '../clock.ts'
import { findUser, targetOf, type User } from '../directory/index.ts'
import { tellOwner } from '../methods/index.ts'
import { findPass, issuePass, PASS_AHEAD, type Pass, removePass } from '../passwords/index.ts'
import { methodsOnOf, methodsPolicyOf } from '../policies/index.ts'
import { APART, ask, type Trx } from '../store/index.ts'
import { demandChecked, giveByCheck } from './callerChecks.ts'
import { refuse, refuseMissing } from './errors.ts'

/**
 * An access pass for somebody. `isNew`: only where they have none; otherwise it takes the place of one before. What is
 * left out is as the methods policy says.
 */
export interface PassInput {
  minutes?: number | undefined
  once?: boolean | undefined
  startsAt?: Date | undefined
  userId: string
  isNew: boolean
  /** The check that the caller is this user. */
  callerCheckId?: string | undefined
}

/**
 * Gives somebody an access pass, which opens sign-in in place of the password, and tells them by mail. Returns its
 * letters. Throws `not_found`, `ObjectConflict`, `method_off`, `property_invalid`, `caller_check_…`, and what `demand`
 * throws.
 */
export async function givePass(
  trx: Trx,
  act: Act,
  { userId, isNew, callerCheckId, ...asked }: PassInput,
): Promise<{ user: User; pass: string; isOnTheirPage: boolean; endsAt: Date; given: Pass }> {
  const user = await openPass(trx, act, userId)
  const check = await demandChecked(trx, act, user, callerCheckId)
  const { startsAt } = asked
  const { policy, on } = await ask(trx, {
    policy: methodsPolicyOf(trx.tenantId),
    on: methodsOnOf(trx.tenantId, user.id),
  })
  if (!on.own.TemporaryAccessPass) throw refuse('method_off', { field: 'temporaryAccessPass' })
  const limits = policy.TemporaryAccessPass
  const { minutes = limits.defaultLifetimeInMinutes, once = true } = asked
  if (minutes < limits.minimumLifetimeInMinutes || minutes > limits.maximumLifetimeInMinutes)
    throw refuse('property_invalid', { field: 'lifetimeInMinutes' })
  if (!once && limits.isUsableOnce) throw refuse('property_invalid', { field: 'isUsableOnce' })
  if (startsAt && (startsAt > plus(act.now, PASS_AHEAD) || startsAt < plus(act.now, -APART)))
    throw refuse('property_invalid', { field: 'startDateTime' })
  const held = isNew ? await findPass(trx, act, user) : undefined
  if (held && held.use !== 'oneTimeUsed') throw refuse('ObjectConflict', { field: 'temporaryAccessPass' })
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'pass.issued', result: 'success', target })
  await tellOwner(trx, act, user, { template: 'pass_issued' })
  const issued = await issuePass(trx, act, user, { minutes, once, startsAt })
  const given = { kind: 'pass', value: issued.pass, until: issued.endsAt } as const
  const isOnTheirPage = await giveByCheck(trx, act, check, given)
  return { user, ...issued, isOnTheirPage, given: (await findPass(trx, act, user))! }
}

/** Takes an access pass back. Throws `not_found`, and what `demand` throws. */
export async function takePass(trx: Trx, act: Act, { userId, id }: { userId: string; id: string }): Promise<void> {
  const user = await openPass(trx, act, userId)
  if (!(await removePass(trx, user, id))) throw refuseMissing('not_found')
  const target = { id: user.id, name: user.userPrincipalName }
  await record(trx, act, { activity: 'pass.removed', result: 'success', target })
}

/** Reads somebody's access pass, without its letters. The log says who read another's. */
export async function readPass(trx: Trx, act: Act, user: User): Promise<Pass | undefined> {
  demand(act, 'methods.read', targetOf(user))
  const target = { id: user.id, name: user.userPrincipalName }
  if (act.actor.kind !== 'user' || act.actor.id !== user.id)
    await record(trx, act, { activity: 'methods.read', result: 'success', target })
  return findPass(trx, act, user)
}

/** Finds and locks the user, to whom the actor may give a pass. */
async function openPass(trx: Trx, act: Act, userId: string): Promise<User> {
  const user = await findUser(trx, trx.tenantId, userId, true)
  if (!user) throw refuseMissing('not_found')
  demand(act, 'passes.issue', targetOf(user))
  return user
}
