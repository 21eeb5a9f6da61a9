import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { MINUTE, plus } from '../clock.ts'
import { type Db, dateOf, inTenant, type Read, sql } from '../store/index.ts'
import type { Authority } from './authority.ts'
import { tellCustomer } from './telling.ts'

/** A person's use is written down once within so long: each request would else write. */
const NOTED_EVERY = 10 * MINUTE

/** When somebody of a partner acted last in a customer's tenant. */
export const lastUseOf = (customerId: string, homeId: string, userId: string): Read<Date | null> => ({
  sql: sql`(select last_used_at from partner_uses
    where tenant_id = ${customerId} and other_tenant_id = ${homeId} and user_id = ${userId}::uuid)`,
  read: json => dateOf(json as string | null),
})

/** Whether a use of now is noted already, by one of a moment ago. */
export const isUseNoted = (last: Date | null, now: Date): boolean =>
  last !== null && plus(last, NOTED_EVERY) > now && last <= now

/** A person of a partner, as the customer's log names them. */
interface PartnersPerson {
  id: string
  name: string
  displayName: string
  home: { tenantId: string; name: string }
}

/** Notes that somebody acts in a customer's tenant, by what, and tells its administrators of the first time. */
export async function noteUse(
  db: Db,
  act: Act,
  {
    customerId,
    person,
    authority,
    last,
  }: { customerId: string; person: PartnersPerson; authority: Authority; last: Date | null },
): Promise<void> {
  if (isUseNoted(last, act.now)) return
  const { home } = person
  await inTenant(db, customerId, async trx => {
    const { rows } = await sql<{ first: boolean }>`
      insert into partner_uses (tenant_id, other_tenant_id, user_id, user_name, display_name, first_used_at, last_used_at)
      values (${customerId}, ${home.tenantId}, ${person.id}, ${person.name}, ${person.displayName}, ${act.now}, ${act.now})
      on conflict (tenant_id, other_tenant_id, user_id) do update set last_used_at = excluded.last_used_at,
        user_name = excluded.user_name, display_name = excluded.display_name
      returning xmax = 0 as first`.execute(trx)
    if (authority.via === 'dap')
      await trx
        .updateTable('daps')
        .set({ last_used_at: act.now })
        .where('tenant_id', '=', customerId)
        .where('other_tenant_id', '=', home.tenantId)
        .execute()
    else
      await trx
        .updateTable('gdap_grants')
        .set({ last_used_at: act.now })
        .where('tenant_id', '=', customerId)
        .where('id', 'in', authority.relationshipIds)
        .execute()
    if (!rows[0]?.first) return
    const who = `${person.displayName} (${person.name})`
    await record(trx, act, {
      activity: 'access.used',
      result: 'success',
      target: { id: home.tenantId, name: home.name },
      details: { roles: authority.roles.join(', ') },
    })
    await tellCustomer(trx, act, { news: 'used', relationship: home.name, other: home.name, who })
  })
}
