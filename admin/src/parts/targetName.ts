import { i18n, t } from '../words.ts'
import { targetKey } from './targetKeys.ts'

/** What something was done to, in words: a name that a company gave it stays. */
export function targetName(activity: string, name: string): string {
  const key = targetKey(activity, name)
  return key !== undefined && i18n.exists(key) ? t(key as 'admin.frame.places.branding') : name
}
