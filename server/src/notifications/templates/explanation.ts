import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of the mail that explains why a concealed reset led nowhere. */
export interface ExplanationVariables {
  organization: string
  username: string
  refusal: 'SSPR_0009' | 'SSPR_0010' | 'SSPR_0013' | 'SSPR_0014'
}

export function explanationMessage(locale: Locale, variables: ExplanationVariables): Text {
  const { t } = locale
  const { organization, username, refusal } = variables
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.explanation.subject', { organization }),
    text: paragraphs(
      t('messages.explanation.body', { username }),
      t(`messages.explanation.reason.${refusal}`),
      t('messages.explanation.help'),
      t('messages.explanation.notYou'),
    ),
  }
}
