import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { User } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'
import { readTicket } from './cookies.ts'

/** How long a browser stays familiar without a new sign-in. */
const FAMILIAR_FOR = 90 * DAY

/** Whether the cookie is that of a browser in which this user has signed in. An address never makes a browser familiar. */
export async function isFamiliar(trx: Trx, means: Means, user: User, cookie: string | undefined): Promise<boolean> {
  const ticket = readTicket(cookie)
  if (!ticket || ticket.tenantId !== user.tenantId) return false
  const row = await trx
    .selectFrom('devices')
    .select(['token_hash', 'security_epoch'])
    .where('tenant_id', '=', user.tenantId)
    .where('id', '=', ticket.id)
    .where('user_id', '=', user.id)
    .where('expires_at', '>', means.now)
    .executeTakeFirst()
  return (
    row !== undefined &&
    row.security_epoch === user.securityEpoch &&
    means.keys.matches(row.token_hash, 'device', user.tenantId, ticket.id, ticket.token)
  )
}

/** Makes this browser familiar to the user, after a full sign-in or a finished reset. Returns the value of its cookie. */
export async function rememberDevice(trx: Trx, means: Means, user: User): Promise<string> {
  const { now, random, keys } = means
  const id = random.uuid(now)
  const token = random.token()
  await trx
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
  return `${user.tenantId}.${id}.${token}`
}
