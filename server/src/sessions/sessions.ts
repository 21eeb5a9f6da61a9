import type { Trail } from '../audit/index.ts'
import { HOUR, MINUTE, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** What a session must do before it opens anything else. */
export type Requirement = 'change-password' | 'register' | 'confirm'

/** Somebody signed in, in one browser. */
export interface Session {
  id: string
  tenantId: string
  correlationId: string
  requires: Requirement | null
  /** When the password was typed. */
  passwordAt: Date
  /** When a registered method was last proved in this session. */
  provedAt: Date | null
  createdAt: Date
  user: User
}

/** How long a session lasts, whatever is done in it. */
const SESSION_LASTS = 12 * HOUR

/** How long a typed password or a proof counts as fresh (for changes of security info). */
export const FRESH = 15 * MINUTE

export const isFresh = (moment: Date | null, now: Date) => moment !== null && plus(moment, FRESH) > now

/**
 * A session for somebody whose password was right, which begins with `change`. The cookie's value is kept nowhere but as a keyed hash: tenant, id and secret, so that a session is opened inside its tenant at once.
 */
export function newSession(
  trx: Trx,
  means: Means,
  user: User,
  trail: Trail,
  input: { requires: Requirement | null; language: string },
) {
  const { now, random, keys } = means
  const id = random.uuid(now)
  const token = random.token()
  const change = trx.insertInto('sessions').values({
    tenant_id: user.tenantId,
    id,
    user_id: user.id,
    token_hash: keys.mac('session', user.tenantId, id, token),
    correlation_id: trail.correlationId,
    security_epoch: user.securityEpoch,
    requires: input.requires,
    password_at: now,
    language: input.language,
    created_at: now,
    expires_at: plus(now, SESSION_LASTS),
    address: trail.address ?? '',
    user_agent: trail.userAgent?.slice(0, 400) ?? '',
  })
  return { cookie: `${user.tenantId}.${id}.${token}`, change }
}

/**
 * What finishing a required step earns: a session with a new id and secret (a cookie that was planted or seen before then opens nothing more) and what it requires next.
 * `securityEpoch` is the user's current one: after a password change this session alone goes on. `passwordAt`: when the password was typed again.
 */
export async function rotateSession(
  trx: Trx,
  means: Means,
  session: Session,
  next: { requires: Requirement | null; securityEpoch: number; passwordAt?: Date },
): Promise<string> {
  const id = means.random.uuid(means.now)
  const token = means.random.token()
  await trx
    .updateTable('sessions')
    .set({
      id,
      token_hash: means.keys.mac('session', session.tenantId, id, token),
      requires: next.requires,
      security_epoch: next.securityEpoch,
      ...(next.passwordAt && { password_at: next.passwordAt }),
    })
    .where('tenant_id', '=', session.tenantId)
    .where('id', '=', session.id)
    .execute()
  return `${session.tenantId}.${id}.${token}`
}

/** Notes that a registered method was proved in this session. */
export async function noteProof(trx: Trx, means: Means, session: Session) {
  await trx
    .updateTable('sessions')
    .set({ proved_at: means.now })
    .where('tenant_id', '=', session.tenantId)
    .where('id', '=', session.id)
    .execute()
}

/** Ends one session. */
export async function endSession(trx: Trx, session: Session) {
  await trx.deleteFrom('sessions').where('tenant_id', '=', session.tenantId).where('id', '=', session.id).execute()
}
