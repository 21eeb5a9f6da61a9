import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import {
  type Db,
  endedLongAgo,
  findByToken,
  inTenant,
  isOver,
  issueToken,
  type Trx,
  withBrowsers,
} from '../store/index.ts'
import { refuse } from './errors.ts'

/** How long a link to a claim can be opened: longer than any of its states. */
const LASTS = 30 * DAY

/** How long a browser holds a claim, in seconds: as long as its link. */
export const TAKEOVER_HELD = LASTS / SECOND

/** How long an ended link is told from one that never was. */
const KEPT = 30 * DAY

const LINKS = { table: 'takeover_links', purpose: 'takeover-link' } as const

/** A link to a claim that can be opened, more than once: it leads to what goes on for days. */
export interface TakeoverLink {
  tenantId: string
  id: string
  expiresAt: Date
}

/** Issues a link to a claim, for who claims or for somebody who is there, and voids the older one of the same reader. */
export const issueTakeoverLink = (
  trx: Trx,
  means: Means,
  { takeoverId, userId }: { takeoverId: string; userId: string | null },
): Promise<string> =>
  issueToken(trx, means, LINKS, {
    ...{ id: means.random.uuid(means.now), expiresAt: plus(means.now, LASTS) },
    reader: { takeover_id: takeoverId, user_id: userId },
  })

/** The link of a token; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findTakeoverLink(db: Db, means: Means, token: string): Promise<TakeoverLink | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (row && isOver(row.expires_at, means.now, LASTS)) throw refuse('link_expired')
  return row && { tenantId: row.tenant_id, id: row.id, expiresAt: row.expires_at }
}

/** Gives the claim of a link to this browser, as its reader's. Returns the claim's id. Throws `link_expired`. */
export const openTakeoverLink = (
  db: Db,
  act: Act,
  { tenantId, id }: TakeoverLink,
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
