export { matchesRedirect, originsOf } from './addresses.ts'
export {
  type Application,
  applicationOf,
  changeApplication,
  createApplication,
  deleteApplication,
  findApplication,
  findApplicationTenant,
  listApplications,
  lockApplication,
  type NewApplication,
} from './applications.ts'
export {
  assign,
  findUserGrants,
  groupsOf,
  isAssigned,
  rolesOf,
  type UserGrants,
  unassign,
  userGrantsOf,
} from './assignments.ts'
export { BUILT_IN, builtIn, findOwnOrBuiltIn } from './builtIn.ts'
export {
  findMissing,
  findScopes,
  giveConsent,
  giveOrganizationConsent,
  listMyApplications,
  type MyApplication,
  mayConsent,
  mayConsentForOrganization,
  permissionsOf,
  rolesToConsent,
  takeBackConsent,
  takeBackOrganizationConsent,
} from './consents.ts'
export {
  type AskedScopes,
  isEscalating,
  ownerOf,
  type RefusedScopes,
  readScopes,
  resolveScopes,
  type Scope,
  shortName,
  writeScopes,
} from './scopes.ts'
export { describeScope } from './scopeWords.ts'
export { addSecret, applicationSeals, judgeSecret, removeSecret } from './secrets.ts'
