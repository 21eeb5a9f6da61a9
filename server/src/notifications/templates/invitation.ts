import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of an invitation. `who`, `name`: of whom it comes. `expiresAt`: ISO 8601. */
export interface InvitationVariables {
  organization: string
  who: string
  name: string
  expiresAt: string
}

/** Invites another Global Administrator. Its first link is the reader's own. */
export function invitationMessage(locale: Locale, variables: InvitationVariables, link: string): Text {
  const { t } = locale
  const { organization, who, name, expiresAt } = variables
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.invitation.subject', { organization }),
    text: paragraphs(
      t('messages.invitation.body', { organization, who, name }),
      link,
      t('messages.link.expires', { when: locale.dateTime(new Date(expiresAt)) }),
      t('messages.invitation.notYou', { who }),
    ),
  }
}
