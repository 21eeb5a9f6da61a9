export { redeliver } from './deliveries.ts'
export { deliveriesOf, deliveryEntity, subscriptionEntity } from './entities.ts'
export { createSubscription, deleteSubscription, getRow, rollSecret, seenBy, webhookSeals } from './subscriptions.ts'
