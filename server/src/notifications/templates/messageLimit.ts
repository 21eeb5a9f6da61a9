import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of the mail to administrators when a tenant's codes of the day are nearly or wholly used up. */
export interface LimitVariables {
  organization: string
  percent: 80 | 100
  messagesPerDay: number
}

export function limitMessage(locale: Locale, { organization, percent, messagesPerDay }: LimitVariables): Text {
  const { t } = locale
  const limit = locale.number(messagesPerDay)
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.limit.${percent}.subject`, { organization }),
    text: paragraphs(t(`messages.limit.${percent}.body`, { limit }), t('messages.limit.advice')),
  }
}
