export {
  choosePolicy,
  type EffectivePolicy,
  groupStands,
  membershipOf,
  policiesFor,
  type TriedPolicy,
} from './effective.ts'
export { PolicyError } from './errors.ts'
export { FEW_CODES, type MethodKind, methodKinds } from './kinds.ts'
export { resetPolicyEntity, whichPolicy } from './listed.ts'
export {
  changeProtection,
  type ProtectionSettings,
  protection,
  protectionOf,
} from './protection.ts'
export {
  addPolicy,
  changeDefaultPolicy,
  createDefaultPolicy,
  helpdeskAddress,
  isNamedByPolicy,
  listPolicies,
  lockPolicy,
  nextPriority,
  type OfferedQuestion,
  type PolicyChanges,
  type ResetPolicySettings,
  removePolicy,
  resetPolicy,
  type VersionedPolicy,
  writePolicy,
} from './resetPolicy.ts'
export { checkSettings, type Settings, type TenantSettings } from './settings.ts'
export { changeSignInPolicy, type SignInPolicy, signInPolicy, signInPolicyOf, stepKinds } from './signInPolicy.ts'
