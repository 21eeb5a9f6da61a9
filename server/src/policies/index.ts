export { choosePolicy, type EffectivePolicy, type TriedPolicy, triedPolicies } from './effective.ts'
export { PolicyError } from './errors.ts'
export type { MethodKind } from './kinds.ts'
export {
  changeProtection,
  defaultProtection,
  getProtection,
  type ProtectionSettings,
  readProtection,
} from './protection.ts'
export {
  addPolicy,
  changeDefaultPolicy,
  createDefaultPolicy,
  defaultSettings,
  listPolicies,
  type OfferedQuestion,
  type ResetPolicySettings,
} from './resetPolicy.ts'
