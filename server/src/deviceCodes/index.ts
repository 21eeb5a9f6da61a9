export {
  addDeviceCode,
  claimApproval,
  claimRefusal,
  claimTokens,
  DEVICE_CODE_LASTS,
  type DeviceCode,
  type DeviceRefusal,
  deviceCodeSeals,
  findByUserCode,
  findDeviceCode,
  isAnswerable,
  POLL_SECONDS,
  pollDeviceCode,
  withdrawApprovals,
} from './deviceCodes.ts'
export { countUserCode, giveBackUserCode } from './guesses.ts'
