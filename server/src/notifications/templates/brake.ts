import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of the mail to administrators when a synchronization would disable too many people, and was stopped. */
export interface BrakeVariables {
  organization: string
  /** How many people would be disabled, and how many are synchronized. */
  leaving: number
  of: number
  /** How many groups would lose all members, and how many groups have some. */
  emptied: number
  groups: number
}

export function brakeMessage(
  { t, language, number }: Locale,
  { organization, leaving, of, emptied, groups }: BrakeVariables,
): Text {
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t('messages.brake.subject', { organization }),
    text: paragraphs(
      ...(leaving > 1 ? [t('messages.brake.body', { leaving: number(leaving), of: number(of) })] : []),
      ...(emptied > 0 ? [t('messages.brake.groups', { emptied: number(emptied), of: number(groups) })] : []),
      ...(leaving <= 1 && emptied === 0 ? [t('messages.brake.empty')] : []),
      t('messages.brake.advice'),
    ),
  }
}
