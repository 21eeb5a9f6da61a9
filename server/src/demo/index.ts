export { FreshError, startOver } from './fresh.ts'
export { outboxSenders, readOutbox, type SentMessage } from './outbox.ts'
export { seedDemonstration } from './seed.ts'
export { PASSWORD, tenants } from './tenants.ts'
