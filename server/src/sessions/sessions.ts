import type { SignedIn } from '../access/index.ts'
import type { Act } from '../act.ts'
import { HOUR, MINUTE, plus } from '../clock.ts'
import { queueLogouts, type User } from '../directory/index.ts'
import type { SignInPolicy } from '../policies/index.ts'
import { isOver, type Trx } from '../store/index.ts'
import { rememberDevice } from './devices.ts'

/** What a session must do before it opens anything else. */
export type Requirement = 'second-step' | 'change-password' | 'register' | 'confirm'

/** A person signed in, in one browser. */
export interface Session {
  id: string
  tenantId: string
  correlationId: string
  /** By this applications know it: it stays while the id changes. */
  sid: string
  requires: Requirement | null
  /** When the password was typed. */
  passwordAt: Date
  /** When a registered method was last proved in this session. */
  provedAt: Date | null
  createdAt: Date
  /** Where a finished requirement leads: the sign-in that asked for it. */
  next: string | null
  /** How its tenant's people sign in, as it was read with the session. */
  policy: SignInPolicy
  user: User
}

/** What a session opens by itself: a person's own pages, and what a directory shows of colleagues. */
const SCOPES = ['User.ReadWrite', 'User.Read.All', 'UserAuthenticationMethod.Read']

/** The person of a session, as an actor. */
export const actorOf = ({ user, passwordAt, provedAt }: Session): SignedIn => ({
  kind: 'user',
  id: user.id,
  tenantId: user.tenantId,
  name: user.userPrincipalName,
  roles: user.roles,
  scopes: SCOPES,
  proof: { acr: provedAt ? 'mfa' : 'pwd', authTime: provedAt ?? passwordAt },
})

/** What tokens tell of a session's proofs. `since`: the older one of what its `acr` claims (single sign-on, §4). */
export const proofOf = ({ passwordAt, provedAt }: Session): { acr: string; amr: string[]; since: Date } => ({
  acr: provedAt ? 'mfa' : 'pwd',
  amr: provedAt ? ['pwd', 'mfa'] : ['pwd'],
  since: provedAt && provedAt < passwordAt ? provedAt : passwordAt,
})

/** How long a session lasts; nothing makes it longer. */
export const SESSION_LASTS = 12 * HOUR

/** How long a typed password or a proof counts as fresh (for changes of security info). */
export const FRESH = 15 * MINUTE

export const isFresh = (moment: Date | null, now: Date) => moment !== null && !isOver(plus(moment, FRESH), now, FRESH)

/**
 * Begins a session after a right password. `sid`: of the same person's session that it replaces in this browser.
 * Returns its cookie: tenant, id and secret, so that it is opened inside its tenant. Only a keyed hash of it is kept.
 */
export async function newSession(
  trx: Trx,
  act: Act,
  user: User,
  input: {
    requires: Requirement | null
    language: string
    signInId?: string | undefined
    sid?: string | undefined
  },
): Promise<string> {
  const { now, random, keys } = act
  const id = random.uuid(now)
  const token = random.token()
  await trx
    .insertInto('sessions')
    .values({
      tenant_id: user.tenantId,
      id,
      user_id: user.id,
      token_hash: keys.mac('session', user.tenantId, id, token),
      correlation_id: act.trail.correlationId,
      sid: input.sid ?? random.uuid(now),
      security_epoch: user.securityEpoch,
      requires: input.requires,
      password_at: now,
      language: input.language,
      sign_in_id: input.signInId ?? null,
      next: input.requires !== null && input.signInId ? `/signin/${input.signInId}` : null,
      created_at: now,
      expires_at: plus(now, SESSION_LASTS),
      address: act.trail.address ?? '',
      user_agent: act.trail.userAgent?.slice(0, 400) ?? '',
    })
    .execute()
  return `${user.tenantId}.${id}.${token}`
}

/** What raises a session's rights. `securityEpoch`: the user's, where it has just been raised. `passwordAt`, `provedAt`: when the password was typed again, or a method proved. */
export interface Rise {
  requires: Requirement | null
  securityEpoch?: number
  passwordAt?: Date
  provedAt?: Date
}

/**
 * Gives a session a new id and secret with its new rights: the only way to change them. A cookie that was planted or
 * copied before opens nothing more. Its challenges move with it, so that another tab of the same browser goes on.
 */
export async function rotateSession(trx: Trx, act: Act, session: Session, rise: Rise): Promise<string> {
  const { tenantId } = session
  const id = act.random.uuid(act.now)
  const token = act.random.token()
  const rotated = await trx
    .updateTable('sessions')
    .set({
      id,
      token_hash: act.keys.mac('session', tenantId, id, token),
      requires: rise.requires,
      // The requirement that led somewhere was finished before.
      ...(session.requires === null && { next: null }),
      ...(rise.securityEpoch !== undefined && { security_epoch: rise.securityEpoch }),
      ...(rise.passwordAt && { password_at: rise.passwordAt }),
      ...(rise.provedAt && { proved_at: rise.provedAt }),
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', session.id)
    .returning('id')
    .executeTakeFirst()
  if (rotated)
    await trx
      .updateTable('challenges')
      .set({ session_id: id })
      .where('tenant_id', '=', tenantId)
      .where('session_id', '=', session.id)
      .execute()
  return `${tenantId}.${id}.${token}`
}

/** The cookies of a session whose rights have risen. `deviceCookie`: where it is full, and its browser so a familiar one. */
export interface Granted {
  sessionCookie: string
  deviceCookie: string | undefined
}

/** Rotates a session after a proof or a finished step. A full session makes its browser familiar, so that strangers' failures do not lock it out. */
export async function renewSession(
  trx: Trx,
  act: Act,
  session: Session,
  { deviceCookie, ...rise }: Rise & { deviceCookie: string | undefined },
): Promise<Granted> {
  const sessionCookie = await rotateSession(trx, act, session, rise)
  if (rise.requires !== null) return { sessionCookie, deviceCookie: undefined }
  const user = { ...session.user, securityEpoch: rise.securityEpoch ?? session.user.securityEpoch }
  return { sessionCookie, deviceCookie: await rememberDevice(trx, act, user, deviceCookie) }
}

/** Ends one session, and tells the applications that it opened. */
export async function endSession(trx: Trx, session: Session): Promise<void> {
  if (await removeSession(trx, session)) await queueLogouts(trx, { sid: session.sid })
}

/** Removes one session. Whether it had not ended before. */
export async function removeSession(trx: Trx, { tenantId, id }: Session): Promise<boolean> {
  const removed = await trx
    .deleteFrom('sessions')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return removed !== undefined
}
