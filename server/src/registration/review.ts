import type { Trail } from '../act.ts'
import { publicId } from '../challenges/index.ts'
import type { Means } from '../crypto/index.ts'
import { confirmMethod, keepFormerAddress, removeAnswers, removeMethods, saveMethod } from '../methods/index.ts'
import { type Granted, isFresh, renewSession, type Session } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'
import {
  advance,
  type Changed,
  checkMayChange,
  openStanding,
  recordOwn,
  type Standing,
  tellOfChange,
} from './change.ts'
import { refuse } from './errors.ts'

/** The id by which a session's owner knows a method of theirs. */
export const ownId = (means: Means, session: Session, methodId: string) =>
  publicId(means, session.correlationId, methodId)

/** The entry whose method has this id. Throws `not_found`: somebody else's id and a wrong one are the same. */
export function getOwn(means: Means, { session, info }: Standing, id: string) {
  const entry = info.entries.find(one => one.method && ownId(means, session, one.method.id) === id)
  if (!entry?.method) throw refuse('not_found')
  return { ...entry, method: entry.method }
}

/**
 * "Looks good": the person confirms these methods. Data that an administrator filled in becomes their own; an old proof
 * counts as new.
 * An administrator's own data is never taken over without a proof. Throws `proof_needed`, `not_editable`.
 */
export async function confirmMethods(
  trx: Trx,
  means: Means,
  session: Session,
  trail: Trail,
  given: { methods: readonly string[]; deviceCookie: string | undefined },
): Promise<Changed> {
  const standing = await openStanding(trx, means, session)
  const { user } = standing.session
  // A take-over of data that others filled in needs a fresh password or proof.
  if (!isFresh(standing.session.passwordAt, means.now) && !isFresh(standing.session.provedAt, means.now))
    throw refuse('proof_needed')
  for (const { kind, state, editable, method } of given.methods.map(id => getOwn(means, standing, id))) {
    // A blocked method cannot be confirmed by looking at it: it has to be proved anew.
    if (method.blockedAt) throw refuse('not_editable', { field: 'methods' })
    if (state === 'prefilled') {
      if (standing.info.policy.administrator || !editable) throw refuse('not_editable', { field: 'methods' })
      // A take-over is a registration: guarded and told like one.
      checkMayChange(standing, means)
      await tellOfChange(trx, means, standing, trail, { template: 'security_info_added', kind })
      await saveMethod(trx, means, user, {
        kind,
        source: 'person',
        value: method.value,
        createdAt: method.createdAt,
      })
    } else await confirmMethod(trx, means, user, method.id)
  }
  await recordOwn(trx, means, session, trail, 'securityInfo.confirmed')
  return advance(trx, means, standing, trail, given.deviceCookie)
}

/** Takes a method of the person off the record, also one that the policy no longer offers. Throws `not_editable` for a method that an administrator set. */
export async function removeMethod(trx: Trx, means: Means, session: Session, trail: Trail, id: string): Promise<void> {
  const standing = await openStanding(trx, means, session)
  const { kind, removable } = getOwn(means, standing, id)
  if (!removable) throw refuse('not_editable')
  checkMayChange(standing, means)
  const { user } = standing.session
  if (kind === 'email') await keepFormerAddress(trx, means, user)
  await removeMethods(trx, user, kind, 'person')
  if (kind === 'securityQuestions') await removeAnswers(trx, user)
  await recordOwn(trx, means, session, trail, 'securityInfo.removed', kind)
  await tellOfChange(trx, means, standing, trail, { template: 'security_info_removed', kind })
}

/** Goes on without registering or confirming, for this session. Throws `registration_required` where the policy does not allow it. */
export async function putOff(
  trx: Trx,
  means: Means,
  session: Session,
  trail: Trail,
  deviceCookie: string | undefined,
): Promise<Granted> {
  const { session: current, info } = await openStanding(trx, means, session)
  if (current.requires !== 'register' && current.requires !== 'confirm') throw refuse('wrong_state')
  if (!info.policy.settings.registrationMayBePutOff) throw refuse('registration_required')
  await recordOwn(trx, means, session, trail, 'securityInfo.put_off')
  return renewSession(trx, means, current, { requires: null }, deviceCookie)
}
