export { webhookSeals } from './subscriptions.ts'
