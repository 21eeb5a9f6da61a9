import { i18n, t } from '../../words.ts'

/** Why a reset came to nothing. A reason that this version has no words for is named by its code. */
export function reasonName(reason: string): string {
  const key = `admin.reports.reasons.${reason}`
  return i18n.exists(key) ? t(key as 'admin.reports.reasons.blocked') : reason
}

/** What a method is called. One that this version has no word for is named as the report names it. */
export function methodName(method: string): string {
  const key = `admin.reports.methods.${method}`
  return i18n.exists(key) ? t(key as 'admin.reports.methods.email') : method
}
