export type { PlatformAddresses } from './addresses.ts'
export { matchesRedirect, originsOf } from './addresses.ts'
export {
  applicationEntity,
  applicationLacks,
  applicationOwnersEntity,
  deletedApplicationEntity,
  principalEntity,
  principalLacks,
} from './applicationEntity.ts'
export {
  type Application,
  type ApplicationSettings,
  applicationOf,
  changeApplication,
  createApplication,
  findApplication,
  findApplicationTenant,
  listApplications,
  lockApplication,
  type NewApplication,
  recordOf,
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
export { BUILT_IN, builtIn, findOwnOrBuiltIn, ownOrBuiltInOf } from './builtIn.ts'
export { keyIdOf, keyOfCertificate, keysAt } from './certificates.ts'
export {
  changeConsent,
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
export { findCreator } from './creator.ts'
export { deleteApplication, eraseApplication, restoreDeletedApplication } from './deleted.ts'
export { ApplicationError, type ApplicationErrorCode } from './errors.ts'
export { appRoleAssignmentEntity, idBetween, permissionGrantEntity } from './grantEntities.ts'
export { API, permissionIds, scopeIds } from './graphIds.ts'
export { addApplicationOwner, applicationOwnersOf, countApplicationOwners, removeApplicationOwner } from './owners.ts'
export { DEFAULT_ROLE } from './roles.ts'
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
export { addSecret, applicationSeals, judgeSecret, noteSecretUse, removeSecret, type StoredSecret } from './secrets.ts'
