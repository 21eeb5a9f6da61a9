export { blockKinds, liftBlocks } from './blocks.ts'
export { demandAnotherGlobalAdministrator } from './lastAdministrator.ts'
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
