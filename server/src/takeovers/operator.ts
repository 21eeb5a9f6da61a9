import type { Means } from '../crypto/index.ts'
import { readDomain } from '../directory/index.ts'
import { type Db, inSystem, inTenant } from '../store/index.ts'
import { refuse } from './errors.ts'
import { findTakeover, readTakeover } from './queries.ts'
import type { Takeover } from './takeover.ts'

/** Every open claim of every company, the oldest first. */
export async function listOpenTakeovers(db: Db, means: Means): Promise<Takeover[]> {
  const rows = await inSystem(db, trx =>
    trx
      .selectFrom('takeovers')
      .select(['tenant_id as tenantId', 'id'])
      .where('proved_at', 'is not', null)
      .where('ended_at', 'is', null)
      .orderBy('id')
      .execute(),
  )
  const all: Takeover[] = []
  for (const { tenantId, id } of rows) {
    const found = await inTenant(db, tenantId, trx => findTakeover(trx, means, id))
    if (found) all.push(await readTakeover(db, means, found))
  }
  return all
}

/** The last claim to a domain whose mailbox is proved, open or not. Throws `not_found`. */
export async function getTakeoverOf(db: Db, means: Means, typed: string): Promise<Takeover> {
  const domain = readDomain(typed) ?? ''
  const row = await inSystem(db, trx =>
    trx
      .selectFrom('takeovers')
      .select(['tenant_id as tenantId', 'id'])
      .where('domain', '=', domain)
      .where('proved_at', 'is not', null)
      .orderBy(({ fn }) => fn.coalesce('ended_at', 'due_at'), 'desc')
      .limit(1)
      .executeTakeFirst(),
  )
  const found = row && (await inTenant(db, row.tenantId, trx => findTakeover(trx, means, row.id)))
  if (!found) throw refuse('not_found')
  return readTakeover(db, means, found)
}
