export { loadReader, type PasskeyUse, verifyAssertion } from './assertion.ts'
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
  demandUse,
  findPasskey,
  listPasskeys,
  PASSKEYS_AT_MOST,
  type Passkey,
  removePasskeys,
  renamePasskey,
  type StoredPasskey,
  type UseOutcome,
  vouchForPasskeys,
} from './passkeys.ts'
export { isOwnDomain, type RelyingParty, rpIdOf } from './relyingParty.ts'
export { type Owner, readUserHandle } from './userHandle.ts'
export { type Credential, type NewPasskey, signedValue, verifyCreation } from './verify.ts'
