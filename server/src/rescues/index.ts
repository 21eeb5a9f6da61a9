export { allowRescue, refuseByOperator } from './dispute.ts'
export { getRescueOf, listOpenRescues } from './operator.ts'
export { rescueSeals } from './queries.ts'
