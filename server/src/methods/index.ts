export { newKey, otpauthUri } from './authenticatorCode.ts'
export { methods } from './catalogue.ts'
export {
  challengeSeconds,
  DOUBLE_CLICK,
  findChallenges,
  type HeldChallenges,
  type Holder,
  issueChallenge,
  removeChallenges,
} from './challenges.ts'
export type { Challenge, Method, Proof } from './contract.ts'
export { deliverCode } from './deliver.ts'
export { checkAddress, readAddress } from './email.ts'
export { MethodError, type MethodErrorCode } from './errors.ts'
export { compareNumber, type NumberOutcome } from './knownNumber.ts'
export { findPersonId, type Person, readPerson } from './person.ts'
export { countryChoice, formatNumber, hintNumber, readNumber } from './phones.ts'
export { type ProofOutcome, proveChallenge } from './proofs.ts'
export {
  confirmMethod,
  countGates,
  findMethods,
  noticeAddresses,
  publicId,
  type RecordedMethod,
  removeMethods,
  saveMethod,
  usableMethods,
} from './recorded.ts'
export {
  listAnswered,
  type PreparedAnswers,
  prepareAnswers,
  questionText,
  questionTexts,
  removeAnswers,
  saveAnswers,
} from './securityQuestions.ts'
