import { type RawBuilder, sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import { HOUR, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { type Channel, messageFailed, SEND_DEADLINE } from '../notifications/index.ts'
import { BATCH, hasEnded, inBatches, inSystem, inTenant, type Store } from '../store/index.ts'

/** A table of codes that may expire before their turn to leave. */
export interface ExpiredInQueue {
  table: 'challenges' | 'mailbox_challenges'
  /** How long its codes last, in milliseconds. */
  lasts: number
  /** For SQL, of a row `c`: the journey or session, the channel of its code, and the person as JSON. */
  correlation(tenantId: string): RawBuilder<unknown>
  channel(): RawBuilder<unknown>
  target(tenantId: string): RawBuilder<unknown>
  /** What leaves with the code. */
  sealed: readonly string[]
}

interface Expired {
  correlationId: string
  channel: Channel
  target: { id: string; name: string } | null
}

/**
 * Fails the codes that expired while their job waited behind newer ones: the page says that none was sent, and the log
 * why. A code whose sending was tried is left to its job, which knows the reason. So is one that a job may be sending: a
 * send that began before the expiry ends within its deadline.
 */
export async function failUnsent(db: Store, means: Means, tables: readonly ExpiredInQueue[]): Promise<void> {
  const { now } = means
  for (const { table, lasts, correlation, channel, target, sealed } of tables) {
    const over = hasEnded(sql`expires_at`, plus(now, -SEND_DEADLINE), lasts + SEND_DEADLINE)
    const tenants = await inSystem(db, trx =>
      sql<{ id: string }>`select distinct tenant_id as id from ${sql.table(table)}
        where ${over} and expires_at > ${plus(now, -HOUR)}`.execute(trx),
    )
    for (const { id: tenantId } of tenants.rows)
      await inBatches(() =>
        inTenant(db, tenantId, async trx => {
          // A late job finds the code gone from its row, and tells of nothing more.
          const { rows } = await sql<Expired>`
            update ${sql.table(table)} c set delivery = 'failed', ${sql.join(sealed.map(column => sql`${sql.ref(column)} = null`))}
            where tenant_id = ${tenantId} and id = any(array(
              select id from ${sql.table(table)} where tenant_id = ${tenantId} and ${over} and delivery = 'pending'
                and code_sealed is not null order by expires_at limit ${BATCH} for no key update skip locked))
            returning ${correlation(tenantId)} as "correlationId", ${channel()} as channel, ${target(tenantId)} as target`.execute(
            trx,
          )
          for (const { correlationId, channel: by, target: whom } of rows) {
            const event = messageFailed('code', { channel: by, gateway: undefined, country: undefined }, 'expired')
            const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId } }
            await record(trx, act, { ...event, ...(whom && { target: whom }) })
          }
          return rows
        }),
      )
  }
}
