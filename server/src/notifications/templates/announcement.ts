import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The mails of a roll-out in their order, by the name that administrators ask for; each is a template of the outbox. */
export const announcements = {
  coming: 'announcement_coming',
  register: 'announcement',
  reminder: 'announcement_reminder',
  lastDays: 'announcement_last_days',
  available: 'announcement_available',
  helpDesk: 'announcement_help_desk',
} as const
export type AnnouncementTemplate = (typeof announcements)[keyof typeof announcements]

/** The page that each leads to. */
const pages: Record<AnnouncementTemplate, string> = {
  announcement_coming: '/help/register',
  announcement: '/security-info',
  announcement_reminder: '/security-info',
  announcement_last_days: '/security-info',
  announcement_available: '/reset',
  announcement_help_desk: '/help/administrators/helping-people',
}

export const isAnnouncement = (template: string): template is AnnouncementTemplate => Object.hasOwn(pages, template)

/** A mail of a roll-out to one of the company's people. `stop`: the token by which its reader stops them; empty in a preview. */
export function announcementMessage(
  { t, language }: Locale,
  template: AnnouncementTemplate,
  { organization, username }: { organization: string; username: string },
  { origin, stop }: { origin: string; stop: string },
): Text {
  const link = stop && `${origin}/announcements/stop/${stop}`
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t(`messages.${template}.subject`, { organization }),
    text: paragraphs(
      t(`messages.${template}.why`, { organization }),
      t(`messages.${template}.how`, { username }),
      `${origin}${pages[template]}`,
      t('messages.announcement.genuine', { organization }),
      link && t('messages.announcement.stop', { link }),
    ),
    ...(link && { unsubscribe: link, unsubscribesAtOnce: true }),
  }
}
