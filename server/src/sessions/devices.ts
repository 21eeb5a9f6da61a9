import { type RawBuilder, sql } from 'kysely'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { User } from '../directory/index.ts'

import { askTenant, type Db, stillLasts, type Trx } from '../store/index.ts'

import { readTicket } from './cookies.ts'

/** How long a browser stays familiar without a new sign-in. */
export const FAMILIAR_FOR = 90 * DAY

const lasts = (now: Date) => stillLasts(sql`expires_at`, now, FAMILIAR_FOR)

/** A familiar browser as it is stored. */
export interface StoredDevice {
  /** Hexadecimal. */
  hash: string
  epoch: number
}

/** For SQL: the browser that a cookie names, where the person of this id has signed in there; otherwise null. `person` is an expression. */
export function storedDevice({ now }: Act, tenantId: string, person: RawBuilder<unknown>, cookie: string | undefined) {
  const ticket = readTicket(cookie)
  if (ticket?.tenantId !== tenantId) return sql<StoredDevice | null>`null::json`
  return sql<StoredDevice | null>`(
    select json_build_object('hash', encode(token_hash, 'hex'), 'epoch', security_epoch) from devices
    where tenant_id = ${tenantId} and id = ${ticket.id} and user_id = ${person} and ${lasts(now)})`
}

/** Whether the cookie is of a browser in which this user has signed in. An address never makes a browser familiar. */
export async function isFamiliar(trx: Trx, act: Act, user: User, cookie: string | undefined): Promise<boolean> {
  const { rows } = await sql<{ device: StoredDevice | null }>`
    select ${storedDevice(act, user.tenantId, sql`${user.id}::uuid`, cookie)} as device`.execute(trx)
  return readFamiliar(act, user, cookie, rows[0]?.device ?? null)
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

/** Tells whether the browser of this cookie is familiar to the account of a name: what to read beside the rest, and its meaning. */
export const familiarity = (act: Act, tenantId: string, cookie: string | undefined) => ({
  stored: (person: RawBuilder<unknown>): RawBuilder<unknown> => storedDevice(act, tenantId, person, cookie),
  of: (user: User, stored: unknown): 'familiar' | 'other' =>
    readFamiliar(act, user, cookie, stored as StoredDevice | null) ? 'familiar' : 'other',
})

/** The same, of what was stored. */
export function readFamiliar(
  { keys }: Act,
  user: User,
  cookie: string | undefined,
  stored: StoredDevice | null,
): boolean {
  const ticket = readTicket(cookie)
  return (
    stored !== null &&
    ticket !== undefined &&
    stored.epoch === user.securityEpoch &&
    keys.matches(Buffer.from(stored.hash, 'hex'), 'device', user.tenantId, ticket.id, ticket.token)
  )
}

/** Makes this browser familiar to the user, in place of what its cookie said before. Returns the new value of its cookie. */
export async function rememberDevice(trx: Trx, act: Act, user: User, former?: string): Promise<string> {
  const { now, random, keys } = act
  const id = random.uuid(now)
  const token = random.token()
  const added = trx
    .insertInto('devices')
    .values({
      tenant_id: user.tenantId,
      id,
      user_id: user.id,
      token_hash: keys.mac('device', user.tenantId, id, token),
      security_epoch: user.securityEpoch,
      created_at: now,
      expires_at: plus(now, FAMILIAR_FOR),
    })
    .execute()
  await Promise.all([added, forgetDevice(trx, user, former)])
  return `${user.tenantId}.${id}.${token}`
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
