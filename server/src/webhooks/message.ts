import { secondsOf } from '../clock.ts'
import { type Keyring, signWebhook } from '../crypto/index.ts'
import type { Row } from '../store/index.ts'
import type { Message } from '../targets/index.ts'
import { readResource } from './resources.ts'
import { opener } from './subscriptions.ts'

/** How long an endpoint may take to accept a message. */
const ACCEPTS_WITHIN = 3_000

/** What one call tells of: several events, or one of the subscription's own life. */
export interface Told {
  messageId: string
  events: readonly Pick<Row<'deliveries'>, 'id' | 'change' | 'object_id'>[]
}

/**
 * Writes a message in the shape of Microsoft Graph's change notifications, with ids alone, and signs it by every secret
 * that is in force (Standard Webhooks).
 */
export function writeMessage(
  { keys, now }: { keys: Keyring; now: Date },
  subscription: Row<'subscriptions'>,
  { messageId, events }: Told,
): Message {
  const open = opener(keys, subscription)
  const { client_state_sealed: state, former_secret_sealed: former, former_secret_ends_at: end } = subscription
  const clientState = state && open('client_state', state)
  const body = JSON.stringify({
    value: events.map(event => ({
      id: event.id,
      subscriptionId: subscription.id,
      subscriptionExpirationDateTime: subscription.expires_at.toISOString(),
      tenantId: subscription.tenant_id,
      clientState,
      ...contentOf(subscription, event),
    })),
  })
  const secrets = [subscription.secret_sealed, ...(former && end && end > now ? [former] : [])]
  const opened = secrets.map(secret => open('secret', secret))
  return {
    type: 'application/json; charset=utf-8',
    body,
    headers: signWebhook(opened, { id: messageId, at: secondsOf(now), body }),
    within: ACCEPTS_WITHIN,
  }
}

function contentOf({ resource }: Row<'subscriptions'>, { change, object_id: id }: Told['events'][number]) {
  if (id === null) return { lifecycleEvent: change, resource }
  const { path, type } = readResource(resource).kind
  return {
    changeType: change,
    resource: `${path}/${id}`,
    resourceData: { '@odata.type': type, '@odata.id': `${path}/${id}`, id },
  }
}
