import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** Asks a person to register how they can prove who they are, before they need it. `origin`: the configured one. */
export function announcementMessage(
  { t, language }: Locale,
  { organization, username }: { organization: string; username: string },
  origin: string,
): Text {
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t('messages.announcement.subject', { organization }),
    text: paragraphs(
      t('messages.announcement.why', { organization }),
      t('messages.announcement.how', { username }),
      `${origin}/security-info`,
      t('messages.announcement.genuine', { organization }),
    ),
  }
}
