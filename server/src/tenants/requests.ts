import type { Act } from '../act.ts'
import { DAY, MINUTE, plus } from '../clock.ts'
import { isUuid, type Means } from '../crypto/index.ts'
import { findGlobalAdministrator, type User } from '../directory/index.ts'
import { type Db, endedLongAgo, inTenant, isOver, type Trx } from '../store/index.ts'
import { getGlobalAdministrator } from './authority.ts'
import { refuse } from './errors.ts'
import { countPeople, link, readNames } from './links.ts'

/** How long somebody may take to sign in as an administrator of the other tenant. */
const LASTS = 15 * MINUTE

const KEPT = 30 * DAY

/** Requests that ended 30 days ago. */
export const oldLinkRequests = endedLongAgo('tenant_link_requests', { lasts: LASTS, kept: KEPT })

/** A link that a Global Administrator of one tenant has begun, and one of another has to confirm in the same browser. */
export interface LinkRequest {
  id: string
  tenantId: string
  state: 'open' | 'finished' | 'expired'
  expiresAt: Date
  /** The tenant that was linked. */
  linkedId: string | null
}

/** Begins a link. It gives nothing until an administrator of the other tenant confirms it. Throws `forbidden`. */
export const beginLink = (db: Db, act: Act, { id: userId, tenantId }: User, browserToken: string): Promise<string> =>
  inTenant(db, tenantId, async trx => {
    await getGlobalAdministrator(trx, userId)
    const id = act.random.uuid(act.now)
    await trx
      .insertInto('tenant_link_requests')
      .values({
        ...{ tenant_id: tenantId, id, asked_by: userId, browser_hash: act.keys.mac('browser', browserToken) },
        ...{ created_at: act.now, expires_at: plus(act.now, LASTS) },
      })
      .execute()
    return id
  })

/** The browser that asks: its secret, and the tenants of its journeys. */
interface Browser {
  token: string | undefined
  tenants: readonly string[]
}

/** The request of this id, or the newest one, that this browser has begun. Throws `not_found`. */
export async function getLinkRequest(db: Db, means: Means, browser: Browser, id?: string): Promise<LinkRequest> {
  const { token, tenants } = browser
  if (token === undefined || (id !== undefined && !isUuid(id))) throw refuse('not_found')
  const hashes = means.keys.macs('browser', token)
  const found = []
  for (const tenantId of tenants)
    found.push(
      await inTenant(db, tenantId, async trx => {
        const row = await trx
          .selectFrom('tenant_link_requests')
          .select(['id', 'asked_by', 'expires_at', 'linked_id'])
          .where('tenant_id', '=', tenantId)
          .where('browser_hash', 'in', hashes)
          .$if(id !== undefined, query => query.where('id', '=', id!))
          .orderBy('id', 'desc')
          .limit(1)
          .executeTakeFirst()
        return row && { tenantId, ...row, mayAsk: (await findGlobalAdministrator(trx, row.asked_by)) !== undefined }
      }),
    )
  const [newest] = found.filter(row => row !== undefined).sort((one, other) => (one.id > other.id ? -1 : 1))
  if (!newest) throw refuse('not_found')
  const { tenantId, expires_at: expiresAt, linked_id: linkedId, mayAsk } = newest
  // Who is no administrator any more has nothing to give.
  const open = mayAsk && !isOver(expiresAt, means.now, LASTS)
  return { id: newest.id, tenantId, expiresAt, linkedId, state: linkedId ? 'finished' : open ? 'open' : 'expired' }
}

/** What the administrator of the other tenant is to weigh. `dedicated`: fewer would use it than have an account there. */
export interface Advice {
  users: number
  willUse: number
  recommend: 'this' | 'dedicated'
}

/**
 * Links the tenant of this person, who has signed in as its administrator in the browser that began. Both are judged
 * anew. Throws `journey_expired`, `forbidden`, `tenant_current`, `tenant_linked`.
 */
export async function confirmLink(
  db: Db,
  act: Act,
  request: LinkRequest,
  { user, willUse }: { user: User; willUse: number },
): Promise<Advice> {
  if (user.tenantId === request.tenantId) throw refuse('tenant_current')
  if (request.state === 'expired') throw refuse('journey_expired')
  if (request.state === 'finished') throw refuse('tenant_linked')
  const other = { id: request.tenantId, ...(await readNames(db, request.tenantId)) }
  const users = await inTenant(db, user.tenantId, async trx => {
    await link(trx, act, { user, other, willUse })
    return countPeople(trx)
  })
  await inTenant(db, request.tenantId, trx => close(trx, act, { id: request.id, linkedId: user.tenantId }))
  return adviceOf(users, willUse)
}

export const adviceOf = (users: number, willUse: number): Advice => ({
  ...{ users, willUse },
  recommend: willUse < users ? 'dedicated' : 'this',
})

/** Notes which tenant was linked, so that one request links one. */
const close = (trx: Trx, { now }: Act, { id, linkedId }: { id: string; linkedId: string }) =>
  trx
    .updateTable('tenant_link_requests')
    .set({ linked_id: linkedId, linked_at: now })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .where('linked_id', 'is', null)
    .execute()
