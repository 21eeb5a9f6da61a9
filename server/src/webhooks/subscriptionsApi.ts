import { type Static, Type } from 'typebox'
import { byOwn } from '../access/index.ts'
import { type Api, type ApiAnswer, answerList, type Call, LIST_OPTIONS, readRow } from '../api/index.ts'
import { rowSchema } from '../odata/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { redeliver } from './deliveries.ts'
import { createHandshakes, type Handshake } from './endpoints.ts'
import { deliveriesOf, deliveryEntity, listedFor, subscriptionEntity, subscriptionWith } from './entities.ts'
import { refuse } from './errors.ts'
import { readActions } from './resources.ts'
import {
  createSubscription,
  deleteSubscription,
  getRow,
  prolongSubscription,
  reauthorizeSubscription,
  rollSecret,
} from './subscriptions.ts'

const Moment = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)$',
})
const Address = Type.String({ minLength: 1, maxLength: 2_048 })

const NewSubscription = Type.Object(
  {
    changeType: Type.String({ minLength: 1, maxLength: 64 }),
    resource: Type.String({ minLength: 1, maxLength: 256 }),
    notificationUrl: Address,
    lifecycleNotificationUrl: Type.Optional(Type.Union([Address, Type.Null()])),
    clientState: Type.Optional(Type.Union([Type.String({ maxLength: 128 }), Type.Null()])),
    expirationDateTime: Moment,
    includeResourceData: Type.Optional(Type.Literal(false)),
    latestSupportedTlsVersion: Type.Optional(Type.String({ maxLength: 16 })),
  },
  { additionalProperties: false },
)
const Changes = Type.Object({ expirationDateTime: Moment }, { additionalProperties: false })

const Secret = Type.Object({ signingSecret: Type.String() })
const Subscription = rowSchema(subscriptionEntity)
const Made = Type.Intersect([Subscription, Secret])

const readOnly = ['id', 'applicationId', 'creatorId', 'signingSecret']
const unsupported = [
  'encryptionCertificate',
  'encryptionCertificateId',
  'notificationQueryOptions',
  'notificationUrlAppId',
]

/** Webhooks (administration on the wire, §2.8): who is told of which changes, and what was told. */
export function subscriptionsApi(api: Api) {
  const line = { action: readActions, status: 204 } as const
  let handshake: Handshake | undefined
  api.add({
    ...line,
    method: 'GET',
    path: '/subscriptions',
    summary: 'List subscriptions',
    context: 'subscriptions',
    status: 200,
    options: LIST_OPTIONS,
    handle: call => answerList(call, subscriptionEntity, () => listedFor(byOwn(call.act))),
  })
  api.add({
    ...line,
    method: 'POST',
    path: '/subscriptions',
    summary: 'Subscribe to changes',
    body: NewSubscription,
    readOnly,
    unsupported,
    context: 'subscriptions/$entity',
    answer: Made,
    status: 201,
    handle(call) {
      handshake ??= createHandshakes(call.services.targets)
      return subscribe(call, handshake)
    },
  })
  api.add({
    ...line,
    method: 'GET',
    path: '/subscriptions/{id}',
    summary: 'Read a subscription',
    context: 'subscriptions/$entity',
    answer: Subscription,
    status: 200,
    options: ['$select'],
    handle: call =>
      inTenant(call.db, call.tenantId, async trx => {
        await getRow(trx, byOwn(call.act), idOf(call))
        return readSubscription(trx, call)
      }),
  })
  api.add({
    ...line,
    method: 'PATCH',
    path: '/subscriptions/{id}',
    summary: 'Prolong a subscription',
    body: Changes,
    readOnly: [...readOnly, ...Object.keys(NewSubscription.properties).filter(name => name !== 'expirationDateTime')],
    unsupported,
    context: 'subscriptions/$entity',
    answer: Subscription,
    status: 200,
    handle: prolong,
  })
  api.add({
    ...line,
    method: 'DELETE',
    path: '/subscriptions/{id}',
    summary: 'Delete a subscription',
    handle: call => change(call, trx => deleteSubscription(trx, byOwn(call.act), idOf(call))),
  })
  api.add({
    ...line,
    method: 'POST',
    path: '/subscriptions/{id}/reauthorize',
    summary: 'Judge a subscription by the rights of now, and begin calls again that rest',
    handle: call => change(call, trx => reauthorizeSubscription(trx, byOwn(call.act), idOf(call))),
  })
  api.add({
    ...line,
    method: 'POST',
    path: '/subscriptions/{id}/rollSecret',
    summary: 'Make a new signing secret; the former one signs beside it for a day',
    answer: Secret,
    status: 200,
    handle: async call => ({
      json: {
        signingSecret: await inTenant(call.db, call.tenantId, trx => rollSecret(trx, byOwn(call.act), idOf(call))),
      },
    }),
  })
  api.add({
    ...line,
    method: 'GET',
    path: '/subscriptions/{id}/deliveries',
    summary: 'List what a subscription was told in the last 30 days',
    context: "subscriptions('{id}')/deliveries",
    status: 200,
    options: LIST_OPTIONS,
    handle: call =>
      answerList(call, deliveryEntity, async trx => {
        await getRow(trx, byOwn(call.act), idOf(call))
        return [deliveriesOf(idOf(call))]
      }),
  })
  api.add({
    ...line,
    method: 'POST',
    path: '/subscriptions/{id}/deliveries/{deliveryId}/redeliver',
    summary: 'Tell a subscriber of an event again',
    status: 202,
    handle: async call => {
      const deliveryId = (call.params.deliveryId ?? '').toLowerCase()
      await inTenant(call.db, call.tenantId, trx => redeliver(trx, byOwn(call.act), idOf(call), deliveryId))
      return { status: 202 }
    },
  })
}

const idOf = ({ params }: Pick<Call, 'params'>) => (params.id ?? '').toLowerCase()

async function subscribe(call: Call<Static<typeof NewSubscription>>, handshake: Handshake): Promise<ApiAnswer> {
  const { db, act, caller, tenantId, body } = call
  const { id, signingSecret } = await createSubscription(db, byOwn(act), handshake, {
    appId: caller.appId,
    securityEpoch: caller.user?.securityEpoch,
    resource: body.resource,
    changeType: body.changeType,
    notificationUrl: body.notificationUrl,
    lifecycleNotificationUrl: body.lifecycleNotificationUrl ?? undefined,
    clientState: body.clientState ?? undefined,
    expiresAt: new Date(body.expirationDateTime),
  })
  const answer = await inTenant(db, tenantId, trx => readSubscription(trx, { ...call, params: { id } }))
  return { ...answer, status: 201, json: { ...answer.json, signingSecret }, location: `/subscriptions/${id}` }
}

const prolong = (call: Call<Static<typeof Changes>>): Promise<ApiAnswer> =>
  inTenant(call.db, call.tenantId, async trx => {
    const expiresAt = new Date(call.body.expirationDateTime)
    await prolongSubscription(trx, byOwn(call.act), idOf(call), { expiresAt, ifMatch: call.headers['if-match'] })
    return readSubscription(trx, call)
  })

async function readSubscription(trx: Trx, call: Call): Promise<ApiAnswer> {
  const found = await readRow(trx, call, subscriptionEntity, { where: subscriptionWith(idOf(call)) })
  if (!found) throw refuse('not_found')
  return found
}

async function change(call: Call, work: (trx: Trx) => Promise<void>): Promise<ApiAnswer> {
  await inTenant(call.db, call.tenantId, work)
  return {}
}
