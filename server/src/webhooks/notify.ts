import { sql } from 'kysely'
import { authorize } from '../access/index.ts'
import type { Act } from '../act.ts'
import { findCreator } from '../applications/index.ts'
import { between, MINUTE, plus, SECOND } from '../clock.ts'
import { type Db, enqueue, inTenant, type Row, type Trx } from '../store/index.ts'
import { TargetError, type Targets } from '../targets/index.ts'
import { TOLD_FOR } from './deliveries.ts'
import { type Told, writeMessage } from './message.ts'
import { noteOf, opener, readingOf } from './subscriptions.ts'

declare global {
  namespace GraphileWorker {
    interface Tasks {
      'notify-subscriber': SubscriptionRef
      'tell-lifecycle': SubscriptionRef
    }
  }
}

export interface SubscriptionRef {
  tenantId: string
  subscriptionId: string
}

/** The way out, and Latchkey's own origin. */
interface Outside {
  targets: Targets
  origin: string
}

/** Events of one message. */
const TOGETHER = 100

/** After how many milliseconds the next try begins: ten seconds, three times as long each time, half an hour at most. */
const waitAfter = (failures: number) => Math.min(10 * SECOND * 3 ** Math.min(failures - 1, 10), 30 * MINUTE)

/** A process that ends in the middle of a call leaves the subscription to others after so long. */
const CALL_LASTS = 30 * SECOND

/** For SQL: whether a row is about the subscription itself, and no object. */
const isLifecycle = sql<boolean>`(object_id is null)`

/** Whether calls may be made now. Where they rest, another job waits for their end. */
export async function mayCall(db: Db, { now }: Act, { tenantId, subscriptionId }: SubscriptionRef): Promise<boolean> {
  const resting = await inTenant(db, tenantId, trx =>
    trx
      .selectFrom('subscriptions')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', subscriptionId)
      .where('rests_until', '>', now)
      .executeTakeFirst(),
  )
  return resting === undefined
}

/** Leaves the call to a later job, where others go first. */
export async function rest(
  db: Db,
  act: Act,
  { tenantId, subscriptionId }: SubscriptionRef,
  until: Date,
): Promise<void> {
  await inTenant(db, tenantId, async trx => {
    await setRow(trx, subscriptionId, { rests_until: until })
    await wakeLater(trx, act, subscriptionId, until)
  })
}

/**
 * Tells a subscriber of what waits, in one call. Where the other side does not take it, calls rest for a time that
 * grows; what it has not taken after four hours is given up. One call of a subscription is made at a time.
 */
export async function notify(db: Db, act: Act, outside: Outside, ref: SubscriptionRef): Promise<void> {
  const { tenantId, subscriptionId } = ref
  const claimed = await inTenant(db, tenantId, trx => claim(trx, act, outside.origin, subscriptionId))
  if (!claimed) return
  const { subscription, told } = claimed
  const address = opener(act.keys, subscription)('notification_url', subscription.notification_url_sealed)
  const problem = await call(outside.targets, address, () => writeMessage(act, subscription, told))
  await inTenant(db, tenantId, trx =>
    problem === undefined ? settle(trx, subscriptionId, told) : putOff(trx, act, { subscriptionId, told, problem }),
  )
}

/** Calls, and returns why it was in vain. */
async function call(targets: Targets, address: string, write: () => ReturnType<typeof writeMessage>) {
  try {
    await targets.post(address, write())
    return undefined
  } catch (error) {
    if (error instanceof TargetError) return error.code
    throw error
  }
}

/** Takes the next message of a subscription; undefined where nothing waits, or somebody else calls. */
async function claim(trx: Trx, act: Act, origin: string, subscriptionId: string) {
  const { tenantId } = trx
  const subscription = await trx
    .selectFrom('subscriptions')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', subscriptionId)
    .forUpdate()
    .executeTakeFirst()
  if (!subscription || subscription.expires_at <= act.now || subscription.removed_at) {
    await dropWaiting(trx, subscriptionId)
    return undefined
  }
  const { rests_until: rests, calling_until: calling } = subscription
  if ((rests && rests > act.now) || (calling && calling > act.now)) return undefined
  const creator = await findCreator(
    trx,
    {
      kind: subscription.creator_kind,
      id: subscription.creator_id,
      appId: subscription.app_id,
      scopes: subscription.scopes,
      proof: { acr: 'pwd', authTime: subscription.created_at },
      // None is no epoch of anybody's.
      securityEpoch: subscription.creator_kind === 'user' ? (subscription.security_epoch ?? -1) : undefined,
    },
    origin,
  )
  if (!creator || !authorize({ actor: creator, now: act.now }, ...readingOf(subscription)).allowed) {
    await remove(trx, act, subscription)
    return undefined
  }
  const told = await claimEvents(trx, act, subscriptionId)
  if (told) await setRow(trx, subscriptionId, { calling_until: plus(act.now, CALL_LASTS) })
  return told && { subscription, told }
}

