import { type Method, sentCode } from './contract.ts'
import { hintNumber } from './phones.ts'

/** A code by text message or call to a phone of the person's own. At a reset the whole number has to be typed first. */
export const mobilePhone: Method = {
  kind: 'mobilePhone',
  channels: ['sms', 'voice'],
  selfService: true,
  hint: hintNumber,
  ...sentCode,
}
