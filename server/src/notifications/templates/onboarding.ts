import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of a mail by which another device goes on with an onboarding. `expiresAt`: ISO 8601. */
export interface OnboardingVariables {
  expiresAt: string
}

/** Leads back to an onboarding. Nothing that anybody typed stands in it. */
export function onboardingMessage(locale: Locale, { expiresAt }: OnboardingVariables, link: string): Text {
  const { t } = locale
  return {
    from: 'Latchkey',
    language: locale.language,
    subject: t('messages.onboarding.subject'),
    text: paragraphs(
      t('messages.onboarding.body'),
      link,
      t('messages.onboarding.until', { when: locale.dateTime(new Date(expiresAt)) }),
      t('messages.onboarding.notYou'),
    ),
  }
}
