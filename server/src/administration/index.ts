export { type AnnouncementKind, announcementKinds, announceRegistration, checkPromise } from './announcements.ts'
export {
  addApplication,
  addPassword,
  deleteApplication,
  purgeApplication,
  removePassword,
  restoreApplication,
  updateApplication,
} from './applications.ts'
export { getLockedGroup } from './authority.ts'
export { blockKinds, countedKinds, liftBlocks } from './blocks.ts'
export { deleteUser, purgeUser, restoreUser } from './deletedUsers.ts'
export { addGroup, deleteGroup, purgeGroup, restoreGroup, updateGroup } from './groups.ts'
export { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
export { joinGroup, leaveGroup } from './members.ts'
export { addMethod } from './methods.ts'
export { changeMethodOfPolicy, readConfigurationName } from './methodsPolicy.ts'
export { addNewcomers, type Newcomer } from './newcomers.ts'
export { sleepOwnAddress } from './ownAddress.ts'
export { givePass } from './passes.ts'
export { resetPassword } from './passwords.ts'
export {
  allowWords,
  banListedWords,
  banWords,
  changeResetPolicy,
  changeTenantPolicy,
  readTenantPolicy,
} from './policies.ts'
export { requireRegistration } from './registration.ts'
export { assignRoleTo, getAssignmentId, unassignRole } from './roles.ts'
export {
  getDeletedApplicationId,
  getGroupId,
  getObjectId,
  listDeletedUsers,
  listGroups,
  listMembers,
  listRoleHolders,
} from './rows.ts'
export { getUserAsked } from './userAsked.ts'
export { actionOf, type NewUserInput, type UserInput } from './userInput.ts'
export { NewUser, UserChanges } from './userSchemas.ts'
export { addUser, prepareFirstPassword, revokeSessions, updateUserIn } from './users.ts'
