export {
  type Application,
  changeApplication,
  createApplication,
  deleteApplication,
  findApplicationTenant,
  listApplications,
  lockApplication,
} from './applications.ts'
export { assign, unassign } from './assignments.ts'
export { giveOrganizationConsent, takeBackOrganizationConsent } from './consents.ts'
export { addSecret, applicationSeals, removeSecret } from './secrets.ts'
