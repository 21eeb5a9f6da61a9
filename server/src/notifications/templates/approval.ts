import { describeScope, type Scope } from '../../applications/index.ts'
import type { Locale } from '../../words/index.ts'
import { lines, paragraphs, type Text } from './text.ts'

/** The variables of the mail that asks administrators to agree to an application for everybody. */
export interface ApprovalVariables {
  organization: string
  /** The person who asks. */
  username: string
  application: string
  /** Where the application's sign-in begins, which asks an administrator to agree. */
  homePageUrl?: string
  scopes: Pick<Scope, 'name' | 'words'>[]
  supportCode: string
}

export function approvalMessage(locale: Locale, variables: ApprovalVariables): Text {
  const { t } = locale
  const { organization, username, application, homePageUrl, scopes, supportCode } = variables
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.approval.subject', { organization, application }),
    text: paragraphs(
      t('messages.approval.body', { username, application }),
      lines(
        t('messages.approval.permissions', { application }),
        ...scopes.map(scope => `• ${describeScope(t, scope).title}`),
      ),
      lines(t('messages.approval.agree', { application }), homePageUrl ?? ''),
      t('messages.approval.check', { organization, application }),
      t('messages.supportCode', { supportCode }),
      t('messages.approval.automatic', { username, application }),
    ),
  }
}
