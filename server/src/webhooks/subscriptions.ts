import { sql } from 'kysely'
import { type Actor, demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type AuditEvent, type Collection, type RecordedAct, record } from '../audit/index.ts'
import { DAY, MINUTE, plus } from '../clock.ts'
import { isUuid, type Keyring, type Means, type SealPurpose } from '../crypto/index.ts'
import { findUserByName, readName } from '../directory/index.ts'
import { listsEtag } from '../odata/index.ts'
import { type Db, enqueue, inTenant, type Row, type SealedColumn, type Trx } from '../store/index.ts'
import { type Handshake, readEndpoint } from './endpoints.ts'
import { refuse, refuseProgram } from './errors.ts'
import { readFeeds, readResource } from './resources.ts'

/** Who may have subscriptions. A partner's rights end with a relationship, which nothing here would notice. */
export type Subscriber = Extract<Actor, { kind: 'user' | 'application' }>

/** The act of a subscriber. */
export type SubscriberAct = Act & { actor: Subscriber }

/** The act of somebody who keeps subscriptions: a subscriber theirs, an operator all. */
export type KeeperAct = Act & { actor: Subscriber | Extract<Actor, { kind: 'operator' }> }

export interface NewSubscription {
  /** The application that asks, for itself or for a person. */
  appId: string
  /** Of a person: the epoch of the sessions with which the subscription ends. */
  securityEpoch?: number | undefined
  resource: string
  changeType: string
  notificationUrl: string
  lifecycleNotificationUrl?: string | undefined
  clientState?: string | undefined
  expiresAt: Date
}

const LASTS_AT_MOST = 41_760 * MINUTE
const OF_TENANT_AT_MOST = 200
const OF_CREATOR_AT_MOST = 20
const LONGEST_STATE = 128

/** How long the former secret signs beside a new one. */
const FORMER_SIGNS = DAY

const PURPOSES = {
  notification_url: 'webhook-endpoint',
  lifecycle_url: 'webhook-lifecycle',
  client_state: 'webhook-state',
  secret: 'webhook-secret',
} as const

type Part = keyof typeof PURPOSES

// The former secret is a copy of the column beside it, so that it has its purpose.
export const webhookSeals: readonly SealedColumn[] = (
  [...Object.entries(PURPOSES), ['former_secret', 'webhook-secret']] as [string, SealPurpose][]
).map(([name, purpose]) => ({ table: 'subscriptions', column: `${name}_sealed`, purpose, key: ['id'] }))

/** Opens what is sealed of a subscription. */
export const opener =
  (keys: Keyring, { tenant_id: tenantId, id: rowId }: Pick<Row<'subscriptions'>, 'tenant_id' | 'id'>) =>
  (part: Part, value: Buffer) =>
    keys.open({ purpose: PURPOSES[part], tenantId, rowId }, value)

const sealer = (keys: Keyring, tenantId: string, rowId: string) => (part: Part, value: string) =>
  keys.seal({ purpose: PURPOSES[part], tenantId, rowId }, value)

/** A secret as Standard Webhooks writes it. */
const newSecret = ({ random }: Pick<Means, 'random'>) =>
  `whsec_${Buffer.from(random.token(), 'base64url').toString('base64')}`

/**
 * Subscribes, once the endpoints have answered. Returns the secret that signs, this one time. Throws `forbidden`,
 * `property_invalid`, `not_found`, `endpoint_refused`, `endpoint_not_validated`, `subscriptions_at_most`.
 */
