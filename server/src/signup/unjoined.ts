import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { lockTenant, releaseLabel } from '../directory/index.ts'
import { changeProtection } from '../policies/index.ts'
import { deleteUnread, keepBoth, noteServed } from '../relationships/index.ts'
import { type Db, inPair, inSystem, type Trx } from '../store/index.ts'
import { hasJoined } from './invitations.ts'

/** How long after its last link a company waits that a partner made and nobody joined. */
const WAITS = 30 * DAY

/** The shortest that a log is kept. */
const LOG_DAYS = 30

/**
 * Ends companies that a partner made and nobody joined within 30 days after the last link. Nobody administers such a
 * company: it goes with its log, and its label can be given again.
 */
export async function endUnjoined(db: Db, means: Means): Promise<void> {
  const { rows } = await inSystem(db, trx =>
    sql<{ customerId: string; partnerId: string }>`
      select made.tenant_id as "customerId", made.other_tenant_id as "partnerId" from served_companies made
      where made.made_at <= ${plus(means.now, -WAITS)}::timestamptz
        and exists (select from tenants where tenants.tenant_id = made.tenant_id and tenants.unmanaged_since is null)
        and not exists (select from accounts where accounts.tenant_id = made.tenant_id)
        and not exists (select from administrator_invitations open where open.tenant_id = made.tenant_id
          and open.expires_at > ${plus(means.now, -WAITS)}::timestamptz)`.execute(trx),
  )
  const failures: unknown[] = []
  for (const pair of rows) await endOne(db, means, pair).catch(error => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

async function endOne(
  db: Db,
  means: Means,
  { partnerId, customerId }: { partnerId: string; customerId: string },
): Promise<void> {
  const trail = { correlationId: means.random.uuid(means.now) }
  const act: Act = { ...means, actor: { kind: 'system' }, trail }
  await inPair(db, [partnerId, customerId], async enter => {
    const customer = await enter(customerId)
    // Who joins at this moment comes before, and stays; or after, and finds no link.
    await lockTenant(customer, customerId)
    if ((await hasJoined(customer)) || (await hasRecentLink(customer, means.now))) return
    await noteServed(customer, act, partnerId, { sold_until: means.now })
    await changeProtection(customer, customerId, { auditRetentionDays: LOG_DAYS })
    await customer
      .updateTable('tenants')
      .set({ unmanaged_since: means.now })
      .where('tenant_id', '=', customerId)
      .execute()
    await releaseLabel(customer)
    await deleteUnread(await enter(partnerId), act, customerId)
    await keepBoth(enter, act, { partnerId, customerId, by: undefined }, [
      { activity: 'resale.ended', news: 'resaleEnded' },
    ])
  })
}

async function hasRecentLink(trx: Trx, now: Date): Promise<boolean> {
  const found = await trx
    .selectFrom('administrator_invitations')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('expires_at', '>', plus(now, -WAITS))
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
