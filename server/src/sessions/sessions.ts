import type { SignedIn } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, HOUR, MINUTE, plus } from '../clock.ts'
import { noteSignIn, queueLogouts, stopRecovery, type User } from '../directory/index.ts'
import type { OwnSignInPolicy } from '../policies/index.ts'
import { askOne, type Db, inTenant, isOver, sql, type Trx } from '../store/index.ts'
import { writeTicket } from './cookies.ts'
import { rememberDevice, rememberedStepOf } from './devices.ts'
import { type SessionProof, stepAmong, strengthOf } from './strength.ts'

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
  /** How the person proved who they are at its beginning. */
  signedInBy: 'password' | 'pass' | 'passkey'
  /** When the password was typed, or what stood in its place. */
  passwordAt: Date
  /** When a method that guards security info was last proved in this session. */
  provedAt: Date | null
  /** The proofs that were given in it, the last one of each way. */
  proofs: SessionProof[]
  createdAt: Date
  /** When it was last used, to some minutes. */
  usedAt: Date
  /** The sign-in that began it. */
  signInId: string | null
  /** When the person said that it stays though the browser closes, or that it does not. */
  stayAcceptedAt: Date | null
  stayDeclinedAt: Date | null
  /** Where a finished requirement leads: the sign-in that asked for it. */
  next: string | null
  /** How its tenant's people sign in, as it was read with the session. */
  policy: OwnSignInPolicy
  user: User
}

/** What a session opens by itself: a person's own pages, and what a directory shows of colleagues. */
const SCOPES = ['User.ReadWrite', 'User.Read.All', 'UserAuthenticationMethod.Read']

/** The person of a session, as an actor. */
export function actorOf(session: Session): SignedIn {
  const { user } = session
  const { acr, since } = strengthOf(session)
  return {
    kind: 'user',
    id: user.id,
    tenantId: user.tenantId,
    name: user.userPrincipalName,
    roles: user.roles,
    scopes: SCOPES,
    proof: { acr, authTime: since },
  }
}

/** An act of the session's person, whose events share the session's id. */
export const actIn = (act: Act, session: Session) => ({
  ...act,
  actor: actorOf(session),
  trail: { ...act.trail, correlationId: session.correlationId },
})

/** How long a session may last at all; its tenant's policy ends it earlier. */
const SESSION_LASTS = DAY

/** The same of one that stays though the browser closes. */
export const STAYING_LASTS = 90 * DAY

/** Whether a session is over by the policy as it is now: a shorter one counts at once. One that stays has no idle time. */
export function isSessionOver({ policy, ...session }: Pick<Session, SessionTimes | 'policy'>, now: Date): boolean {
  const passed = (since: Date, lasts: number) => isOver(plus(since, lasts), now, lasts)
  if (session.stayAcceptedAt && policy.staySignedIn === 'ask')
    return passed(session.stayAcceptedAt, policy.staySignedInDays * DAY)
  return (
    passed(session.createdAt, policy.sessionMaxHours * HOUR) ||
    passed(session.usedAt, policy.sessionIdleMinutes * MINUTE)
  )
}
type SessionTimes = 'createdAt' | 'usedAt' | 'stayAcceptedAt'

/** How old the moment of the last use may be before it is written anew: requests must not write each time. */
const USE_IS_KNOWN_TO = 5 * MINUTE

/** Notes that a session is used, where that was not noted in the last minutes. Returns it. */
export async function noteUse(db: Db, now: Date, session: Session): Promise<Session> {
  const { id, tenantId, usedAt, stayAcceptedAt } = session
  if (stayAcceptedAt || plus(usedAt, USE_IS_KNOWN_TO) > now) return session
  await inTenant(db, tenantId, trx =>
    trx
      .updateTable('sessions')
      .set({ last_used_at: now })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .execute(),
  )
  return session
}

/** How long a typed password or a proof counts as fresh (for changes of security info). */
export const FRESH = 15 * MINUTE

export const isFresh = (moment: Date | null, now: Date) => moment !== null && !isOver(plus(moment, FRESH), now, FRESH)

