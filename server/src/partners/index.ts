export {
  type AccountChanges,
  changeAccount,
  contactSeals as partnerContactSeals,
  findAccount,
  getAccount,
  isActivePartner,
  type PartnerAccount,
  type Program,
} from './accounts.ts'
export {
  AGREEMENT,
  admitPartner,
  beginEnrollment,
  refusePartner,
  signEnrollment,
  submitEnrollment,
} from './enrollments.ts'
export { listPartners, readPartner } from './operator.ts'
export { type AgentRole, agentRoles, findAgentGroup, findAgents, partnerRolesOf } from './roles.ts'
export {
  type DocumentType,
  documentStages,
  documentTypes,
  findStages,
  inOrder,
  listStageEvents,
  mailProof,
  nextReminder,
  noteReminder,
  notStarted,
  type Stage,
  type StageEvent,
  type StageState,
  type StageStatus,
  SUSPENDED,
  setDeadline,
  stageSeals,
  stages,
  type VerificationStatus,
  verificationReasons,
  verificationStatuses,
  wholeOf,
} from './stages.ts'
export { restorePartner, suspendPartner } from './suspension.ts'
export { acceptMailbox, byOperator, canFix, decideStage, fixStage, type Verdict } from './verification.ts'
