import type { Means } from '../crypto/index.ts'
import { type Db, inTenant, sql } from '../store/index.ts'

/** Names in one batch. */
const BATCH = 1_000

/**
 * Brings locks without end to the newest secret. They are found by a keyed hash of the name. Without the older secret,
 * a reported password would open the account again.
 */
export async function moveLocks(db: Db, { keys }: Pick<Means, 'keys'>, tenantId: string): Promise<void> {
  if (keys.ids.length === 1) return
  let last: string | undefined = ''
  while (last !== undefined) last = await moveBatch(db, keys, tenantId, last)
}

/** Moves the locks of the next names after `last`, and returns the last name; undefined at the end. */
const moveBatch = (db: Db, keys: Means['keys'], tenantId: string, last: string) =>
  inTenant(db, tenantId, async trx => {
    // Of the deleted too: a lock would be gone when they are restored.
    const { rows } = await sql<{ name: string }>`
      select user_principal_name_folded as name from accounts
      where tenant_id = ${tenantId} and user_principal_name_folded > ${last}
        and exists (select from counters where tenant_id = ${tenantId} and kind = 'lock')
      order by user_principal_name_folded limit ${BATCH}`.execute(trx)
    const subjects = rows.map(({ name }) => keys.macs('name', tenantId, name))
    // One secret after the other, so that each sees the moves of the one before.
    for (const place of keys.ids.keys())
      if (place > 0)
        await sql`
          update counters set subject = moved.newest
          from unnest(${subjects.map(macs => macs[place])}::bytea[], ${subjects.map(macs => macs[0])}::bytea[]) as moved(older, newest)
          where tenant_id = ${tenantId} and kind = 'lock' and subject = moved.older and not exists (
            select from counters held where held.tenant_id = ${tenantId} and held.kind = 'lock' and held.subject = moved.newest)`.execute(
          trx,
        )
    return rows.at(-1)?.name
  })
