import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, endedLongAgo, inTenant, isOver, issueToken, type Trx, withBrowsers } from '../store/index.ts'
import { refuse } from './errors.ts'
import { KEPT, LASTS, type LastingLink } from './lastingLinks.ts'

export const TAKEOVER_LINKS = { table: 'takeover_links', purpose: 'takeover-link' } as const

/** Issues a link to a claim, for who claims or for somebody who is there, and voids the older one of the same reader. */
export const issueTakeoverLink = (
  trx: Trx,
  means: Means,
  { takeoverId, userId }: { takeoverId: string; userId: string | null },
): Promise<string> =>
  issueToken(trx, means, TAKEOVER_LINKS, {
    ...{ id: means.random.uuid(means.now), expiresAt: plus(means.now, LASTS) },
    reader: { takeover_id: takeoverId, user_id: userId },
  })

/** Gives the claim of a link to this browser, as its reader's. Returns the claim's id. Throws `link_expired`. */
export const openTakeoverLink = (
  db: Db,
  act: Act,
  { tenantId, id }: LastingLink,
  browserToken: string,
): Promise<string> =>
  inTenant(db, tenantId, async trx => {
    const link = await trx
      .selectFrom('takeover_links')
      .select(['takeover_id', 'user_id', 'browser_hashes', 'expires_at'])
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirst()
    if (!link || isOver(link.expires_at, act.now, LASTS)) throw refuse('link_expired')
    const mine = [act.keys.mac('browser', browserToken)]
    if (link.user_id) await holdLink(trx, id, withBrowsers(link.browser_hashes, mine))
    else await holdClaim(trx, link.takeover_id, mine)
    await record(
      trx,
      { ...act, trail: { ...act.trail, correlationId: link.takeover_id } },
      {
        activity: 'link.opened',
        result: 'success',
        target: { id: link.takeover_id, name: '' },
        details: { purpose: 'takeover' },
      },
    )
    return link.takeover_id
  })

const holdLink = (trx: Trx, id: string, hashes: Buffer[]) =>
  trx
    .updateTable('takeover_links')
    .set({ browser_hashes: hashes })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()

/** Gives a claim to these browsers too. */
export async function holdClaim(trx: Trx, takeoverId: string, hashes: readonly Buffer[]): Promise<void> {
  const row = await trx
    .selectFrom('takeovers')
    .select('browser_hashes')
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', takeoverId)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw refuse('link_expired')
  await trx
    .updateTable('takeovers')
    .set({ browser_hashes: withBrowsers(row.browser_hashes, hashes) })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', takeoverId)
    .execute()
}

/** The person whose link to this claim the browser has opened. */
export async function findLinkHolder(
  trx: Trx,
  { keys }: Means,
  takeoverId: string,
  browserToken: string | undefined,
): Promise<string | undefined> {
  if (browserToken === undefined) return undefined
  const { rows } = await sql<{ userId: string }>`
    select user_id as "userId" from takeover_links
    where tenant_id = ${trx.tenantId} and takeover_id = ${takeoverId} and user_id is not null
      and browser_hashes && ${keys.macs('browser', browserToken)}::bytea[] limit 1`.execute(trx)
  return rows[0]?.userId
}

/** Links that ended 30 days ago. */
export const oldTakeoverLinks = endedLongAgo('takeover_links', { lasts: LASTS, kept: KEPT })
