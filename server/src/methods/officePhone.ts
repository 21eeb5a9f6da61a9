import { type Method, sentCode } from './contract.ts'
import { hintNumber } from './phones.ts'

/** A code by call to a phone that the administrator has set. */
export const officePhone: Method = {
  kind: 'officePhone',
  channels: ['voice'],
  selfService: false,
  hint: hintNumber,
  ...sentCode,
}
