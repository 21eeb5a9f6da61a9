export { type Changed, checkMayChange, mustProve, openStanding, type Standing } from './change.ts'
export { RegistrationError } from './errors.ts'
export { giveSessionProof, provable, provingIn, requestSessionChallenge } from './prove.ts'
export {
  beginRegistration,
  browserOf,
  finishRegistration,
  type NewMethod,
  registering,
  registerQuestions,
} from './register.ts'
export { confirmMethods, getOwn, ownId, putOff, removeMethod } from './review.ts'
export { nextRequirement, readSecurityInfo, requirementOf, type SecurityInfo, type SecurityInfoEntry } from './state.ts'
