export { newKey, otpauthUri } from './authenticatorCode.ts'
export { blockMethods, findUsedMethods, type MethodUse, unblockMethods } from './blocks.ts'
export { methods, ownValue } from './catalogue.ts'
export {
  challengeSeconds,
  type Decoy,
  DOUBLE_CLICK,
  findChallenges,
  type HeldChallenges,
  type Holder,
  isDecoy,
  issueChallenge,
  readChallenges,
  removingChallenges,
  type StoredChallenge,
  storedChallenges,
} from './challenges.ts'
export type { Challenge, Method, Proof } from './contract.ts'
export { deliverCode } from './deliver.ts'
export { checkAddress, readAddress } from './email.ts'
export { MethodError, type MethodErrorCode, SendLimited } from './errors.ts'
export { alarmOfGuessing, noteGuess, tellOfBlock } from './guessing.ts'
export { compareNumber, judgeNumber, type NumberOutcome } from './knownNumber.ts'
export { findNoticeAddresses, keepFormerAddress } from './noticeAddresses.ts'
export { findPersonId, type Person, readPerson } from './person.ts'
export { type CountryHints, countryChoice, formatNumber, hintNumber, isCountry, readNumber } from './phones.ts'
export { type ProofInput, type ProofOutcome, proveChallenge, proveCode } from './proofs.ts'
export { publicId } from './publicId.ts'
export {
  confirmMethod,
  countGates,
  findMethods,
  provingMethods,
  type RecordedMethod,
  readMethods,
  removeMethods,
  resetMethods,
  type StoredMethod,
  saveMethod,
  storedMethods,
  usableMethods,
} from './recorded.ts'
export { methodSeals } from './seals.ts'
export {
  type PreparedAnswers,
  prepareAnswers,
  questionText,
  questionTexts,
  readAnswers,
  removeAnswers,
  saveAnswers,
  standInQuestions,
} from './securityQuestions.ts'
