import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of a mail to somebody who has opened a case. `news`: what has become of it, or that they asked for its link. */
export interface CaseVariables {
  number: string
  news: 'opened' | 'asked'
}

/** Leads back to a case. Nothing that anybody typed stands in it, so that nobody sends words of their own through us. */
export function caseMessage(locale: Locale, { number, news }: CaseVariables, link: string): Text {
  const { t } = locale
  return {
    from: 'Latchkey',
    language: locale.language,
    subject: t(`messages.case.${news}.subject`, { number }),
    text: paragraphs(
      t(`messages.case.${news}.body`, { number }),
      link,
      t('messages.case.keep'),
      t('messages.case.notYou'),
    ),
  }
}
