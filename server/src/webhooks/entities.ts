import { sql } from 'kysely'
import { type TSchema, Type } from 'typebox'
import { authorize } from '../access/index.ts'
import { isUuid } from '../crypto/index.ts'
import type { Asking, Entity } from '../odata/index.ts'
import { refuse } from './errors.ts'
import { collectionsOf } from './resources.ts'
import { opener, type SubscriberAct, seenBy } from './subscriptions.ts'

type Property = Entity['properties'][string]

/** Every one is answered where no `$select` asks. */
const all = (properties: Entity['properties']): Entity['properties'] =>
  Object.fromEntries(
    Object.entries(properties).map(([name, one]) => [name, { ...one, unasked: true }]),
  ) as Entity['properties']

const column = (name: string) => sql.ref(`subscriptions.${name}`)

/** A sealed address, which travels with the id of its row. */
const addressOf = (part: 'notification_url' | 'lifecycle_url', more: { nullable?: true } = {}): Property => ({
  kind: 'value',
  schema: Type.String({ format: 'uri' }) as TSchema,
  sql: sql`case when ${column(`${part}_sealed`)} is not null
    then json_build_array(${column('id')}, encode(${column(`${part}_sealed`)}, 'hex')) end`,
  read(json: unknown, { keys, tenantId }: Asking) {
    if (json === null) return null
    const [id, sealed] = json as [string, string]
    return opener(keys, { tenant_id: tenantId, id })(part, Buffer.from(sealed, 'hex'))
  },
  ...more,
})

/** Subscriptions as Microsoft Graph has them. Neither the state nor a secret is ever read again. */
export const subscriptionEntity: Entity = {
  name: 'subscription',
  type: '#microsoft.graph.subscription',
  from: sql`subscriptions`,
  tenant: column('tenant_id'),
  version: column('version'),
  properties: all({
    id: { kind: 'uuid', sql: column('id') },
    resource: { kind: 'text', sql: column('resource') },
    changeType: { kind: 'text', sql: column('change_type') },
    notificationUrl: addressOf('notification_url'),
    lifecycleNotificationUrl: addressOf('lifecycle_url', { nullable: true }),
    clientState: { kind: 'text', sql: sql`null::text`, nullable: true },
    expirationDateTime: { kind: 'time', sql: column('expires_at') },
    applicationId: { kind: 'text', sql: column('app_id') },
    creatorId: { kind: 'uuid', sql: column('creator_id') },
    includeResourceData: { kind: 'boolean', sql: sql`false` },
    latestSupportedTlsVersion: { kind: 'text', sql: sql`'v1_2'` },
  }),
  lacking: {
    encryptionCertificate: null,
    encryptionCertificateId: null,
    notificationQueryOptions: null,
    notificationUrlAppId: null,
  },
}

/** For SQL: the subscriptions that the actor may list: of what they may know, those whose resource they may read. */
export function listedFor(act: SubscriberAct) {
  const { tenantId } = act.actor
  const target = { kind: 'tenant', tenantId } as const
  const collections = collectionsOf(action => authorize(act, action, target).allowed)
  return [seenBy(tenantId, act), sql<boolean>`split_part(subscriptions.feeds[1], '.', 1) = any(${collections}::text[])`]
}

/** For SQL: one of these. Throws `not_found` for a text that is no id. */
export function subscriptionWith(id: string) {
  if (!isUuid(id)) throw refuse('not_found')
  return sql<boolean>`subscriptions.id = ${id}::uuid`
}

const own = (name: string) => sql.ref(`deliveries.${name}`)

/** What a subscription was told, newest first: ids, and how far it came. */
export const deliveryEntity: Entity = {
  name: 'delivery',
  type: '#latchkey.delivery',
  from: sql`deliveries`,
  tenant: own('tenant_id'),
  order: { by: 'id', descending: true },
  properties: all({
    id: { kind: 'uuid', sql: own('id') },
    eventDateTime: { kind: 'time', sql: own('at') },
    changeType: {
      kind: 'text',
      sql: sql`case when ${own('object_id')} is not null then ${own('change')} end`,
      nullable: true,
    },
    lifecycleEvent: {
      kind: 'text',
      sql: sql`case when ${own('object_id')} is null then ${own('change')} end`,
      nullable: true,
    },
    objectId: { kind: 'uuid', sql: own('object_id'), nullable: true },
    status: {
      kind: 'text',
      sql: own('status'),
      schema: Type.Enum(['waiting', 'delivered', 'dead']),
      filter: ['eq', 'ne', 'in'],
    },
    attempts: { kind: 'number', sql: own('attempts') },
    lastAttemptDateTime: { kind: 'time', sql: own('attempted_at'), nullable: true },
    messageId: { kind: 'uuid', sql: own('message_id'), nullable: true },
    problem: { kind: 'text', sql: own('problem'), nullable: true },
  }),
}

/** For SQL: the deliveries of a subscription. */
export const deliveriesOf = (subscriptionId: string) =>
  sql<boolean>`deliveries.subscription_id = ${subscriptionId}::uuid`
