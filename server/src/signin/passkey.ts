import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findUser } from '../directory/index.ts'
import {
  type Credential,
  claimUse,
  findMovedTo,
  findPasskey,
  type RelyingParty,
  readSignInValue,
  readUserHandle,
  type SignInPlace,
  signedValue,
  verifyAssertion,
} from '../passkeys/index.ts'
import { passwordOf } from '../passwords/index.ts'
import { methodsOnOf } from '../policies/index.ts'
import { endReplacedSessions, findSession, ticketFor } from '../sessions/index.ts'
import { askOne, type Db, inTenant } from '../store/index.ts'
import { beginSession, type SignedIn, type SignInStep, type SigningBrowser, targetOf, trailOf } from './signin.ts'

/** A sign-in by passkey. `within`: the sign-in that this is a step of. `onlyTenant`: the one whose people it takes alone. */
export interface PasskeyRequest extends SigningBrowser {
  credential: Credential
  place: SignInPlace
  within?: SignInStep & { onlyTenant: string | undefined }
}

/** `unknown`: it is not on record. `over`: its page was asked too long ago, or once before. */
export type PasskeyOutcome =
  | SignedIn
  | { outcome: 'unknown' }
  | { outcome: 'incorrect' }
  | { outcome: 'over' }
  | { outcome: 'wrong-tenant' }
  | { outcome: 'disabled' }

/**
 * Signs the owner of a passkey in, without a name or a password: the passkey tells who they are, and its device has
 * verified them. Nothing is counted, because nobody guesses a signature; so strangers' failures do not stop it.
 */
export async function signInByPasskey(
  db: Db,
  begun: Act,
  party: RelyingParty,
  asked: PasskeyRequest,
): Promise<PasskeyOutcome> {
  const { credential, place, within } = asked
  const issuedAt = readSignInValue(begun, place, signedValue(credential) ?? '')
  if (!issuedAt) return { outcome: 'over' }
  const handle = credential.response.userHandle
  const named = readUserHandle(typeof handle === 'string' ? handle : undefined)
  if (!named) return { outcome: 'unknown' }
  const { passkey: here, movedTo } = await inTenant(db, named.tenantId, async trx => {
    const [passkey, movedTo] = await trx.last(() =>
      Promise.all([findPasskey(trx, named, credential.id), findMovedTo(trx, named)]),
    )
    return { passkey, movedTo }
  })
  const owner = { ...named, tenantId: (!here && movedTo) || named.tenantId }
  const { tenantId } = owner
  if (within?.onlyTenant !== undefined && within.onlyTenant !== tenantId) return { outcome: 'wrong-tenant' }
  const act = { ...begun, trail: trailOf(begun, within) }
  const passkey =
    tenantId === named.tenantId
      ? here
      : await inTenant(db, tenantId, trx => trx.last(() => findPasskey(trx, owner, credential.id)))
  if (!passkey) return { outcome: 'unknown' }
  // Its value was read above, and is taken once below.
  const used = passkey.blockedAt
    ? undefined
    : await verifyAssertion(party, credential, { isAsked: () => true, passkey, owner })
  const replaced = await findSession(db, act, ticketFor(asked.sessionCookie, tenantId))
  const result = await inTenant(db, tenantId, async (trx): Promise<PasskeyOutcome> => {
    const [user, on, use] = await Promise.all([
      findUser(trx, tenantId, owner.userId),
      askOne(trx, methodsOnOf(tenantId, owner.userId)),
      used && claimUse(trx, act, tenantId, { ...used, issuedAt }),
    ])
    if (!user) return { outcome: 'unknown' }
    const target = targetOf(user)
    const stranger = { ...act, actor: { kind: 'anyone', ...target } } as const
    const failed = (reason: string) =>
      record(trx, stranger, { activity: 'signin.failed', result: 'failure', reason, target })
    if (use === undefined) {
      await failed('passkey')
      return { outcome: 'incorrect' }
    }
    if (use === 'over') {
      await failed('passkey used before')
      return { outcome: 'over' }
    }
    if (use === 'behind') {
      await record(trx, stranger, { activity: 'passkey.copy_suspected', result: 'failure', target })
      await failed('passkey')
      return { outcome: 'incorrect' }
    }
    // By the methods policy: one of their groups' or everybody's.
    if (!on.own.Fido2) {
      await failed('passkey off')
      return { outcome: 'incorrect' }
    }
    if (!user.accountEnabled) {
      await failed('disabled')
      return { outcome: 'disabled' }
    }
    // What a stolen password registered ends with that password, or a reset would not put its thief out.
    if (passkey.byPasswordAt) {
      const password = await askOne(trx, passwordOf(user))
      if (password && passkey.byPasswordAt < password.setAt) {
        await failed('passkey of a former password')
        return { outcome: 'incorrect' }
      }
    }
    return beginSession(trx, act, user, {
      ...asked,
      signedInBy: 'passkey',
      passkey,
      signInId: within?.id,
      replaced,
    })
  })
  if (result.outcome === 'signed-in') await endReplacedSessions(db, act, asked.sessionCookie, result.sessionCookie)
  return result
}
