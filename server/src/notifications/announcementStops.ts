import { timingSafeEqual } from 'node:crypto'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import type { Keyring } from '../crypto/index.ts'
import { findUser, type User } from '../directory/index.ts'
import { type Db, inTenant, sql, type Trx } from '../store/index.ts'

/** Whose mails of a roll-out a link stops. */
export interface StopsFor {
  tenantId: string
  userId: string
}

/** Bytes of the tag behind the two ids. */
const TAG = 16

/**
 * The token of the link by which a person stops the mails of a roll-out. It has no row and no end: a mail may be years old,
 * and a link that stops no mail any more makes its reader call the mail spam.
 */
export function announcementStopToken(keys: Pick<Keyring, 'mac'>, { tenantId, userId }: StopsFor): string {
  const tag = keys.mac('announcement-stop', tenantId, userId).subarray(0, TAG)
  return Buffer.concat([bytesOf(tenantId), bytesOf(userId), tag]).toString('base64url')
}

const bytesOf = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex')

const idIn = (bytes: Buffer) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** Whom a token is about; undefined for one that is not ours. */
export function readAnnouncementStop(keys: Pick<Keyring, 'macs'>, token: string): StopsFor | undefined {
  if (!/^[\w-]{64}$/.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  const about = { tenantId: idIn(bytes.subarray(0, 16)), userId: idIn(bytes.subarray(16, 32)) }
  const isOurs = keys
    .macs('announcement-stop', about.tenantId, about.userId)
    .reduce((found, mac) => timingSafeEqual(mac.subarray(0, TAG), bytes.subarray(32)) || found, false)
  return isOurs ? about : undefined
}

/** Stops the mails of a roll-out to a person. Returns whether there is such a person; a second time changes nothing. */
export function stopAnnouncements(db: Db, act: Act, { tenantId, userId }: StopsFor): Promise<boolean> {
  return inTenant(db, tenantId, async trx => {
    const user = await findUser(trx, tenantId, userId)
    if (!user) return false
    const { rows } = await sql`insert into announcement_stops (tenant_id, user_id, stopped_at)
      values (${tenantId}, ${userId}, ${act.now}) on conflict do nothing returning user_id`.execute(trx)
    // A link belongs to no journey.
    const trail = { ...act.trail, correlationId: act.random.uuid(act.now) }
    if (rows.length > 0) await recordOf(trx, { ...act, trail }, user, 'announcements.stopped')
    return true
  })
}

/** Lets a person have them again. */
export async function resumeAnnouncements(trx: Trx, act: Act, user: User): Promise<void> {
  const { tenantId } = trx
  const { rows } = await sql`delete from announcement_stops
    where tenant_id = ${tenantId} and user_id = ${user.id} returning user_id`.execute(trx)
  if (rows.length > 0) await recordOf(trx, act, user, 'announcements.resumed')
}

/** Whether a person wants no mail of a roll-out. */
export async function hasStoppedAnnouncements(trx: Trx, userId: string): Promise<boolean> {
  const { rows } = await sql`select from announcement_stops
    where tenant_id = ${trx.tenantId} and user_id = ${userId}`.execute(trx)
  return rows.length > 0
}

const recordOf = (trx: Trx, act: Act, user: User, activity: 'announcements.stopped' | 'announcements.resumed') =>
  record(trx, act, { activity, result: 'success', target: { id: user.id, name: user.userPrincipalName } })
