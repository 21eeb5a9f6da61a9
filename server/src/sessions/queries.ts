import type { RawBuilder } from 'kysely'
import type { Act } from '../act.ts'

import { findUser, userOf } from '../directory/index.ts'
import { ownSignInPolicyOf } from '../policies/index.ts'
import {
  ask,
  bytesOf,
  combine,
  type Db,
  dateOf,
  hasEnded,
  inTenant,
  type Read,
  type Removal,
  type Row,
  sql,
  stillLasts,
  type Trx,
} from '../store/index.ts'

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
async function openTicket(db: Db, act: Act, ticket: string | undefined): Promise<Session | undefined> {
  const { tenantId } = readTicket(ticket) ?? {}
  if (tenantId === undefined) return undefined
  const found = await inTenant(db, tenantId, trx => {
    const session = sessionBy(trx, act, ticket)
    return trx.last(() => ask(trx, { session }, session.from))
  })
  return found.session && noteUse(db, act.now, found.session)
}

/** The session of a ticket, beside other facts. `noteUse` belongs to it. */
export interface SessionRead extends Read<Session | undefined> {
  /** Its row, to ask from. */
  from: RawBuilder<unknown>
  /** Its user, whatever the ticket's secret is; null where there is none. */
  userId: RawBuilder<string>
}

/** Looks up the session that a ticket opens in the tenant of the transaction. */
export function sessionBy(trx: Trx, { now, keys }: Act, value: string | undefined): SessionRead {
  const { tenantId } = trx
  const ticket = readTicket(value)
  const userId = sql<string>`session.user_id`
  if (ticket?.tenantId !== tenantId)
    return {
      sql: sql`null`,
      read: () => undefined,
      from: sql`(select null::uuid as user_id) as session`,
      userId,
    }
  const { id, token } = ticket
  const row: Read<StoredSession | undefined> = {
    sql: sql`to_json(session)`,
    read: json => (json as StoredSession | null) ?? undefined,
  }
  const parts = { row, user: userOf(trx.tenantId, userId), policy: ownSignInPolicyOf(tenantId, userId) }
  const read = combine(parts, ({ row, user, policy }): Session | undefined => {
    if (!row || !keys.matches(bytesOf(row.token_hash)!, 'session', tenantId, id, token)) return undefined
    if (!user?.accountEnabled || user.securityEpoch !== row.security_epoch) return undefined
    const session = {
      id,
      tenantId,
      correlationId: row.correlation_id,
      sid: row.sid,
      requires: row.requires,
      signedInBy: row.signed_in_by,
      passwordAt: new Date(row.password_at),
      provedAt: dateOf(row.proved_at),
      proofs: readProofs(row.proofs),
      createdAt: new Date(row.created_at),
      usedAt: new Date(row.last_used_at ?? row.created_at),
      signInId: row.sign_in_id,
      stayAcceptedAt: dateOf(row.stay_accepted_at),
      stayDeclinedAt: dateOf(row.stay_declined_at),
      next: row.next,
      policy,
      user,
    }
    return isSessionOver(session, now) ? undefined : session
  })
  const columns = sql.join(stored.map(name => sql.ref(name)))
  const from = sql`
    (select 1) as always left join (
      select ${columns} from sessions where tenant_id = ${tenantId} and id = ${id} and ${lasts(now)}
    ) as session on true`
  return { ...read, from, userId }
}

const stored = [
  'user_id',
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
] as const

/** A session's row as JSON, where bytes and times are text. */
type StoredSession = {
  [Name in (typeof stored)[number]]: Row<'sessions'>[Name] extends Date | Buffer
    ? string
    : Row<'sessions'>[Name] extends Date | null
      ? string | null
      : Row<'sessions'>[Name]
}

/** The session as it is now, for a change to decide on: its row and its user's are locked until the transaction ends. Undefined where it has ended. */
export async function lockSession(trx: Trx, act: Act, session: Session): Promise<Session | undefined> {
  const locking = trx
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
  const [row, user] = await Promise.all([locking, findUser(trx, session.tenantId, session.user.id, true)])
  if (!row || !user?.accountEnabled || user.securityEpoch !== row.security_epoch) return undefined
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
