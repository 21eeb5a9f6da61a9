import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { giveCaseTo } from '../cases/index.ts'
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

/** How long a link to a rescue can be opened: longer than any of its states. */
const LASTS = 30 * DAY

/** How long a browser holds what a link leads to, in seconds. */
export const RESCUE_HELD = LASTS / SECOND

/** How long an ended link is told from one that never was. */
const KEPT = 30 * DAY

const LINKS = { table: 'rescue_links', purpose: 'rescue-link' } as const

/** A link to a rescue that can be opened, more than once: it leads to what goes on for days. */
export interface RescueLink {
  tenantId: string
  id: string
  expiresAt: Date
}

/** Whose link it is: somebody’s of the company, of another mailbox that is told, or of who asks. */
export type LinkReader = { userId: string } | { mailboxHash: Buffer } | 'asker'

/** Issues a link to a rescue, and voids the older one of the same reader. */
export const issueRescueLink = (trx: Trx, means: Means, rescueId: string, reader: LinkReader): Promise<string> =>
  issueToken(trx, means, LINKS, {
    ...{ id: means.random.uuid(means.now), expiresAt: plus(means.now, LASTS) },
    reader: {
      rescue_id: rescueId,
      user_id: reader !== 'asker' && 'userId' in reader ? reader.userId : null,
      mailbox_hash: reader !== 'asker' && 'mailboxHash' in reader ? reader.mailboxHash : null,
    },
  })

/** The link of a token; undefined where it is none of these. Changes nothing. Throws `link_expired`. */
export async function findRescueLink(db: Db, means: Means, token: string): Promise<RescueLink | undefined> {
  const row = await findByToken(db, means, LINKS, token)
  if (row && isOver(row.expires_at, means.now, LASTS)) throw refuse('link_expired')
  return row && { tenantId: row.tenant_id, id: row.id, expiresAt: row.expires_at }
}

/** Gives the rescue of a link to this browser, as its reader's. Returns the rescue's id. Throws `link_expired`. */
export const openRescueLink = (db: Db, act: Act, { tenantId, id }: RescueLink, browserToken: string): Promise<string> =>
  inTenant(db, tenantId, async trx => {
    const link = await trx
      .selectFrom('rescue_links')
      .innerJoin('rescues', join =>
        join.on('rescues.tenant_id', '=', tenantId).onRef('rescues.id', '=', 'rescue_links.rescue_id'),
      )
      .select(['rescue_id', 'rescue_links.user_id', 'mailbox_hash', 'browser_hashes', 'expires_at', 'case_id'])
      .where('rescue_links.tenant_id', '=', tenantId)
      .where('rescue_links.id', '=', id)
      .forUpdate('rescue_links')
      .executeTakeFirst()
    if (!link || isOver(link.expires_at, act.now, LASTS)) throw refuse('link_expired')
    const mine = act.keys.mac('browser', browserToken)
    if (link.user_id || link.mailbox_hash) {
      await trx
        .updateTable('rescue_links')
        .set({ browser_hashes: withBrowsers(link.browser_hashes, [mine]) })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .execute()
    } else await giveCaseTo(trx, link.case_id, mine)
    await record(
      trx,
      { ...act, trail: { ...act.trail, correlationId: link.rescue_id } },
      {
        ...{ activity: 'link.opened', result: 'success', details: { purpose: 'rescue' } },
        target: { id: link.rescue_id, name: '' },
      },
    )
    return link.rescue_id
  })

/** Whose links to this rescue the browser has opened: of somebody there, or of other mailboxes that were told. */
export async function findRescueReaders(
  trx: Trx,
  { keys }: Pick<Means, 'keys'>,
  rescueId: string,
  browserToken: string | undefined,
): Promise<({ userId: string; mailboxHash: null } | { userId: null; mailboxHash: Buffer })[]> {
  if (browserToken === undefined) return []
  const { rows } = await sql<{ userId: string; mailboxHash: null } | { userId: null; mailboxHash: Buffer }>`
    select user_id as "userId", mailbox_hash as "mailboxHash" from rescue_links
    where tenant_id = ${trx.tenantId} and rescue_id = ${rescueId} and (user_id is not null or mailbox_hash is not null)
      and browser_hashes && ${keys.macs('browser', browserToken)}::bytea[]
    order by user_id nulls last limit 10`.execute(trx)
  return rows
}

/** Links that ended 30 days ago. */
export const oldRescueLinks = endedLongAgo('rescue_links', { lasts: LASTS, kept: KEPT })
