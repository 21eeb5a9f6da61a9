import { Problem } from '../api/problem.ts'
import { i18n, t } from '../words.ts'
import { Told } from './Told.tsx'

/** The sentence of a code: what every page can meet, or one page's own. Undefined: this version has no words for it. */
export function sentenceOfCode(code: string): string | undefined {
  const key = [`admin.problems.${code}`, `admin.refusals.${code}`].find(key => i18n.exists(key))
  return key && t(key as 'admin.problems.unknown')
}

/** The sentence of a refusal: its code's own, else that of its kind or status. */
export function sentenceOf(error: Error): string {
  if (!(error instanceof Problem)) return t('admin.problems.unknown')
  const { code, kind, status } = error
  const sentence = sentenceOfCode(code) ?? sentenceOfCode(kind)
  if (sentence !== undefined) return sentence
  if (status >= 500) return t('admin.problems.ServiceUnavailable')
  return status === 403 ? t('admin.problems.Authorization_RequestDenied') : t('admin.problems.unknown')
}

/** Tells a refusal in its place, with what finds it in the logs; the rest of the page lives on. */
export function Refused({ error, again }: { error: Error; again?: () => void }) {
  const { requestId, retryAfter } = error instanceof Problem ? error : {}
  return (
    <Told
      kind="error"
      title={t('admin.frame.refused')}
      act={
        again && (
          <button type="button" className="link-button" onClick={again}>
            {t('admin.frame.tryAgain')}
          </button>
        )
      }
    >
      {sentenceOf(error)}
      {retryAfter !== undefined && <> {t('admin.frame.waitFor', { count: retryAfter })}</>}
      {requestId && (
        <small className="request-id">
          {t('admin.frame.requestId')} <code>{requestId}</code>
        </small>
      )}
    </Told>
  )
}
