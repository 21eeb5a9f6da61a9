import { HOUR, plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { enqueue, type Trx } from '../store/index.ts'
import { refuse } from './errors.ts'
import { getRow, type KeeperAct, noteOf } from './subscriptions.ts'

/** How long one is told of an event, from the event or from the moment that somebody asked to be told again. */
export const TOLD_FOR = 4 * HOUR

/** Has an event told again, as a message of its own, and begins at once where calls rest. Throws `not_found`. */
export async function redeliver(trx: Trx, act: KeeperAct, subscriptionId: string, id: string): Promise<void> {
  const { tenantId } = trx
  const subscription = await getRow(trx, act, subscriptionId, true)
  const again = isUuid(id)
    ? await trx
        .updateTable('deliveries')
        .set({ status: 'waiting', message_id: null, problem: null, gives_up_at: plus(act.now, TOLD_FOR) })
        .where('tenant_id', '=', tenantId)
        .where('subscription_id', '=', subscriptionId)
        .where('id', '=', id)
        .returning('change')
        .executeTakeFirst()
    : undefined
  if (!again) throw refuse('not_found')
  await trx
    .updateTable('subscriptions')
    .set({ rests_until: null })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', subscriptionId)
    .execute()
  await noteOf(trx, act, subscription, { activity: 'subscription.redelivered', details: { delivery: id } })
  const task = again.change === 'missed' ? 'tell-lifecycle' : 'notify-subscriber'
  await enqueue(trx, task, { tenantId, subscriptionId })
}
