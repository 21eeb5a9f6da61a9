export { findAdministratorAddresses } from './administrators.ts'
export { newKey, otpauthUri, stepAt } from './authenticatorCode.ts'
export { methods } from './catalogue.ts'
export { channelsOf } from './channels.ts'
export type { Challenge, Proof, Recalled, Verifiers } from './contract.ts'
export { blockMethods, findUsedMethods, unblockMethods } from './distrust.ts'
export { checkAddress, isOwnAddress, readAddress } from './email.ts'
export { noteFailing } from './failing.ts'
export { findNoticeAddresses, formerAddresses, keepFormerAddress } from './formerAddresses.ts'
export { EMAIL_METHOD, OFFICE_PHONE_METHOD, PASSWORD_METHOD, PHONE_METHOD } from './graphIds.ts'
export { methodTables } from './moving.ts'
export { tellOwner } from './notices.ts'
export { countryChoice, isCountry } from './phones.ts'
export {
  confirmMethod,
  countGates,
  gatesBy,
  isPrefilled,
  isUsable,
  keepMethod,
  markPasskeys,
  methodsOf,
  methodsThatCount,
  noteProved,
  noteVouched,
  type RecordedMethod,
  removeMethods,
  resetMethods,
  saveMethod,
  usableMethods,
  withFilledIn,
} from './recorded.ts'
export { claimCode, newSheet, saveCodes } from './recoveryCode.ts'
export { type Addressable, type Registered, readRegistered } from './registered.ts'
export { methodSeals } from './seals.ts'
export {
  decoyQuestionsOf,
  listAnswered,
  type PreparedAnswers,
  prepareAnswers,
  questionText,
  questionTexts,
  removeAnswers,
  renewAnswers,
  saveAnswers,
} from './securityQuestions.ts'
export { hintOf, openValue, ownValue } from './values.ts'
