import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { record } from '../audit/index.ts'
import type { Means } from '../crypto/index.ts'
import { noteFailing } from '../methods/index.ts'
import type { Channel, Receipt, Reference, Referred } from '../notifications/index.ts'
import { askSystem, type Db, inTenant, type Trx } from '../store/index.ts'

const TABLES = { code: 'challenges', mailbox: 'mailbox_challenges', notice: 'notices' } as const satisfies Record<
  Referred,
  string
>

const NOBODYS = 'null::uuid as user_id, null::uuid as method_id, null::uuid as session_id'
/** What the log tells of a message, and where it belongs. */
const TOLD = {
  code: sql.raw('user_id, method_id, session_id, journey_id as correlation_id'),
  mailbox: sql.raw(`${NOBODYS}, journey_id as correlation_id`),
  notice: sql.raw(`${NOBODYS}, correlation_id`),
} as const satisfies Record<Referred, unknown>

/** A message as its receipt needs it. `isNews`: the report was taken. */
interface Sent {
  isNews: boolean
  correlationId: string
  channel: Channel
  methodId: string | null
  userId: string | null
  userName: string | null
}

/**
 * Notes what became of a message: in the log beside its journey, for the page that waits for the code, and with the
 * method that it went to. A second report changes nothing, and one that a message has arrived stays whatever follows:
 * reports come twice and out of order. Returns whether it is a message of ours in a channel that the one who reports serves.
 */
export async function noteReceipt(
  db: Db,
  means: Means,
  { of, id }: Reference,
  { channels, messageId: _, ...receipt }: Receipt & { channels: readonly Channel[] },
): Promise<boolean> {
  const [found] = await askSystem<{ tenant_id: string }>(db, `select tenant_id from ${TABLES[of]} where id = $1`, [id])
  if (!found) return false
  return inTenant(db, found.tenant_id, async trx => {
    const sent = await claim(trx, { of, id }, { ...receipt, channels })
    if (!sent || !channels.includes(sent.channel)) return false
    if (!sent.isNews) return true
    const act: Act = { ...means, actor: { kind: 'system' }, trail: { correlationId: sent.correlationId } }
    const { channel, methodId, userId, userName } = sent
    const { gateway } = receipt
    const isUndelivered = receipt.result === 'undelivered'
    if (methodId && !isUndelivered) await noteFailing(trx, methodId, undefined)
    if (methodId && isUndelivered && receipt.isFinal)
      await noteFailing(trx, methodId, { at: means.now, reason: receipt.reason })
    await record(trx, act, {
      activity: `message.${receipt.result}`,
      result: isUndelivered ? 'failure' : 'success',
      ...(isUndelivered && { reason: receipt.reason }),
      ...(userId && userName && { target: { id: userId, name: userName } }),
      details: { kind: of === 'notice' ? 'notice' : 'code', channel, ...(gateway !== undefined && { gateway }) },
    })
    return true
  })
}

/**
 * Whether a gateway's own id of a message, behind its name, is that of this one; always where its proof needs none.
 * Undefined while its answer, which tells that id, is not noted.
 */
export async function isBound(
  db: Db,
  { of, id }: Reference,
  gatewayMessage: string | undefined,
): Promise<boolean | undefined> {
  if (gatewayMessage === undefined) return true
  if (of !== 'code') return false
  const [found] = await askSystem<{ gateway_message: string | null }>(
    db,
    'select gateway_message from challenges where id = $1',
    [id],
  )
  // Of a code that is gone there is nothing to note: the gateway need not tell it again.
  if (!found) return true
  return found.gateway_message === null ? undefined : found.gateway_message === gatewayMessage
}

/** Takes a report where it is the first, or the first that the message has arrived. Undefined where there is no message. */
async function claim(
  trx: Trx,
  { of, id }: Reference,
  { result, channels }: Receipt & { channels: readonly Channel[] },
): Promise<Sent | undefined> {
  const { tenantId } = trx
  const channel = of === 'code' ? sql`coalesce(channel, 'email')` : sql.lit('email')
  // The page offers another way at once. A code that was used has arrived, whatever is said of it.
  const delivery = of === 'notice' ? sql`` : sql`, delivery = ${result === 'delivered' ? 'sent' : 'failed'}`
  const unused = of === 'notice' ? sql`` : sql`and (consumed_at is null or ${result} = 'delivered')`
  const news = sql`receipt is distinct from 'delivered' and receipt is distinct from ${result} ${unused}`
  // Gateways' logs hold references: who reads one there must not report on it as a mail server, which signs nothing.
  const { rows } = await sql<Sent>`with message as (
      select ${channel} as channel, ${TOLD[of]} from ${sql.table(TABLES[of])} where tenant_id = ${tenantId} and id = ${id}
    ), claimed as (
      update ${sql.table(TABLES[of])} set receipt = ${result} ${delivery}
      where tenant_id = ${tenantId} and id = ${id} and ${channel} = any(${channels}) and ${news} returning id
    )
    select exists (select from claimed) as "isNews", m.channel, coalesce(s.correlation_id, m.correlation_id, m.session_id) as "correlationId",
      m.method_id as "methodId", u.id as "userId", u.user_principal_name as "userName"
    from message m
    left join users u on u.tenant_id = ${tenantId} and u.id = m.user_id
    left join sessions s on s.tenant_id = ${tenantId} and s.id = m.session_id`.execute(trx)
  return rows[0]
}
