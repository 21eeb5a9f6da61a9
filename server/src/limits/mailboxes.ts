import { DAY, HOUR, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { hasEnded, latestEnd, sql, type Trx } from '../store/index.ts'

/** Mails of every kind to an address that somebody typed, whoever has it (work accounts on the wire, §3). */
const PER_HOUR = 3
const PER_DAY = 6

/**
 * Counts a mail to a mailbox that strangers name, without its tag. After a refusal the caller must let its transaction
 * fail, so that nothing stays counted. `retryAfter`: seconds.
 */
export async function spendMailbox(
  trx: Trx,
  { now, keys }: Means,
  mailbox: string,
): Promise<{ allowed: true } | { allowed: false; retryAfter: number }> {
  const { tenantId } = trx
  const subject = keys.mac('send', tenantId, 'mailbox', mailbox)
  const latest = sql`case s.scope when 'mailbox' then ${latestEnd(now, HOUR)}::timestamptz
    else ${latestEnd(now, DAY)}::timestamptz end`
  const ended = hasEnded(sql`s.window_ends_at`, now, latest)
  const { rows } = await sql<{ scope: 'mailbox' | 'mailboxDay'; sent: number; ends: Date }>`
    insert into sends as s (tenant_id, scope, subject, sent, window_ends_at)
    values (${tenantId}, 'mailbox', ${subject}, 1, ${plus(now, HOUR)}), (${tenantId}, 'mailboxDay', ${subject}, 1, ${plus(now, DAY)})
    on conflict (tenant_id, scope, subject) do update set
      sent = case when ${ended} then 0 else s.sent end + 1,
      window_ends_at = case when ${ended} then excluded.window_ends_at else s.window_ends_at end
    returning scope, sent, window_ends_at as ends`.execute(trx)
  const over = rows.filter(({ scope, sent }) => sent > (scope === 'mailbox' ? PER_HOUR : PER_DAY))
  if (over.length === 0) return { allowed: true }
  const ends = Math.max(...over.map(row => row.ends.getTime()))
  return { allowed: false, retryAfter: Math.max(Math.ceil((ends - now.getTime()) / SECOND), 1) }
}