/** The oldest message that was not taken, or one of what waits longest. It keeps its id, by which a repeat is known. */
async function claimEvents(trx: Trx, act: Act, subscriptionId: string): Promise<Told | undefined> {
  const { tenantId } = trx
  const waiting = sql`tenant_id = ${tenantId} and subscription_id = ${subscriptionId} and status = 'waiting' and not ${isLifecycle}`
  const { rows } = await sql<Told['events'][number] & { message_id: string }>`
    with first as (select message_id from deliveries where ${waiting} order by id limit 1)
    update deliveries set message_id = coalesce(message_id, ${act.random.uuid(act.now)}::uuid),
      attempts = attempts + 1, attempted_at = ${act.now}
    where ${waiting} and id in (select id from deliveries
      where ${waiting} and message_id is not distinct from (select message_id from first) order by id limit ${TOGETHER})
    returning id, change, object_id, message_id`.execute(trx)
  if (!rows[0]) return undefined
  return { messageId: rows[0].message_id, events: rows.toSorted((one, other) => (one.id < other.id ? -1 : 1)) }
}

/** Notes that a message was taken, and goes on with what waits. */
async function settle(trx: Trx, subscriptionId: string, { messageId }: Told): Promise<void> {
  const { tenantId } = trx
  // Before looking for more: the job of an event that comes meanwhile waits for this row, or is seen below.
  await setRow(trx, subscriptionId, { failures: 0, rests_until: null, calling_until: null })
  await trx
    .updateTable('deliveries')
    .set({ status: 'delivered', problem: null })
    .where('tenant_id', '=', tenantId)
    .where('subscription_id', '=', subscriptionId)
    .where('message_id', '=', messageId)
    .where('status', '=', 'waiting')
    .execute()
  const more = await trx
    .selectFrom('deliveries')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('subscription_id', '=', subscriptionId)
    .where('status', '=', 'waiting')
    .where(isLifecycle, '=', false)
    .limit(1)
    .executeTakeFirst()
  if (more) await enqueue(trx, 'notify-subscriber', { tenantId, subscriptionId })
}

