export { noteAsked } from './asked.ts'
export { checkMayChange, openSecurityInfo } from './change.ts'
export { findOpeners, ownerOfPasskeys, removePasskeyOf, type ToldPasskey } from './passkeysOf.ts'
export { findStepWays, giveSessionProof, requestSessionChallenge, type StepWay } from './prove.ts'
export { beginRegistration, finishRegistration } from './register.ts'
export { confirmMethods, ownId } from './review.ts'
export { noteReset } from './secondStep.ts'
export {
  type FirstRequirement,
  mustProve,
  nextRequirement,
  provable,
  requirementAfterReset,
  requirementFor,
  type SecurityInfo,
  securityInfoOf,
} from './state.ts'
