export { choosePolicy, type EffectivePolicy, type TriedPolicy, triedPolicies } from './effective.ts'
export { PolicyError } from './errors.ts'
export { type MethodKind, methodKinds } from './kinds.ts'
export {
  changeProtection,
  getProtection,
  type ProtectionSettings,
  protection,
  readProtection,
} from './protection.ts'
export {
  addPolicy,
  changeDefaultPolicy,
  createDefaultPolicy,
  listPolicies,
  type OfferedQuestion,
  type ResetPolicySettings,
  resetPolicy,
} from './resetPolicy.ts'
