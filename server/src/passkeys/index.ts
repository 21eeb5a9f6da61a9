export { challengeValue, issueSignInValue, isValueOf, readSignInValue, type SignInPlace } from './challenge.ts'
export { modelOf } from './models.ts'
export { findMovedTo, forgetPasskeysMoved, notePasskeysMoved, passkeyTables } from './moving.ts'
export {
  type AssertionOptions,
  assertionOptions,
  type CreationOptions,
  creationOptions,
  passkeysOnRecord,
} from './options.ts'
export {
  addPasskey,
  claimUse,
  countByRpId,
  findPasskey,
  listPasskeys,
  PASSKEYS_AT_MOST,
  type Passkey,
  removePasskeys,
  renamePasskey,
  type StoredPasskey,
  vouchForPasskeys,
} from './passkeys.ts'
export { isOwnDomain, type RelyingParty, rpIdOf } from './relyingParty.ts'
export { readUserHandle } from './userHandle.ts'
export {
  type Credential,
  type NewPasskey,
  type PasskeyUse,
  signedValue,
  verifyAssertion,
  verifyCreation,
} from './verify.ts'
