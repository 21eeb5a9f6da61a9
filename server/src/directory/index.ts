export { type Action, authorize } from './authorize.ts'
export { DirectoryError, type DirectoryErrorCode } from './errors.ts'
export { addMember, createGroup, listGroups } from './groups.ts'
export { checkDomain, checkUserPrincipalName, readName, type TypedName } from './names.ts'
export {
  type Account,
  addPolicy,
  changeDefaultPolicy,
  checkSettings,
  defaultSettings,
  type EffectivePolicy,
  effectivePolicy,
  findAccount,
  listPolicies,
  type MethodKind,
  methodKinds,
  type OfferedQuestion,
  type ResetPolicy,
  type ResetPolicySettings,
} from './policies.ts'
export {
  assignRole,
  findHelpers,
  findOtherAdministrators,
  getRole,
  type Helper,
  isAdministrator,
  type Role,
  roles,
} from './roles.ts'
export {
  createTenant,
  findLogo,
  findTenantId,
  getTenant,
  listDomains,
  listTenants,
  type NewTenant,
  NOBODYS_TENANT,
  type Tenant,
} from './tenants.ts'
export {
  createUser,
  findUserByName,
  getUser,
  listUsers,
  lockUser,
  type NewUser,
  raiseSecurityEpoch,
  type User,
} from './users.ts'
