import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of the mail to administrators when a synchronization would disable too many people, and was stopped. */
export interface BrakeVariables {
  organization: string
  /** How many people would be disabled, and how many are synchronized. */
  leaving: number
  of: number
}

export function brakeMessage({ t, language, number }: Locale, { organization, leaving, of }: BrakeVariables): Text {
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t('messages.brake.subject', { organization }),
    text: paragraphs(
      leaving === 0
        ? t('messages.brake.empty')
        : t('messages.brake.body', { leaving: number(leaving), of: number(of) }),
      t('messages.brake.advice'),
    ),
  }
}
