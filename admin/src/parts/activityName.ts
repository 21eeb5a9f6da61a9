import { i18n, t } from '../words.ts'

/** What happened, in words. An activity of a later version is named as the log names it. */
export function activityName(activity: string): string {
  const key = `admin.activities.${activity.replaceAll('.', '_')}`
  return i18n.exists(key) ? t(key as 'admin.activities.user_changed') : activity
}
