export { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
export { resetPassword } from './passwords.ts'
