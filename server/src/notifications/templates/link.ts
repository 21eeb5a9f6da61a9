import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of a mailed link. `expiresAt`: ISO 8601. */
export interface LinkVariables {
  organization: string
  username: string
  purpose: 'reset' | 'approval'
  expiresAt: string
}

/** A mail whose first link is the reader's own. */
export function linkMessage(
  locale: Locale,
  { organization, username, purpose, expiresAt }: LinkVariables,
  link: string,
): Text {
  const { t } = locale
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.link.${purpose}.subject`, { organization }),
    text: paragraphs(
      t(`messages.link.${purpose}.body`, { username }),
      link,
      t('messages.link.expires', { when: locale.dateTime(new Date(expiresAt)) }),
      t(`messages.link.${purpose}.notYou`),
    ),
  }
}
