export { contactSeals as partnerContactSeals } from './accounts.ts'
export { admitPartner, refusePartner } from './enrollments.ts'
export { listPartners, readPartner, restorePartner, suspendPartner } from './operator.ts'
export { partnerRolesOf } from './roles.ts'
