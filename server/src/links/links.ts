import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { DAY, HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { findUser, type User } from '../directory/index.ts'
import { type Db, endedLongAgo, findByToken, inTenant, isOver, issueToken, type Row, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'

export type LinkPurpose = Row<'mailed_links'>['purpose']

/** How long a link can be opened. */
const LASTS: Record<LinkPurpose, number> = { reset: DAY, approval: 15 * MINUTE }
const LONGEST = Math.max(...Object.values(LASTS))

const LINKS = { table: 'mailed_links', purpose: 'mailed-link' } as const

/** Links of one purpose that a person gets within an hour, so that nobody floods a mailbox. */
const AN_HOUR = 5

/** How long an ended link is told from one that never was. */
const KEPT = 30 * DAY

/** A link that can be opened. */
export interface MailedLink {
  tenantId: string
  id: string
  purpose: LinkPurpose
  user: User
  expiresAt: Date
}

/**
 * Issues a link for a person whose row is locked. It voids the older ones of its purpose, and ends with the person's
 * security epoch. The token is for the mail alone. Throws `throttled`.
 */
export async function issueLink(
  trx: Trx,
  means: Means,
  user: User,
  purpose: LinkPurpose,
): Promise<{ id: string; token: string; expiresAt: Date }> {
  const { tenantId } = user
  const { now } = means
  const recent = await trx
    .selectFrom('mailed_links')
    .select('created_at')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', user.id)
    .where('purpose', '=', purpose)
    .where('created_at', '>', plus(now, -HOUR))
    .orderBy('created_at')
    .execute()
  const [first] = recent
  if (first && recent.length >= AN_HOUR)
    throw refuse('throttled', { retryAfter: Math.ceil((first.created_at.getTime() + HOUR - now.getTime()) / SECOND) })
  const expiresAt = plus(now, LASTS[purpose])
  const id = means.random.uuid(now)
  const token = await issueToken(trx, means, LINKS, {
    ...{ id, expiresAt, reader: { user_id: user.id, purpose } },
    values: { security_epoch: user.securityEpoch },
  })
  return { id, token, expiresAt }
}

/** The link of a token, in any tenant; changes nothing. Throws `not_found`, `link_expired`. */
export async function getLink(db: Db, means: Means, token: string): Promise<MailedLink> {
  const row = await findByToken(db, means, LINKS, token)
  if (!row) throw refuse('not_found')
  const { tenant_id: tenantId, id, purpose, expires_at: expiresAt } = row
  const user = await inTenant(db, tenantId, trx => findUser(trx, tenantId, row.user_id))
  const ended = row.claimed_at !== null || isOver(expiresAt, means.now, LASTS[purpose])
  if (!user || ended || user.securityEpoch !== row.security_epoch) throw refuse('link_expired')
  return { tenantId, id, purpose, user, expiresAt }
}

/** Opens a link, once, with its event. Throws `link_expired`. */
export async function claimLink(trx: Trx, act: Act, { tenantId, id, purpose, user }: MailedLink): Promise<void> {
  const claimed = await trx
    .updateTable('mailed_links')
    .set({ claimed_at: act.now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('claimed_at', 'is', null)
    .where('expires_at', '>', act.now)
    .where('security_epoch', '=', eb =>
      eb
        .selectFrom('users')
        .select('security_epoch')
        .where('tenant_id', '=', tenantId)
        .whereRef('users.id', '=', 'mailed_links.user_id'),
    )
    .returning('id')
    .executeTakeFirst()
  if (!claimed) throw refuse('link_expired')
  const target = { id: user.id, name: user.userPrincipalName }
  const actor = { kind: 'anyone', name: target.name } as const
  const opening = { ...act, actor, trail: { ...act.trail, correlationId: id } }
  await record(trx, opening, { activity: 'link.opened', result: 'success', target, details: { purpose } })
}

/** Links that ended 30 days ago. */
export const expiredLinks = endedLongAgo('mailed_links', { lasts: LONGEST, kept: KEPT })