/**
 * Begins a session after a right password, access pass or passkey. `sid`: of the same person's session that it replaces in this browser.
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
    signedInBy?: Session['signedInBy']
    proofs?: readonly SessionProof[]
    /** Whether they are by a method that guards security info. */
    isProved?: boolean
    sid?: string | undefined
  },
): Promise<string> {
  const { now, random, keys } = act
  const id = random.uuid(now)
  const token = random.token()
  const requires = input.requires
  const added = sql`
    insert into sessions (tenant_id, id, user_id, token_hash, correlation_id, sid, security_epoch, requires, password_at,
      proofs, proved_at, language, sign_in_id, signed_in_by, next, created_at, expires_at, address, user_agent)
    values (${user.tenantId}, ${id}, ${user.id}, ${keys.mac('session', user.tenantId, id, token)},
      ${act.trail.correlationId}, ${input.sid ?? random.uuid(now)}, ${user.securityEpoch}, ${requires}, ${now},
      ${JSON.stringify(input.proofs ?? [])}, ${input.isProved ? now : null}, ${input.language}, ${input.signInId ?? null},
      ${input.signedInBy ?? 'password'}, ${requires !== null && input.signInId ? `/signin/${input.signInId}` : null},
      ${now}, ${plus(now, SESSION_LASTS)}, ${act.trail.address ?? ''}, ${act.trail.userAgent?.slice(0, 400) ?? ''})`.execute(
    trx,
  )
  const steps = (input.proofs ?? []).some(({ isStep }) => isStep)
  await Promise.all([added, noteSignIn(trx, act, user), steps && stopRecovery(trx, act, user)])
  return writeTicket({ tenantId: user.tenantId, id, token, stays: undefined })
}

/** Begins a sign-in anew whose person has left the tenant since it read them: another company takes them in, say. */
export const unlessGone = <T>(signIn: () => Promise<T>): Promise<T> =>
  signIn().catch((error: { code?: unknown; constraint?: unknown }) => {
    if (error.code !== '23503' || error.constraint !== 'sessions_tenant_id_user_id_fkey') throw error
    return signIn()
  })

/**
 * What raises a session's rights. `securityEpoch`: the user's, where it has just been raised. `passwordAt`, `provedAt`:
 * when the password was typed again, or a method proved that guards security info.
 * `stay`: the answer whether it stays though the browser closes.
 */
export interface Rise {
  requires: Requirement | null
  securityEpoch?: number
  passwordAt?: Date
  provedAt?: Date | undefined
  proof?: SessionProof | undefined
  stay?: boolean
}

/** The proofs of a session with a new one, in place of an older one by the same way. One that is no step takes no step's place. */
const withProof = (proofs: readonly SessionProof[], added: SessionProof | undefined): SessionProof[] =>
  added
    ? [
        ...proofs.filter(
          one => one.kind !== added.kind || one.channel !== added.channel || one.isStep !== added.isStep,
        ),
        added,
      ]
    : [...proofs]

/**
 * Gives a session a new id and secret with its new rights: the only way to change them. A cookie that was planted or
 * copied before opens nothing more. Its challenges move with it, so that another tab of the same browser goes on.
 */
export async function rotateSession(trx: Trx, act: Act, session: Session, rise: Rise): Promise<string> {
  const { tenantId } = session
  const id = act.random.uuid(act.now)
  const token = act.random.token()
  const rotated = trx
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
      ...(rise.stay === true && { stay_accepted_at: act.now, expires_at: plus(act.now, STAYING_LASTS) }),
      ...(rise.stay === false && { stay_declined_at: act.now }),
      ...(rise.proof && { proofs: JSON.stringify(withProof(session.proofs, rise.proof)) }),
    })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', session.id)
    .execute()
  const moved = trx
    .updateTable('challenges')
    .set({ session_id: id })
    .where('tenant_id', '=', tenantId)
    .where('session_id', '=', session.id)
    .where(eb => eb.exists(eb.selectFrom('sessions').where('tenant_id', '=', tenantId).where('id', '=', id)))
    .execute()
  await Promise.all([rotated, moved, rise.proof?.isStep && stopRecovery(trx, act, session.user)])
  const since = rise.stay === true ? act.now : session.stayAcceptedAt
  return writeTicket({
    tenantId,
    id,
    token,
    stays: since ? plus(since, session.policy.staySignedInDays * DAY) : undefined,
  })
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
  const step = stepAmong(
    withProof(session.proofs, rise.proof).filter(({ remember }) => remember),
    session.policy,
    user,
  )
  // What a browser is remembered for ends with the epoch.
  const lasts = rise.securityEpoch === undefined
  const kept = lasts ? (step ?? (await askOne(trx, rememberedStepOf(act, user, deviceCookie)))) : undefined
  return { sessionCookie, deviceCookie: await rememberDevice(trx, act, user, { former: deviceCookie, step: kept }) }
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
