import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { findUser, type User, type UserRef } from '../directory/index.ts'
import {
  type Credential,
  claimUse,
  demandUse,
  findMovedTo,
  findPasskey,
  loadReader,
  type Owner,
  type PasskeyUse,
  type RelyingParty,
  readSignInValue,
  readUserHandle,
  type SignInPlace,
  type StoredPasskey,
  signedValue,
  type UseOutcome,
  verifyAssertion,
} from '../passkeys/index.ts'
import { passwordOf } from '../passwords/index.ts'
import { type FirstRequirement, requirementFor } from '../registration/index.ts'
import { endReplacedSessions, findSession, ticketFor, unlessGone } from '../sessions/index.ts'
import { askOne, type Db, inTenant, isUnclaimed, sql, type Trx } from '../store/index.ts'
import {
  beginSession,
  proofsOf,
  type SignedIn,
  type SignInStep,
  type SigningBrowser,
  targetOf,
  trailOf,
} from './signin.ts'

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
export const signInByPasskey: typeof attemptByPasskey = (...asked) => unlessGone(() => attemptByPasskey(...asked))

async function attemptByPasskey(
  db: Db,
  begun: Act,
  party: RelyingParty,
  asked: PasskeyRequest,
): Promise<PasskeyOutcome> {
  const issuedAt = readSignInValue(begun, asked.place, signedValue(asked.credential) ?? '')
  if (!issuedAt) return { outcome: 'over' }
  const handle = asked.credential.response.userHandle
  const named = readUserHandle(typeof handle === 'string' ? handle : undefined)
  if (!named) return { outcome: 'unknown' }
  const act = { ...begun, trail: trailOf(begun, asked.within) }
  await loadReader()
  const given = { ...asked, party, issuedAt }
  const found = await signInOwner(db, act, named, given)
  const result = found.outcome === 'moved' ? await signInOwner(db, act, { ...named, tenantId: found.to }, given) : found
  if (result.outcome === 'moved') return { outcome: 'unknown' }
  if (result.outcome === 'signed-in') await endReplacedSessions(db, act, asked.sessionCookie, result.sessionCookie)
  return result
}

/** The same in the tenant of this owner. `moved`: they have left it with their passkeys. */
async function signInOwner(
  db: Db,
  act: Act,
  owner: Owner,
  { party, issuedAt, ...asked }: PasskeyRequest & { party: RelyingParty; issuedAt: Date },
): Promise<PasskeyOutcome | { outcome: 'moved'; to: string }> {
  const { tenantId } = owner
  const { credential, within } = asked
  const replaced = await findSession(db, act, ticketFor(asked.sessionCookie, tenantId))
  const stranger = (target: Target) => ({ ...act, actor: { kind: 'anyone', ...target } }) as const
  const fail = (trx: Trx, target: Target, reason: string) =>
    record(trx, stranger(target), { activity: 'signin.failed', result: 'failure', reason, target })
  /** Why a use was not taken, and that it failed. */
  const failUse = async (trx: Trx, target: Target, use: UseOutcome): Promise<PasskeyOutcome> => {
    if (use !== 'behind') {
      await fail(trx, target, 'passkey used before')
      return { outcome: 'over' }
    }
    await record(trx, stranger(target), { activity: 'passkey.copy_suspected', result: 'failure', target })
    await fail(trx, target, 'passkey')
    return { outcome: 'incorrect' }
  }
  let claimed: { use: PasskeyUse & { issuedAt: Date }; target: Target } | undefined
  const signedIn = inTenant(db, tenantId, async trx => {
    const [passkey, user, judge] = await Promise.all([
      findPasskey(trx, owner, credential.id),
      findUser(trx, tenantId, owner.userId),
      askOne(trx, requirementFor(act, refOf(owner), asked.deviceCookie)),
    ])
    const to = passkey ? undefined : await findMovedTo(trx, owner)
    if (to !== undefined) return { outcome: 'moved', to } as const
    if (within?.onlyTenant !== undefined && within.onlyTenant !== tenantId) return { outcome: 'wrong-tenant' } as const
    if (!passkey || !user) return { outcome: 'unknown' } as const
    const target = targetOf(user)
    // Its value was read before, and is taken once below.
    const proved = passkey.blockedAt
      ? undefined
      : await verifyAssertion(party, credential, { isAsked: () => true, passkey, owner })
    if (!proved) {
      await fail(trx, target, 'passkey')
      return { outcome: 'incorrect' } as const
    }
    const use = { ...proved, issuedAt }
    const beginning = { ...asked, signedInBy: 'passkey', passkey } as const
    const first = judge(user, { ...beginning, proofs: proofsOf(act, beginning) })
    const refused = await findRefusal(trx, { passkey, user, first })
    if (refused) {
      const taken = await claimUse(trx, act, tenantId, use)
      if (taken !== 'taken') return failUse(trx, target, taken)
      await fail(trx, target, refused)
      return { outcome: refused === 'disabled' ? 'disabled' : 'incorrect' } as const
    }
    claimed = { use, target }
    const claim = () => demandUse(trx, act, tenantId, use)
    return beginSession(trx, act, user, { ...beginning, first, signInId: within?.id, replaced, claim })
  })
  return signedIn.catch(error => {
    if (!claimed || !isUnclaimed(error)) throw error
    const { use, target } = claimed
    return inTenant(db, tenantId, async trx => failUse(trx, target, await claimUse(trx, act, tenantId, use)))
  })
}

/** Why a passkey that was proved opens nothing; undefined where it does. */
async function findRefusal(
  trx: Trx,
  { passkey, user, first }: { passkey: StoredPasskey; user: User; first: FirstRequirement },
): Promise<'passkey off' | 'disabled' | 'passkey of a former password' | undefined> {
  // By the methods policy: one of their groups' or everybody's.
  if (!first.methodsOn.Fido2) return 'passkey off'
  if (!user.accountEnabled) return 'disabled'
  // What a stolen password registered ends with that password, or a reset would not put its thief out.
  if (!passkey.byPasswordAt) return undefined
  const password = await askOne(trx, passwordOf(user))
  return password && passkey.byPasswordAt < password.setAt ? 'passkey of a former password' : undefined
}

/** An owner whom the same flight reads. */
const refOf = ({ tenantId, userId }: Owner): UserRef => ({
  tenantId,
  id: userId,
  securityEpoch: sql`(select security_epoch from users where tenant_id = ${tenantId} and id = ${userId})`,
})

type Target = ReturnType<typeof targetOf>
