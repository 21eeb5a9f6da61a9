export { type Account, type AccountRead, accountBy, findAccount } from './accounts.ts'
export {
  addContactInfo,
  type Contacts,
  contactMethods,
  contactSeals,
  ENDING,
  endsWith,
  hasAddress,
  readContactInfo,
  readContactsOf,
  readOtherMails,
  removeContactInfo,
  setContactInfo,
  setOtherMails,
} from './contactInfo.ts'
export { type DeletedUser, deleteUser, eraseUser, lockDeletedUser, restoreUser } from './deletedUsers.ts'
export { type DirectoryNews, noteDirectory } from './directoryAccount.ts'
export { isBelow, namesAbove, readDomain, readDomainIn } from './domainNames.ts'
export { DirectoryError } from './errors.ts'
export { deletedGroupEntity, groupEntity, groupLacks } from './groupEntity.ts'
export {
  addMember,
  addOwner,
  changeGroup,
  createGroup,
  eraseGroup,
  findGroups,
  type Group,
  type GroupChanges,
  groupOf,
  lockGroup,
  type NewGroup,
  removeMember,
  removeOwner,
  setGroupDeleted,
} from './groups.ts'
export { type Holder, rankedUsers, rankOf, rolesHeldBy, usersWith } from './holders.ts'
export { claimLabel, freeLabels, labelSkeleton, releaseLabel } from './labels.ts'
export { findMailboxHolder, type MailboxHolder } from './mailboxHolder.ts'
export {
  endGrants,
  findGroupsOf,
  forgetErasure,
  groupTable,
  leaveTenant,
  memberTables,
  personTables,
} from './moving.ts'
export {
  checkDisplayName,
  checkUserPrincipalName,
  isUserPrincipalName,
  readName,
} from './names.ts'
export { allObjects, holdersIn, membersIn, membersThrough, objectEntity, ownersIn, ownersWithin } from './objects.ts'
export { type Logout, queueLogouts } from './opened.ts'
export { findPerson, type Person, readPerson } from './person.ts'
export { findProfile, type StoredProfile } from './profile.ts'
export { isPublicSuffix } from './publicSuffixes.ts'
export { hasPresentAdministrator, stopRecovery } from './recoveries.ts'
export {
  assignRole,
  findGlobalAdministrator,
  findHelpers,
  findOtherAdministrators,
  getRole,
  giveRole,
  type Helper,
  hasHelpers,
  isHelper,
  listHolders,
  type NamedHolder,
  type RoleLevels,
} from './roles.ts'
export {
  findProviderContact,
  letsMailboxJoin,
  readSettings,
  type SettingsChanges,
  setSettings,
  type TenantSettings,
} from './settings.ts'
export {
  addSynchronized,
  findDeletedAnchors,
  followEntry,
  listEnabledAnchors,
  lockByAnchors,
  lockByNames,
} from './synchronized.ts'
export {
  addSynchronizedGroup,
  changeMembers,
  compareMembers,
  findByAnchors,
  followGroup,
  listPopulatedGroups,
  lockGroupsByAnchors,
} from './synchronizedGroups.ts'
export {
  type AccountKind,
  createTenant,
  findAccountKind,
  findTechnicalContacts,
  findTenantId,
  findTenantOfDomains,
  getTenant,
  giveInitialDomains,
  hasTenant,
  isTheirOwn,
  listDomains,
  listTenants,
  lockTenant,
  NOBODYS_TENANT,
  settlingOf,
  type Tenant,
  tenantOf,
} from './tenants.ts'
export { deletedUserEntity, isUser, lackingProperties, nameWord, userEntity } from './userEntity.ts'
export {
  changeUser,
  checkNames,
  checkNewName,
  createUser,
  findUser,
  findUserByName,
  findUsers,
  getUser,
  insertUsers,
  isNobody,
  judgeChange,
  listUsers,
  type NewUser,
  nobody,
  noteSignIn,
  raiseSecurityEpoch,
  targetOf,
  type User,
  type UserChanges,
  type UserRef,
  userOf,
} from './users.ts'
