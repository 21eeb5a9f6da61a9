export { canPass, choosePolicy, type EffectivePolicy, policiesFor, type Tried } from './effective.ts'
export { PolicyError } from './errors.ts'
export { FEW_CODES, type MethodKind, methodKinds } from './kinds.ts'
export { resetPolicyEntity, whichPolicy } from './listed.ts'
export { groupStands, membershipOf } from './membership.ts'
export {
  ALL_USERS,
  type ConfigurationName,
  changeMethodConfiguration,
  configurationNames,
  configurations,
  groupsIn,
  isChannelOn,
  isMethodOn,
  type MethodConfiguration,
  type MethodsOn,
  type MethodsPolicy,
  methodsByGroupOf,
  methodsOnOf,
  methodsPolicyChangedOf,
  methodsPolicyOf,
  type OwnSignInPolicy,
  onAmong,
  ownSignInPolicy,
  ownSignInPolicyOf,
  PASS_MINUTES,
  type PassConfiguration,
} from './methodsPolicy.ts'
export { groupsThatOpen, type OpeningGroup } from './opening.ts'
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
export { checkMethodsSuffice, neededBy } from './sufficient.ts'
export {
  AGENT_SILENT_AFTER,
  changeWritebackPolicy,
  type Writeback,
  type WritebackSettings,
  writebackOf,
  writebackPolicy,
  writebackPolicyOf,
} from './writebackPolicy.ts'
