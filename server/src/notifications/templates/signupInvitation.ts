import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of an invitation to sign a company up. `expiresAt`: ISO 8601. */
export interface SignupInvitationVariables {
  expiresAt: string
}

/** Invites somebody to sign their company up. Its first link is the reader's own. */
export function signupInvitationMessage(locale: Locale, { expiresAt }: SignupInvitationVariables, link: string): Text {
  const { t } = locale
  return {
    from: 'Latchkey',
    language: locale.language,
    subject: t('messages.signupInvitation.subject'),
    text: paragraphs(
      t('messages.signupInvitation.body'),
      link,
      t('messages.signupInvitation.until', { when: locale.dateTime(new Date(expiresAt)) }),
      t('messages.signupInvitation.notYou'),
    ),
  }
}
