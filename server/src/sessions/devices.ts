import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { User, UserRef } from '../directory/index.ts'

import type { MethodKind } from '../policies/index.ts'
import { askTenant, bytesOf, type Db, type Read, sql, stillLasts, type Trx } from '../store/index.ts'

import { readTicket, writeTicket } from './cookies.ts'

/** How long a browser stays familiar without a new sign-in. */
export const FAMILIAR_FOR = 90 * DAY

const lasts = (now: Date) => stillLasts(sql`expires_at`, now, FAMILIAR_FOR)

/** Whether the cookie is of a browser in which this user has signed in. An address never makes a browser familiar. */
export function familiarityOf(
  { now, keys }: Pick<Act, 'now' | 'keys'>,
  { tenantId, id, securityEpoch }: UserRef,
  cookie: string | undefined,
): Read<'familiar' | 'other'> {
  const ticket = readTicket(cookie)
  if (ticket?.tenantId !== tenantId) return { sql: sql`null`, read: () => 'other' }
  return {
    sql: sql`(
      select to_json(token_hash) from devices where tenant_id = ${tenantId} and id = ${ticket.id}
        and user_id = ${id} and security_epoch = ${securityEpoch} and ${lasts(now)})`,
    read(json) {
      const hash = bytesOf(json as string | null)
      return hash && keys.matches(hash, 'device', tenantId, ticket.id, ticket.token) ? 'familiar' : 'other'
    },
  }
}

/** Whether the cookie is of a browser in which anybody has signed in. */
export async function isSomebodysDevice(db: Db, { now, keys }: Pick<Act, 'now' | 'keys'>, cookie: string | undefined) {
  const ticket = readTicket(cookie)
  if (!ticket) return false
  const [found] = await askTenant(
    db,
    ticket.tenantId,
    sql<{ hash: Buffer }>`
      select token_hash as hash from devices join users on users.tenant_id = devices.tenant_id and users.id = user_id
      where devices.tenant_id = ${ticket.tenantId} and devices.id = ${ticket.id} and ${lasts(now)}
        and devices.security_epoch = users.security_epoch and account_enabled`,
  )
  return found !== undefined && keys.matches(found.hash, 'device', ticket.tenantId, ticket.id, ticket.token)
}

/** The second step that a browser is remembered for. */
export interface RememberedStep {
  at: Date
  kind: MethodKind
}

/** The second step that the cookie's browser is remembered for, of this user and epoch. The tenant's days are not judged. */
export function rememberedStepOf(
  { now, keys }: Pick<Act, 'now' | 'keys'>,
  { tenantId, id, securityEpoch }: UserRef,
  cookie: string | undefined,
): Read<RememberedStep | undefined> {
  const ticket = readTicket(cookie)
  if (ticket?.tenantId !== tenantId) return { sql: sql`null`, read: () => undefined }
  return {
    sql: sql`(
      select json_build_object('hash', token_hash, 'at', step_at, 'kind', step_by)
      from devices where tenant_id = ${tenantId} and id = ${ticket.id} and user_id = ${id}
        and security_epoch = ${securityEpoch} and step_at is not null and ${lasts(now)})`,
    read(json) {
      const row = json as { hash: string; at: string; kind: MethodKind } | null
      const hash = row && bytesOf(row.hash)
      if (!hash || !keys.matches(hash, 'device', tenantId, ticket.id, ticket.token)) return undefined
      return { at: new Date(row.at), kind: row.kind }
    },
  }
}

/**
 * Makes this browser familiar to the user, in place of what its `former` cookie said. `step`: what it is remembered for.
 * Returns the new value of its cookie.
 */
export async function rememberDevice(
  trx: Trx,
  act: Act,
  user: User,
  { former, step }: { former?: string | undefined; step?: RememberedStep | undefined } = {},
): Promise<string> {
  const { now, random, keys } = act
  const id = random.uuid(now)
  const token = random.token()
  const added = sql`
    insert into devices (tenant_id, id, user_id, token_hash, security_epoch, step_at, step_by, created_at, expires_at)
    values (${user.tenantId}, ${id}, ${user.id}, ${keys.mac('device', user.tenantId, id, token)}, ${user.securityEpoch},
      ${step?.at ?? null}, ${step?.kind ?? null}, ${now}, ${plus(now, FAMILIAR_FOR)})`.execute(trx)
  await Promise.all([added, forgetDevice(trx, user, former)])
  return writeTicket({ tenantId: user.tenantId, id, token, stays: undefined })
}

/** Forgets the browser that a cookie names, where it was this user's. */
async function forgetDevice(trx: Trx, { tenantId, id }: User, cookie: string | undefined) {
  const ticket = readTicket(cookie)
  if (!ticket) return
  await trx
    .deleteFrom('devices')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', ticket.id)
    .where('user_id', '=', id)
    .execute()
}
