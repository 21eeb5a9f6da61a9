import type { Reason } from '@latchkey/protocol'
import { type BerReader, Control } from 'ldapts'

/** The errors of the password policy control, by their number (draft-behera-ldap-password-policy). */
const errors = [
  'passwordExpired',
  'accountLocked',
  'changeAfterReset',
  'passwordModNotAllowed',
  'mustSupplyOldPassword',
  'insufficientPasswordQuality',
  'passwordTooShort',
  'passwordTooYoung',
  'passwordInHistory',
] as const
type PolicyError = (typeof errors)[number]

const reasons: Partial<Record<PolicyError, Reason>> = {
  insufficientPasswordQuality: 'too_simple',
  passwordTooShort: 'too_short',
  passwordTooYoung: 'too_young',
  passwordInHistory: 'in_history',
}

/** Asks for the policy's word; the same object gets the answer. Its bare presence tells that an entry exists, so it is never passed on. */
export class PolicyControl extends Control {
  error: PolicyError | undefined

  constructor() {
    super('1.3.6.1.4.1.42.2.27.8.5.1', { critical: false })
  }

  override parseControl(reader: BerReader) {
    if (reader.readSequence() === null) return
    const end = reader.offset + reader.length
    while (reader.offset < end) {
      const tag = reader.peek()
      if (tag === 0xa0) {
        reader.readSequence(0xa0)
        reader.readTag(reader.peek() ?? 0)
      } else if (tag === 0x81) this.error = errors[reader.readTag(0x81) ?? -1]
      else return
    }
  }

  /** Why the password is refused, where the policy says so. */
  get reason(): Reason | undefined {
    return this.error && reasons[this.error]
  }
}
