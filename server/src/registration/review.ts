import type { Act } from '../act.ts'
import { publicId } from '../challenges/index.ts'
import {
  confirmMethod,
  keepFormerAddress,
  openValue,
  removeAnswers,
  removeMethods,
  saveMethod,
} from '../methods/index.ts'
import { listPasskeys, type Passkey, removePasskeys, renamePasskey } from '../passkeys/index.ts'
import { type Granted, isFresh, renewSession, type Session } from '../sessions/index.ts'
import type { Trx } from '../store/index.ts'
import {
  advance,
  type Changed,
  checkMayChange,
  openSecurityInfo,
  recordOwn,
  type SecurityInfoSession,
  tellOfChange,
} from './change.ts'
import { refuse } from './errors.ts'
import { ownerOfPasskeys, removePasskey } from './passkeysOf.ts'
import { mayPutOff, nextRequirement } from './state.ts'

/** The id by which a session's owner knows a method of theirs. */
export const ownId = (act: Act, session: Session, methodId: string) => publicId(act, session.correlationId, methodId)

/** The entry whose method has this id. Throws `not_found`: somebody else's id and a wrong one are the same. */
export function getOwn(act: Act, { session, info }: SecurityInfoSession, id: string) {
  const entry = info.entries.find(one => one.method && ownId(act, session, one.method.id) === id)
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
  act: Act,
  session: Session,
  given: { methods: readonly string[]; deviceCookie: string | undefined },
): Promise<Changed> {
  const own = await openSecurityInfo(trx, act, session)
  const { user } = own.session
  // A take-over of data that others filled in needs a fresh password or proof.
  if (!isFresh(own.session.passwordAt, act.now) && !isFresh(own.session.provedAt, act.now)) throw refuse('proof_needed')
  for (const { kind, state, editable, method } of given.methods.map(id => getOwn(act, own, id))) {
    // A blocked method cannot be confirmed by looking at it: it has to be proved anew.
    if (method.blockedAt) throw refuse('not_editable', { field: 'methods' })
    if (state === 'prefilled') {
      if (own.info.policy.administrator || !editable) throw refuse('not_editable', { field: 'methods' })
      // A take-over is a registration: guarded and told like one.
      checkMayChange(own, act, kind)
      await tellOfChange(trx, act, own, { template: 'security_info_added', kind })
      await saveMethod(trx, act, user, {
        kind,
        source: 'person',
        value: openValue(act, method),
        createdAt: method.createdAt,
      })
    } else await confirmMethod(trx, act, user, method.id)
  }
  await recordOwn(trx, act, session, { activity: 'securityInfo.confirmed' })
  return advance(trx, act, own, given)
}

/** The passkey of this id; undefined where it is none of the person's. */
export async function findOwnPasskey(trx: Trx, act: Act, { session }: SecurityInfoSession, id: string) {
  const passkeys = await listPasskeys(trx, ownerOfPasskeys(session.user))
  return passkeys.find(one => ownId(act, session, one.id) === id)
}

/** Checks that this session may name the passkey. The making of a new one was proved enough for its name. Throws `proof_needed`. */
export function checkMayName(own: SecurityInfoSession, act: Act, { createdAt }: Passkey) {
  if (!isFresh(createdAt, act.now)) checkMayChange(own, act, 'passkey')
}

/** Names a passkey; null: it is called by its authenticator again. Throws `not_found`, `proof_needed`. */
export async function nameOwnPasskey(
  trx: Trx,
  act: Act,
  session: Session,
  { id, name }: { id: string; name: string | null },
): Promise<void> {
  const own = await openSecurityInfo(trx, act, session)
  const passkey = await findOwnPasskey(trx, act, own, id)
  if (!passkey) throw refuse('not_found')
  // Whoever swaps two names has the owner remove the wrong passkey.
  checkMayName(own, act, passkey)
  await renamePasskey(trx, ownerOfPasskeys(own.session.user), passkey.id, name)
  const details = { passkey: passkey.id, from: passkey.name ?? '', to: name ?? '' }
  await recordOwn(trx, act, session, { activity: 'securityInfo.renamed', reason: 'passkey', details })
}

/**
 * Takes a method of the person off the record, or one of their passkeys, also where the policy no longer offers it.
 * Throws `not_editable` for a method that an administrator set.
 */
export async function removeMethod(trx: Trx, act: Act, session: Session, id: string): Promise<void> {
  const own = await openSecurityInfo(trx, act, session)
  const passkey = await findOwnPasskey(trx, act, own, id)
  if (passkey) return removeOwnPasskey(trx, act, own, passkey.id)
  const { kind, removable } = getOwn(act, own, id)
  if (!removable) throw refuse('not_editable')
  checkMayChange(own, act, kind)
  const { user } = own.session
  if (kind === 'email') await keepFormerAddress(trx, act, user)
  await removeMethods(trx, user, kind, 'person')
  if (kind === 'securityQuestions') await removeAnswers(trx, user)
  if (kind === 'passkey') await removePasskeys(trx, ownerOfPasskeys(user))
  await recordOwn(trx, act, session, { activity: 'securityInfo.removed', reason: kind })
  await tellOfChange(trx, act, own, { template: 'security_info_removed', kind })
}

async function removeOwnPasskey(trx: Trx, act: Act, own: SecurityInfoSession, id: string) {
  checkMayChange(own, act, 'passkey')
  await removePasskey(trx, own.session.user, id)
  const details = { passkey: id }
  await recordOwn(trx, act, own.session, { activity: 'securityInfo.removed', reason: 'passkey', details })
  await tellOfChange(trx, act, own, { template: 'security_info_removed', kind: 'passkey' })
}

/** Goes on without registering or confirming, for this session. Throws `registration_required` where the policy does not allow it. */
export async function putOff(trx: Trx, act: Act, session: Session, deviceCookie: string | undefined): Promise<Granted> {
  const { session: current, info } = await openSecurityInfo(trx, act, session)
  if (current.requires !== 'register' && current.requires !== 'confirm') throw refuse('wrong_state')
  if (!mayPutOff(info)) throw refuse('registration_required')
  await recordOwn(trx, act, session, { activity: 'securityInfo.put_off' })
  const { proofs, signedInBy, user } = current
  const { requires } = await nextRequirement(trx, act, user, { proofs, deviceCookie, signedInBy })
  // What comes before security info cannot be put off.
  const left = requires === 'second-step' || requires === 'change-password' ? requires : null
  return renewSession(trx, act, current, { requires: left, deviceCookie })
}
