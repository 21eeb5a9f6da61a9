import { i18n, t } from '../../words.ts'

/** What a field shows where the server refused its value. */
export function fieldError(fields: ReadonlyMap<string, string>, name: string) {
  const code = fields.get(name)
  if (code === undefined) return {}
  const key = `admin.problems.${code}`
  const validationMessage = i18n.exists(key) ? t(key as 'admin.problems.unknown') : t('admin.problems.property_invalid')
  return { validationState: 'error', validationMessage } as const
}
