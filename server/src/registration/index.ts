export { type Changed, checkMayChange, openStanding, type Standing } from './change.ts'
export { giveSessionProof, provingIn, requestSessionChallenge } from './prove.ts'
export {
  beginRegistration,
  browserOf,
  finishRegistration,
  type NewMethod,
  registering,
  registerQuestions,
} from './register.ts'
export { confirmMethods, getOwn, ownId, putOff, removeMethod } from './review.ts'
export {
  mustProve,
  nextRequirement,
  provable,
  readSecurityInfo,
  requirementOf,
  type SecurityInfo,
  type SecurityInfoEntry,
} from './state.ts'