export async function createSubscription(
  db: Db,
  act: SubscriberAct,
  handshake: Handshake,
  asked: NewSubscription,
): Promise<{ id: string; signingSecret: string }> {
  const { actor, now, random } = act
  const { tenantId } = actor
  const { kind, object } = readResource(asked.resource)
  const feeds = readFeeds(kind, asked.changeType)
  demand(act, kind.action, { kind: 'tenant', tenantId })
  checkEnd(now, asked.expiresAt)
  if ((asked.clientState?.length ?? 0) > LONGEST_STATE)
    throw refuseProgram('property_invalid', { field: 'clientState' })
  const endpoint = readEndpoint('notificationUrl', asked.notificationUrl)
  const lifecycle =
    asked.lifecycleNotificationUrl === undefined
      ? undefined
      : readEndpoint('lifecycleNotificationUrl', asked.lifecycleNotificationUrl)
  const objectId = await inTenant(db, tenantId, async trx => {
    await checkQuota(trx, actor)
    return object === undefined ? null : findObject(trx, kind.collection, object)
  })
  await handshake(act, tenantId, endpoint)
  if (lifecycle && lifecycle.address !== endpoint.address) await handshake(act, tenantId, lifecycle)
  const id = random.uuid(now)
  const signingSecret = newSecret(act)
  const seal = sealer(act.keys, tenantId, id)
  return inTenant(db, tenantId, async trx => {
    // Of two at once the second counts the first.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`subscriptions ${tenantId}`}, 0))`.execute(trx)
    await checkQuota(trx, actor)
    const row = await trx
      .insertInto('subscriptions')
      .values({
        tenant_id: tenantId,
        id,
        creator_kind: actor.kind,
        creator_id: actor.id,
        app_id: asked.appId,
        scopes: [...actor.scopes],
        security_epoch: actor.kind === 'user' ? (asked.securityEpoch ?? null) : null,
        resource: asked.resource,
        change_type: asked.changeType,
        feeds,
        object_id: objectId,
        notification_url_sealed: seal('notification_url', endpoint.address),
        lifecycle_url_sealed: lifecycle ? seal('lifecycle_url', lifecycle.address) : null,
        client_state_sealed: asked.clientState === undefined ? null : seal('client_state', asked.clientState),
        secret_sealed: seal('secret', signingSecret),
        created_at: now,
        expires_at: asked.expiresAt,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await noteOf(trx, act, row, {
      activity: 'subscription.created',
      details: { changeType: asked.changeType, host: hostOf(endpoint.address) },
    })
    return { id, signingSecret }
  })
}

/** The host alone: the rest of an address may hold a secret of the other side. */
const hostOf = (address: string) => new URL(address).host

function checkEnd(now: Date, end: Date) {
  // A moment that cannot be read is neither.
  if (!(end > now && end <= plus(now, LASTS_AT_MOST)))
    throw refuseProgram('property_invalid', { field: 'expirationDateTime' })
}

/** For SQL: whether nothing has ended the sessions of a person who made it since. */
const lastsIn = (tenantId: string) => sql<boolean>`(subscriptions.creator_kind <> 'user'
  or exists (select from users creator where creator.tenant_id = ${tenantId} and creator.id = subscriptions.creator_id
    and creator.security_epoch = subscriptions.security_epoch))`

async function checkQuota(trx: Trx, { kind, id }: Subscriber) {
  const { rows } = await sql<{ all: number; own: number }>`
    select count(*)::int as all, count(*) filter (where creator_kind = ${kind} and creator_id = ${id})::int as own
    from subscriptions where tenant_id = ${trx.tenantId} and removed_at is null and ${lastsIn(trx.tenantId)}`.execute(
    trx,
  )
  if (rows[0]!.all >= OF_TENANT_AT_MOST || rows[0]!.own >= OF_CREATOR_AT_MOST)
    throw refuseProgram('subscriptions_at_most')
}

/** The id of the one object that a subscription is about. Throws `not_found`. */
async function findObject(trx: Trx, collection: Collection, named: string): Promise<string> {
  const { tenantId } = trx
  const id = named.toLowerCase()
  if (collection === 'users' && /^[!-~]+@[!-~]+$/.test(named)) {
    const user = await findUserByName(trx, tenantId, readName(named).folded)
    if (user) return user.id
  }
  const found =
    isUuid(id) &&
    (await trx
      .selectFrom(collection === 'users' ? 'users' : 'groups')
      .select('id')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .executeTakeFirst())
  if (!found) throw refuse('not_found')
  return id
}

/** Sets another end. Throws `not_found`, `forbidden`, `property_invalid`, `resource_modified`. */
export async function prolongSubscription(
  trx: Trx,
  act: SubscriberAct,
  id: string,
  { expiresAt, ifMatch }: { expiresAt: Date; ifMatch?: string | undefined },
): Promise<void> {
  const former = await getRow(trx, act, id, true)
  if (ifMatch !== undefined && !listsEtag(ifMatch, String(former.version))) throw refuseProgram('resource_modified')
  checkEnd(act.now, expiresAt)
  const row = await change(trx, id, { expires_at: expiresAt })
  const details = { former: former.expires_at.toISOString(), expires: expiresAt.toISOString() }
  await noteOf(trx, act, row, { activity: 'subscription.prolonged', details })
}

/** Judges with the caller's rights of now, and lets calls begin again that rest after failures. */
export async function reauthorizeSubscription(trx: Trx, act: SubscriberAct, id: string): Promise<void> {
  const { actor } = act
  const { creator_kind, creator_id } = await getRow(trx, act, id, true)
  const isOwn = creator_kind === actor.kind && creator_id === actor.id
  const row = await change(trx, id, {
    failures: 0,
    rests_until: null,
    // An administrator's rights are not lent to somebody else's subscription.
    ...(isOwn && { scopes: [...actor.scopes] }),
  })
  await noteOf(trx, act, row, { activity: 'subscription.reauthorized' })
  await enqueue(trx, 'notify-subscriber', { tenantId: trx.tenantId, subscriptionId: id })
}

/** Makes a new secret and returns it, this one time. The former one signs beside it for a day. */
export async function rollSecret(trx: Trx, act: KeeperAct, id: string): Promise<string> {
  const { secret_sealed: former } = await getRow(trx, act, id, true)
  const secret = newSecret(act)
  const row = await change(trx, id, {
    secret_sealed: sealer(act.keys, trx.tenantId, id)('secret', secret),
    former_secret_sealed: former,
    former_secret_ends_at: plus(act.now, FORMER_SIGNS),
  })
  await noteOf(trx, act, row, { activity: 'subscription.secret_rolled' })
  return secret
}

/** Ends it. What waits to be told is not told any more. */
export async function deleteSubscription(trx: Trx, act: KeeperAct, id: string): Promise<void> {
  const row = await getRow(trx, act, id, true)
  await trx.deleteFrom('subscriptions').where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
  await trx.deleteFrom('deliveries').where('tenant_id', '=', trx.tenantId).where('subscription_id', '=', id).execute()
  await noteOf(trx, act, row, { activity: 'subscription.deleted' })
}

/** For SQL: the subscriptions in force that the actor may know of: their own, and a Global Administrator or operator all. */
export const seenBy = (tenantId: string, { actor, now }: KeeperAct) => {
  const isAll = actor.kind === 'operator' || (actor.roles as readonly string[]).includes('Global Administrator')
  const own =
    actor.kind === 'operator'
      ? sql`false`
      : sql`subscriptions.creator_kind = ${actor.kind} and subscriptions.creator_id = ${actor.id}`
  return sql<boolean>`(subscriptions.expires_at > ${now} and subscriptions.removed_at is null and ${lastsIn(tenantId)} and (${isAll}::boolean or ${own}))`
}

/** A subscription of the actor's, locked where it is about to change. Somebody else's reads like one that never was. */
export async function getRow(trx: Trx, act: KeeperAct, id: string, lock = false): Promise<Row<'subscriptions'>> {
  const row = isUuid(id)
    ? await trx
        .selectFrom('subscriptions')
        .selectAll()
        .where('tenant_id', '=', trx.tenantId)
        .where('id', '=', id)
        .where(seenBy(trx.tenantId, act))
        .$if(lock, query => query.forUpdate())
        .executeTakeFirst()
    : undefined
  if (!row) throw refuse('not_found')
  demand(act, ...readingOf(row))
  return row
}

/** The right to read what a subscription is about, for `authorize`. */
export const readingOf = ({ tenant_id, resource }: Pick<Row<'subscriptions'>, 'tenant_id' | 'resource'>) =>
  [readResource(resource).kind.action, { kind: 'tenant', tenantId: tenant_id }] as const

const change = (trx: Trx, id: string, columns: Partial<Omit<Row<'subscriptions'>, 'tenant_id' | 'id' | 'version'>>) =>
  trx
    .updateTable('subscriptions')
    .set(row => ({ ...columns, version: row('version', '+', 1) }))
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()

/** Writes down an act on a subscription. */
export const noteOf = (
  trx: Trx,
  act: RecordedAct,
  { id, resource }: Pick<Row<'subscriptions'>, 'id' | 'resource'>,
  event: Pick<AuditEvent, 'activity' | 'details'>,
) => record(trx, act, { result: 'success', target: { id, name: resource }, ...event })
