export { contactSeals as partnerContactSeals, findAccount, isActivePartner } from './accounts.ts'
export { admitPartner, beginEnrollment, refusePartner, signEnrollment, submitEnrollment } from './enrollments.ts'
export { listPartners, readPartner, restorePartner, suspendPartner } from './operator.ts'
export { findAgentGroup, findAgents, partnerRolesOf } from './roles.ts'
