import type { MethodKind } from '../policies/index.ts'
import { authenticatorCode } from './authenticatorCode.ts'
import type { Method } from './contract.ts'
import { email } from './email.ts'
import { mobilePhone } from './mobilePhone.ts'
import { officePhone } from './officePhone.ts'
import { passkey } from './passkey.ts'
import { recoveryCode } from './recoveryCode.ts'
import { securityQuestions } from './securityQuestions.ts'

/** Every method, by its kind. A new one is a file here and a line in this list. */
export const methods: Record<MethodKind, Method> = {
  passkey,
  mobilePhone,
  officePhone,
  email,
  securityQuestions,
  authenticatorCode,
  recoveryCode,
}
