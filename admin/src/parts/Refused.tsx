import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components'
import { Problem } from '../api/problem.ts'
import { i18n, t } from '../words.ts'

/** The sentence of a code; undefined for one that this version has no words for. */
export function sentenceOfCode(code: string): string | undefined {
  const key = `admin.problems.${code}`
  return i18n.exists(key) ? t(key as 'admin.problems.unknown') : undefined
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
  const requestId = error instanceof Problem ? error.requestId : undefined
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{t('admin.frame.refused')}</MessageBarTitle> {sentenceOf(error)}
        {requestId && (
          <small className="request-id">
            {t('admin.frame.requestId')} <code>{requestId}</code>
          </small>
        )}
      </MessageBarBody>
      {again && (
        <MessageBarActions>
          <Button onClick={again}>{t('admin.frame.tryAgain')}</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  )
}
