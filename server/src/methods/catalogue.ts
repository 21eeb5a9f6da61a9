import type { MethodKind } from '../policies/index.ts'
import { formatNumber } from '../typing/index.ts'
import { authenticatorCode } from './authenticatorCode.ts'
import type { Method } from './contract.ts'
import { email } from './email.ts'
import { mobilePhone } from './mobilePhone.ts'
import { officePhone } from './officePhone.ts'
import { securityQuestions } from './securityQuestions.ts'

/** Every method, by its kind. A new one is a file here and a line in this list. */
export const methods: Record<MethodKind, Method> = {
  mobilePhone,
  officePhone,
  email,
  securityQuestions,
  authenticatorCode,
}

/** A number or address as its owner sees it: whole. Undefined where there is nothing to see: an app's key is shown to nobody. */
export function ownValue({ kind, value }: { kind: MethodKind; value: string | null }): string | undefined {
  if (value === null || methods[kind].hint(value) === undefined) return undefined
  return kind === 'email' ? value : formatNumber(value)
}
