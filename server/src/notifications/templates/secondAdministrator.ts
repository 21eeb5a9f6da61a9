import type { Places } from '../../audit/index.ts'
import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** Asks a single Global Administrator for a second. `link`: where one is invited. */
export function secondAdministratorMessage(
  { t, language }: Locale,
  { organization, link }: { organization: string; link: string },
  _places: Places | undefined,
): Text {
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t('messages.secondAdministrator.subject', { organization }),
    text: paragraphs(
      t('messages.secondAdministrator.body', { organization }),
      link,
      t('messages.secondAdministrator.again'),
    ),
  }
}
