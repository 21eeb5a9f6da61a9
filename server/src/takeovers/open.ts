import type { Means } from '../crypto/index.ts'
import { findUser, type User } from '../directory/index.ts'
import { findLinkHolder } from '../links/index.ts'
import type { Session } from '../sessions/index.ts'
import { type Db, inTenant, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { formerPeopleOf, hasTakenIn } from './former.ts'
import { type Found, findTakeover, findTenantOfTakeover, isHeldBy, readTakeover } from './queries.ts'
import type { Takeover } from './takeover.ts'

/** A claim, and as whom it is read. A member is somebody who was there before it was finished. */
export type Reading = { as: 'claimant'; takeover: Takeover } | { as: 'member'; takeover: Takeover; member: User }

/** Who asks: a browser, and the session that it may have. */
interface Reader {
  browserToken: string | undefined
  session: Session | undefined
  /** As somebody who was there, though the browser may hold the claim too. */
  isMember?: boolean
}

/**
 * A claim, for the browser that holds it and for everybody who was there: by their own mailed link or their session.
 * Throws `not_found`.
 */
export async function openTakeover(db: Db, means: Means, id: string, reader: Reader): Promise<Reading> {
  const tenantId = await findTenantOfTakeover(db, id)
  const { found, member } = await inTenant(db, tenantId, async trx => {
    const found = await findTakeover(trx, means, id)
    return { found, member: found && (await findMember(trx, means, found, reader)) }
  })
  if (found && !reader.isMember && isHeldBy(means, found.row.browser_hashes, reader.browserToken))
    return { as: 'claimant', takeover: await readTakeover(db, means, found) }
  if (!found || !member) throw refuse('not_found')
  return { as: 'member', takeover: await readTakeover(db, means, found), member }
}

async function findMember(
  trx: Trx,
  means: Means,
  { row }: Found,
  { browserToken, session }: Reader,
): Promise<User | undefined> {
  // What nobody has proved by the DNS concerns nobody.
  if (!row.waiting_since) return undefined
  const isThere = session?.tenantId === trx.tenantId && session.requires !== 'second-step'
  const id = isThere ? session.user.id : await findLinkHolder(trx, means, row.id, browserToken)
  const user = id === undefined ? undefined : await findUser(trx, trx.tenantId, id)
  if (!user?.accountEnabled || user.id === row.user_id) return undefined
  if (hasTakenIn(row)) return formerPeopleOf(row).people.includes(user.id) ? user : undefined
  const { created_at: since } = await trx
    .selectFrom('users')
    .select('created_at')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', user.id)
    .executeTakeFirstOrThrow()
  return row.finished_at && since >= row.finished_at ? undefined : user
}
