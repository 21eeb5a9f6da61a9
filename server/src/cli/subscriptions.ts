import type { Act } from '../act.ts'
import type { Trx } from '../store/index.ts'
import { type CommandGroup, columns, flag, inTenantOf, modules, show, type Values } from './command.ts'
import { cellOf, readRows } from './lists.ts'

const load = () => modules('directory', 'odata', 'store', 'webhooks')
type On = Awaited<ReturnType<typeof load>>
type OperatorAct = Parameters<On['webhooks']['getRow']>[1]

/** Acts on subscriptions of a tenant, as the operator. */
const inSubscriptionsOf = <T>(on: On, domain: string, work: (trx: Trx, act: OperatorAct) => Promise<T>) =>
  inTenantOf(on, domain, (trx, act: Act) => work(trx, { ...act, actor: { kind: 'operator' } }))

async function listSubscriptions({ json }: Values, domain: string) {
  const on = await load()
  const found = await inSubscriptionsOf(on, domain, (trx, act) =>
    readRows(on, trx, act, { entity: on.webhooks.subscriptionEntity, within: [on.webhooks.seenBy(trx.tenantId, act)] }),
  )
  show(json, found, () =>
    columns(
      found.map(({ id, resource, changeType, notificationUrl, expirationDateTime }) => [
        cellOf(id),
        cellOf(resource),
        cellOf(changeType),
        // The rest of an address may hold a secret of the other side.
        new URL(cellOf(notificationUrl)).host,
        `until ${cellOf(expirationDateTime).slice(0, 10)}`,
      ]),
    ),
  )
}

async function listDeliveries({ json }: Values, domain: string, id: string) {
  const on = await load()
  const { webhooks } = on
  const found = await inSubscriptionsOf(on, domain, async (trx, act) => {
    await webhooks.getRow(trx, act, id)
    return readRows(on, trx, act, { entity: webhooks.deliveryEntity, within: [webhooks.deliveriesOf(id)], most: 100 })
  })
  show(json, found, () =>
    columns(
      found.map(({ id: delivery, eventDateTime, changeType, lifecycleEvent, status, problem }) => [
        cellOf(delivery),
        cellOf(eventDateTime).slice(0, 16).replace('T', ' '),
        cellOf(changeType ?? lifecycleEvent),
        cellOf(status),
        cellOf(problem),
      ]),
    ),
  )
}

async function redeliver({ json }: Values, domain: string, id: string, delivery: string) {
  const on = await load()
  await inSubscriptionsOf(on, domain, (trx, act) => on.webhooks.redeliver(trx, act, id, delivery))
  show(json, { id, delivery }, () => ['The subscriber is told again, at once if the server runs.'])
}

async function rollSecret({ json }: Values, domain: string, id: string) {
  const on = await load()
  const signingSecret = await inSubscriptionsOf(on, domain, (trx, act) => on.webhooks.rollSecret(trx, act, id))
  show(json, { id, signingSecret }, () => [
    'The new secret is shown only now. The former one signs beside it for a day:',
    '',
    `  ${signingSecret}`,
    '',
  ])
}

async function deleteSubscription({ json }: Values, domain: string, id: string) {
  const on = await load()
  await inSubscriptionsOf(on, domain, (trx, act) => on.webhooks.deleteSubscription(trx, act, id))
  show(json, { id }, () => [`The subscription ${id} was deleted. What waited to be told is told no more.`])
}

const options = { json: flag }
const takes = ['DOMAIN', 'ID']

export const subscriptionCommands: CommandGroup = {
  about: 'who is called when something changes. Programs subscribe at /v1.0; here an operator looks after it.',
  commands: {
    list: {
      usage: 'DOMAIN [--json]',
      about: 'every subscription in force; its address shows as its host',
      options,
      takes: ['DOMAIN'],
      run: listSubscriptions,
    },
    deliveries: {
      usage: 'DOMAIN ID [--json]',
      about: 'what a subscription was told last, and what went wrong',
      options,
      takes,
      run: listDeliveries,
    },
    redeliver: {
      usage: 'DOMAIN ID DELIVERY [--json]',
      about: 'tell a subscriber of an event again',
      options,
      takes: ['DOMAIN', 'ID', 'DELIVERY'],
      run: redeliver,
    },
    'roll-secret': {
      usage: 'DOMAIN ID [--json]',
      about: 'make a new signing secret, shown once; the former one signs beside it for a day',
      options,
      takes,
      run: rollSecret,
    },
    delete: { usage: 'DOMAIN ID [--json]', about: 'end a subscription', options, takes, run: deleteSubscription },
  },
  examples: [
    ['Who is called', 'subscriptions list acme.example'],
    ['What one was told, and what went wrong', 'subscriptions deliveries acme.example ID'],
    ['Tell it again', 'subscriptions redeliver acme.example ID DELIVERY'],
    ['A secret that others know', 'subscriptions roll-secret acme.example ID'],
    ['End it', 'subscriptions delete acme.example ID'],
  ],
}
