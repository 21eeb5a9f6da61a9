export { blockKinds, liftBlocks } from './blocks.ts'
export { addGroup, deleteGroup } from './groups.ts'
export { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
export { joinGroup, leaveGroup } from './members.ts'
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
export { assignRoleTo, getAssignmentId, unassignRole } from './roles.ts'
export { getGroupId, getObjectId, listGroups, listMembers, listRoleHolders } from './rows.ts'
