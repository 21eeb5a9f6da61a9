export { expiredDeviceCodes } from './deviceCodes.ts'
