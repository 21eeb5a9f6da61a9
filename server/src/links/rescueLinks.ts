import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { giveCaseTo } from '../cases/index.ts'
import { plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, endedLongAgo, inTenant, isOver, issueToken, type Trx, withBrowsers } from '../store/index.ts'
import { refuse } from './errors.ts'
import { KEPT, LASTS, type LastingLink } from './lastingLinks.ts'

export const RESCUE_LINKS = { table: 'rescue_links', purpose: 'rescue-link' } as const

/** Whose link it is: somebody’s of the company, of another mailbox that is told, or of who asks. */
export type LinkReader = { userId: string } | { mailboxHash: Buffer } | 'asker'

/** Issues a link to a rescue, and voids the older one of the same reader. */
export const issueRescueLink = (trx: Trx, means: Means, rescueId: string, reader: LinkReader): Promise<string> =>
  issueToken(trx, means, RESCUE_LINKS, {
    ...{ id: means.random.uuid(means.now), expiresAt: plus(means.now, LASTS) },
    reader: {
      rescue_id: rescueId,
      user_id: reader !== 'asker' && 'userId' in reader ? reader.userId : null,
      mailbox_hash: reader !== 'asker' && 'mailboxHash' in reader ? reader.mailboxHash : null,
    },
  })

/** Gives the rescue of a link to this browser, as its reader's. Returns the rescue's id. Throws `link_expired`. */
export const openRescueLink = (
  db: Db,
  act: Act,
  { tenantId, id }: LastingLink,
  browserToken: string,
): Promise<string> =>
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
