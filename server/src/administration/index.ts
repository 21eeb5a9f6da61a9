export { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
