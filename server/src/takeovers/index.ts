export { allowTakeover, refuseTakeover } from './dispute.ts'
export { getTakeoverOf, listOpenTakeovers } from './operator.ts'
export { takeoverSeals } from './queries.ts'
export { grantRecovery } from './recovery.ts'
