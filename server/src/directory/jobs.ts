export { erasedUsers, oldErasures } from './deletedUsers.ts'
export { deletedGroups, erasedGroups, formerMembers } from './groups.ts'
export { oldOpenings } from './opened.ts'
