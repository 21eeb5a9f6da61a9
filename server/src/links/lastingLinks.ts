import { DAY, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Db, findByToken, isOver } from '../store/index.ts'
import { refuse } from './errors.ts'

// Links that are opened more than once: they lead to a claim or a rescue, which goes on for days.

/** How long such a link can be opened: longer than any state of what it leads to. */
export const LASTS = 30 * DAY

/** How long a browser holds what a link leads to, in seconds: as long as the link. */
export const HELD = LASTS / SECOND

/** How long an ended link is told from one that never was. */
export const KEPT = 30 * DAY

export interface LastingLink {
  tenantId: string
  id: string
  expiresAt: Date
}

type Kind = { table: 'rescue_links'; purpose: 'rescue-link' } | { table: 'takeover_links'; purpose: 'takeover-link' }

/** The link of a token; undefined where it is none of this kind. Changes nothing. Throws `link_expired`. */
export async function findLastingLink(
  db: Db,
  means: Means,
  kind: Kind,
  token: string,
): Promise<LastingLink | undefined> {
  const row = await findByToken(db, means, kind, token)
  if (row && isOver(row.expires_at, means.now, LASTS)) throw refuse('link_expired')
  return row && { tenantId: row.tenant_id, id: row.id, expiresAt: row.expires_at }
}
