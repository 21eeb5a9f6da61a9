import type { Finding } from '../../parts/diagnosis.ts'
import type { ActName } from '../../parts/personActs.ts'

/** What mends each finding, the likeliest first; signing out helps whoever lost a device. */
const FIRST: Record<Finding, readonly ActName[]> = {
  accountOff: ['turnOn'],
  resetBlocked: ['unblock', 'temporaryPassword'],
  numberBlocked: ['unblock', 'temporaryPassword'],
  locked: ['unblock', 'resetLink'],
  signInRests: ['unblock', 'resetLink'],
  neverRegistered: ['accessPass', 'temporaryPassword', 'requireRegistration'],
  oneShort: ['accessPass', 'temporaryPassword', 'requireRegistration'],
  noPolicy: ['temporaryPassword'],
  elsewhere: ['unblock'],
  temporaryEnded: ['temporaryPassword'],
  comesBack: ['requireRegistration', 'temporaryPassword'],
  sendsFail: ['temporaryPassword'],
  nothing: ['resetLink', 'temporaryPassword', 'unblock'],
}

/** The acts to offer for a finding, in order. */
export const remediesFor = (finding: Finding): readonly ActName[] => [...FIRST[finding], 'signOut']