/** Notes that a message was not taken: the next try comes later, and what would be too old by then is given up. */
async function putOff(
  trx: Trx,
  act: Act,
  { subscriptionId, told, problem }: { subscriptionId: string; told: Told; problem: string },
): Promise<void> {
  const { tenantId } = trx
  const row = await trx
    .updateTable('subscriptions')
    .set(row => ({ failures: row('failures', '+', 1), calling_until: null }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', subscriptionId)
    .returningAll()
    .executeTakeFirst()
  if (!row) return
  const until = plus(act.now, waitAfter(row.failures))
  await setRow(trx, subscriptionId, { rests_until: until })
  await trx
    .updateTable('deliveries')
    .set({ problem })
    .where('tenant_id', '=', tenantId)
    .where('subscription_id', '=', subscriptionId)
    .where('message_id', '=', told.messageId)
    .execute()
  const { rows: dead } = await sql`
    update deliveries set status = 'dead', problem = ${problem}
    where tenant_id = ${tenantId} and subscription_id = ${subscriptionId} and status = 'waiting' and not ${isLifecycle}
      and gives_up_at < ${until} returning 1`.execute(trx)
  if (dead.length > 0) await noteLifecycle(trx, act, row, 'missed')
  await wakeLater(trx, act, subscriptionId, until)
}

/** Ends a subscription whose creator may not read its resource any more, or whose sessions have ended, and says so. */
async function remove(trx: Trx, act: Act, subscription: Row<'subscriptions'>): Promise<void> {
  await setRow(trx, subscription.id, { removed_at: act.now })
  await dropWaiting(trx, subscription.id)
  await noteOf(trx, act, subscription, { activity: 'subscription.removed' })
  await noteLifecycle(trx, act, subscription, 'subscriptionRemoved')
}

/** Has the subscriber told of the subscription itself, where they named an address for it. One that waits is enough. */
async function noteLifecycle(
  trx: Trx,
  { now, random }: Act,
  { id: subscriptionId, lifecycle_url_sealed }: Row<'subscriptions'>,
  change: 'missed' | 'subscriptionRemoved',
): Promise<void> {
  if (!lifecycle_url_sealed) return
  const { tenantId } = trx
  await sql`
    insert into deliveries (tenant_id, subscription_id, id, at, change, gives_up_at)
    select ${tenantId}, ${subscriptionId}, ${random.uuid(now)}, ${now}, ${change}, ${plus(now, TOLD_FOR)}
    where not exists (select from deliveries where tenant_id = ${tenantId} and subscription_id = ${subscriptionId}
      and change = ${change} and status = 'waiting')`.execute(trx)
  await enqueue(trx, 'tell-lifecycle', { tenantId, subscriptionId })
}

/** Tells a subscriber of the subscription itself: one event, tried for four hours with waits that grow. */
export async function tellLifecycle(db: Db, act: Act, { targets }: Outside, ref: SubscriptionRef): Promise<void> {
  const { tenantId, subscriptionId } = ref
  const claimed = await inTenant(db, tenantId, trx => claimLifecycle(trx, act, subscriptionId))
  if (!claimed) return
  const { subscription, event } = claimed
  const address = opener(act.keys, subscription)('lifecycle_url', subscription.lifecycle_url_sealed!)
  const told = { messageId: event.id, events: [event] }
  const problem = await call(targets, address, () => writeMessage(act, subscription, told))
  const next = plus(act.now, waitAfter(event.attempts))
  const status = problem === undefined ? 'delivered' : event.gives_up_at < next ? 'dead' : 'waiting'
  await inTenant(db, tenantId, async trx => {
    await trx
      .updateTable('deliveries')
      .set({ status, problem: problem ?? null })
      .where('tenant_id', '=', tenantId)
      .where('subscription_id', '=', subscriptionId)
      .where('id', '=', event.id)
      .execute()
    // At once for the next one that waits, where there is one.
    await wakeLifecycle(trx, act, ref, status === 'waiting' ? next : act.now)
  })
}

/** The oldest event of a subscription's own life that waits. */
async function claimLifecycle(trx: Trx, { now }: Act, subscriptionId: string) {
  const { tenantId } = trx
  const subscription = await trx
    .selectFrom('subscriptions')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', subscriptionId)
    .executeTakeFirst()
  const { rows } = await sql<Row<'deliveries'>>`
    update deliveries set attempts = attempts + 1, attempted_at = ${now}, message_id = id
    where tenant_id = ${tenantId} and subscription_id = ${subscriptionId} and status = 'waiting' and ${isLifecycle}
      and id = (select min(id::text)::uuid from deliveries where tenant_id = ${tenantId} and subscription_id = ${subscriptionId}
        and status = 'waiting' and ${isLifecycle})
    returning *`.execute(trx)
  return subscription?.lifecycle_url_sealed && rows[0] ? { subscription, event: rows[0] } : undefined
}

/** What was waiting when its subscription ended is told to nobody. */
const dropWaiting = (trx: Trx, subscriptionId: string) =>
  sql`delete from deliveries where tenant_id = ${trx.tenantId} and subscription_id = ${subscriptionId}
    and status = 'waiting' and not ${isLifecycle}`.execute(trx)

const setRow = (trx: Trx, id: string, columns: Partial<Row<'subscriptions'>>) =>
  trx.updateTable('subscriptions').set(columns).where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()

/** Tells of the subscription itself at this moment. */
export const wakeLifecycle = (trx: Trx, act: Pick<Act, 'now'>, ref: SubscriptionRef, at: Date) =>
  enqueue(trx, 'tell-lifecycle', ref, { jobKey: `${ref.subscriptionId} lifecycle`, after: between(act.now, at) })

const wakeLater = (trx: Trx, act: Act, subscriptionId: string, at: Date) =>
  enqueue(
    trx,
    'notify-subscriber',
    { tenantId: trx.tenantId, subscriptionId },
    { jobKey: subscriptionId, after: between(act.now, at) },
  )
