import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of the answer whether a mailbox has an account. `expiresAt`: ISO 8601. */
export interface AccountCheckVariables {
  expiresAt: string
}

/** Leads to the answer. Nothing that anybody typed stands in it, nor the answer: a mailbox may be read by others. */
export function accountCheckMessage(locale: Locale, { expiresAt }: AccountCheckVariables, link: string): Text {
  const { t } = locale
  return {
    from: 'Latchkey',
    language: locale.language,
    subject: t('messages.accountCheck.subject'),
    text: paragraphs(
      t('messages.accountCheck.body'),
      link,
      t('messages.accountCheck.until', { when: locale.dateTime(new Date(expiresAt)) }),
      t('messages.accountCheck.notYou'),
    ),
  }
}
