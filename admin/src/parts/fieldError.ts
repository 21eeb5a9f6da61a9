import { t } from '../words.ts'
import { sentenceOfCode } from './Refused.tsx'

/** What a field shows where the server refused its value. */
export function fieldError(fields: ReadonlyMap<string, string>, name: string) {
  const code = fields.get(name)
  if (code === undefined) return {}
  const validationMessage = sentenceOfCode(code) ?? t('admin.problems.property_invalid')
  return { validationState: 'error', validationMessage } as const
}
