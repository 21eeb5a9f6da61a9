import type { Act, Trail } from '../act.ts'
import { record } from '../audit/index.ts'
import { supportCode } from '../crypto/index.ts'
import { findTenantId, readName, type User } from '../directory/index.ts'
import type { StoredPasskey } from '../passkeys/index.ts'
import { isTemporaryOver, type Passwords, verifyPassword } from '../passwords/index.ts'
import { type FirstRequirement, nextRequirement } from '../registration/index.ts'
import {
  endReplacedSessions,
  familiarityOf,
  findSession,
  newSession,
  type Requirement,
  rememberDevice,
  type Session,
  type SessionProof,
  ticketFor,
  unlessGone,
} from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'

/** The browser in which somebody signs in. */
export interface SigningBrowser {
  deviceCookie: string | undefined
  sessionCookie: string | undefined
  language: string
}

export interface SignInRequest extends SigningBrowser {
  username: string
  password: string
  /** It is an access pass, typed in place of the password. */
  isPass?: boolean | undefined
  /** The sign-in that this is a step of. */
  within?: SignInStep | undefined
}

/** The sign-in that something is a step of, and the application that it is for. */
export interface SignInStep {
  tenantId: string
  id: string
  appId: string | undefined
}

/** A session that has begun, and what it must do first. */
export interface SignedIn {
  outcome: 'signed-in'
  user: User
  requires: Requirement | null
  sessionCookie: string
  deviceCookie: string | undefined
}

/** `disabled`, `temporary-over` and `wrong-tenant` are told only after a right password. `unknown`: the directory that keeps it gave no answer. */
export type SignInOutcome =
  | SignedIn
  | { outcome: 'incorrect'; retryAfter: number | undefined }
  | { outcome: 'disabled' }
  | { outcome: 'temporary-over' }
  | { outcome: 'unknown' }
  | { outcome: 'wrong-tenant' }

/**
 * Signs somebody in with name and password. Unknown names, wrong passwords and locked accounts read alike and take the same work.
 * A full sign-in makes the browser familiar, each time anew. The session that the browser still had in this tenant ends.
 */
export const signIn: typeof attemptSignIn = (...asked) => unlessGone(() => attemptSignIn(...asked))

async function attemptSignIn(
  db: Db,
  begun: Act,
  passwords: Pick<Passwords, 'hasher' | 'homeOf'>,
  asked: SignInRequest,
): Promise<SignInOutcome> {
  const name = readName(asked.username)
  const tenantId = await findTenantId(db, name.domain)
  const act = { ...begun, trail: trailOf(begun, asked.within) }
  const replaced = await findSession(db, act, ticketFor(asked.sessionCookie, tenantId))
  const verdict = await verifyPassword(
    db,
    act,
    passwords,
    {
      tenantId,
      name: name.folded,
      password: asked.password,
      isPass: asked.isPass,
      browserOf: person => familiarityOf(act, person, asked.deviceCookie),
    },
    async (trx, user, { stored, protection }): Promise<SignInOutcome> => {
      const target = targetOf(user)
      const own = { ...act, actor: { kind: 'user', ...target } } as const
      const refuse = async (outcome: keyof typeof reasons) => {
        await record(trx, own, { activity: 'signin.failed', result: 'failure', reason: reasons[outcome], target })
        return { outcome }
      }
      if (!user.accountEnabled) return refuse('disabled')
      if (asked.within && asked.within.tenantId !== tenantId) return refuse('wrong-tenant')
      // A pass is judged apart from the password: its holder may not know it, so could not change it.
      // An old temporary password lies in a mailbox or on a note. A reset still works, and an administrator can give
      // another.
      if (stored?.mustChange && !asked.isPass && isTemporaryOver(stored, protection, act.now))
        return refuse('temporary-over')
      const beginning = { ...asked, signedInBy: asked.isPass ? ('pass' as const) : ('password' as const) }
      const first = await nextRequirement(trx, act, user, { ...beginning, proofs: [] })
      return beginSession(trx, act, user, { ...beginning, first, signInId: asked.within?.id, replaced })
    },
  )
  if (verdict.right) {
    const { result } = verdict
    if (result.outcome === 'signed-in') await endReplacedSessions(db, act, asked.sessionCookie, result.sessionCookie)
    return result
  }
  if (verdict.unknown) return { outcome: 'unknown' }
  const { retryAfter, locked, user } = verdict
  const target = user && targetOf(user)
  const stranger = { ...act, actor: { kind: 'anyone', ...(target ?? { name: 'unknown' }) } } as const
  await inTenant(db, tenantId, trx =>
    record(trx, stranger, {
      // The owner reads of a lock, not of a wrong password: it may have been right.
      activity: retryAfter === undefined && !locked ? 'signin.failed' : 'signin.blocked',
      result: 'failure',
      reason: !user ? 'unknown name' : asked.isPass ? 'pass' : 'password',
      ...(target && { target }),
    }),
  )
  return { outcome: 'incorrect', retryAfter }
}

