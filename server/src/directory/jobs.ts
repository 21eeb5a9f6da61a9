export { erasedUsers } from './deletedUsers.ts'
export { deletedGroups, formerMembers } from './groups.ts'
export { oldOpenings } from './opened.ts'
