import { sql } from 'kysely'
import type { Act } from '../act.ts'

import { findUser, lockUser } from '../directory/index.ts'
import { signInPolicyOf } from '../policies/index.ts'
import { askOne, type Db, hasEnded, inTenant, type Removal, stillLasts, type Trx } from '../store/index.ts'

import { readTicket, ticketsIn, withTicket } from './cookies.ts'
import { FAMILIAR_FOR } from './devices.ts'
import { endSession, isSessionOver, noteUse, removeSession, type Session, STAYING_LASTS } from './sessions.ts'
import type { SessionProof } from './strength.ts'

const lasts = (now: Date) => stillLasts(sql`expires_at`, now, STAYING_LASTS)

/**
 * The session that a cookie opens: the current one, never another in its place, or a form would be another account's.
 * Undefined where it is unknown, over, of an older epoch of its user, or where the account is switched off.
 */
export const findSession = (db: Db, act: Act, cookie: string | undefined): Promise<Session | undefined> =>
  openTicket(db, act, ticketsIn(cookie)[0])

/** The session that one ticket opens. */
async function openTicket(db: Db, act: Act, value: string | undefined): Promise<Session | undefined> {
  const ticket = readTicket(value)
  if (!ticket) return undefined
  const { tenantId, id } = ticket
  const found = await inTenant(db, tenantId, async (trx): Promise<Session | undefined> => {
    const session = trx
      .selectFrom('sessions')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where(lasts(act.now))
    const stored = session.select([
      'id',
      'token_hash',
      'correlation_id',
      'sid',
      'security_epoch',
      'requires',
      'signed_in_by',
      'password_at',
      'proved_at',
      'proofs',
      'created_at',
      'last_used_at',
      'sign_in_id',
      'stay_accepted_at',
      'stay_declined_at',
      'next',
    ])
    const [row, user, policy] = await trx.last(() =>
      Promise.all([
        stored.executeTakeFirst(),
        findUser(trx, tenantId, session.select('user_id').$asScalar()),
        askOne(trx, signInPolicyOf(tenantId)),
      ]),
    )
    if (!row || !act.keys.matches(row.token_hash, 'session', tenantId, id, ticket.token)) return undefined
    if (!user?.accountEnabled || user.securityEpoch !== row.security_epoch) return undefined
    return {
      id: row.id,
      tenantId,
      correlationId: row.correlation_id,
      sid: row.sid,
      requires: row.requires,
      signedInBy: row.signed_in_by,
      passwordAt: row.password_at,
      provedAt: row.proved_at,
      proofs: readProofs(row.proofs),
      createdAt: row.created_at,
      usedAt: row.last_used_at ?? row.created_at,
      signInId: row.sign_in_id,
      stayAcceptedAt: row.stay_accepted_at,
      stayDeclinedAt: row.stay_declined_at,
      next: row.next,
      policy,
      user,
    }
  })
  if (!found || isSessionOver(found, act.now)) return undefined
  await noteUse(db, act.now, found)
  return found
}

/** The session as it is now, for a change to decide on: its row and its user's are locked until the transaction ends. Undefined where it has ended. */
export async function lockSession(trx: Trx, act: Act, session: Session): Promise<Session | undefined> {
  const row = await trx
    .selectFrom('sessions')
    .select([
      'security_epoch',
      'requires',
      'password_at',
      'proved_at',
      'proofs',
      'stay_accepted_at',
      'stay_declined_at',
    ])
    .where('tenant_id', '=', session.tenantId)
    .where('id', '=', session.id)
    .where(lasts(act.now))
    .forUpdate()
    .executeTakeFirst()
  if (!row) return undefined
  const user = await lockUser(trx, session.tenantId, session.user.id)
  if (!user.accountEnabled || user.securityEpoch !== row.security_epoch) return undefined
  const locked = {
    ...session,
    requires: row.requires,
    passwordAt: row.password_at,
    provedAt: row.proved_at,
    proofs: readProofs(row.proofs),
    stayAcceptedAt: row.stay_accepted_at,
    stayDeclinedAt: row.stay_declined_at,
    user,
  }
  return isSessionOver(locked, act.now) ? undefined : locked
}

const readProofs = (stored: unknown): SessionProof[] =>
  (stored as (Omit<SessionProof, 'at'> & { at: string })[]).map(proof => ({ ...proof, at: new Date(proof.at) }))

/**
 * Ends the sessions whose place in a browser a new ticket takes: copies of their tickets open nothing more. Applications
 * are told, but where the same person's new session goes on with them.
 */
export async function endReplacedSessions(db: Db, act: Act, cookie: string | undefined, ticket: string): Promise<void> {
  const kept = ticketsIn(withTicket(cookie, ticket))
  const replaced = ticketsIn(cookie).filter(one => !kept.includes(one))
  if (replaced.length === 0) return
  const next = await openTicket(db, act, ticket)
  for (const value of replaced) {
    const session = await openTicket(db, act, value)
    if (!session) continue
    const end = session.sid === next?.sid ? removeSession : endSession
    await inTenant<unknown>(db, session.tenantId, trx => end(trx, session))
  }
}

/** Sessions and familiar browsers that have expired. */
export const expiredSessions: Removal = {
  table: 'sessions',
  due: now => hasEnded(sql`expires_at`, now, STAYING_LASTS),
}
export const expiredDevices: Removal = { table: 'devices', due: now => hasEnded(sql`expires_at`, now, FAMILIAR_FOR) }