/** The browser that a person has proved themselves in, and how. */
export interface Beginning extends SigningBrowser {
  signedInBy: Session['signedInBy']
  passkey?: StoredPasskey
}

export const proofsOf = ({ now }: Act, { passkey }: Beginning): SessionProof[] =>
  passkey
    ? [
        {
          kind: 'passkey',
          passkeyId: passkey.id,
          channel: null,
          at: now,
          // It is both factors, but not one that a password alone registered.
          isStep: !passkey.byPasswordAt,
          remember: false,
        },
      ]
    : []

/**
 * Begins the session of a person who proved who they are, at the end of that transaction. A full one makes its browser
 * familiar, each time anew. `first`: what it must do first. `replaced`: the session that the browser had in this tenant.
 */
export async function beginSession(
  trx: Trx,
  act: Act,
  user: User,
  asked: Beginning & {
    first: FirstRequirement
    signInId: string | undefined
    replaced: Session | undefined
    /** Claims what the session rests on, with it and before it. */
    claim?: () => Promise<void>
  },
): Promise<SignedIn> {
  const { deviceCookie: former, signedInBy, passkey, signInId, replaced, language, claim } = asked
  const { requires, remembered, guards } = asked.first
  const target = targetOf(user)
  const proofs = proofsOf(act, asked)
  // After a reset by passkey another method guards security info (decision 47).
  const isProved = proofs.some(({ isStep }) => isStep) && guards.some(({ kind }) => kind === 'passkey')
  const sid = replaced?.user.id === user.id ? replaced.sid : undefined
  const [, sessionCookie, deviceCookie] = await trx.last(() =>
    Promise.all([
      claim?.(),
      newSession(trx, act, user, { requires, language, signInId, signedInBy, proofs, sid, isProved }),
      requires === null ? rememberDevice(trx, act, user, { former, step: remembered }) : undefined,
      record(
        trx,
        { ...act, actor: { kind: 'user', ...target } },
        {
          activity: 'signin.succeeded',
          result: 'success',
          target,
          ...(signedInBy !== 'password' && { reason: signedInBy }),
          ...(passkey && { details: { passkey: passkey.id } }),
        },
      ),
    ]),
  )
  return { outcome: 'signed-in', user, requires, sessionCookie, deviceCookie }
}

/** The trail of a sign-in: its own id, and the support code of the page that it was typed on. */
export const trailOf = (act: Act, within: SignInStep | undefined): Trail => ({
  ...act.trail,
  correlationId: act.random.uuid(act.now),
  ...(within && { supportCode: supportCode(act, within.tenantId, within.id) }),
  ...(within?.appId !== undefined && { appId: within.appId }),
})

export const targetOf = (user: User) => ({ id: user.id, name: user.userPrincipalName })

/** What the log says of a right password that opens nothing. */
const reasons = {
  disabled: 'disabled',
  'temporary-over': 'temporary password over',
  'wrong-tenant': 'application of another tenant',
} as const
