import { activityName } from '../../parts/activityName.ts'
import { i18n, t } from '../../words.ts'

/** What was done, in words: by its name in Partner Center, else as our own log names it. */
export function operationName(operation: string): string {
  const key = `admin.partner.operations.${operation}`
  return i18n.exists(key) ? t(key as 'admin.partner.operations.add_customer') : activityName(operation)
}
