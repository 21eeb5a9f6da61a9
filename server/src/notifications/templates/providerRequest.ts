import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of a mail to the provider whom a company has named. */
export interface ProviderRequestVariables {
  organization: string
  username: string
  supportCode: string
}

/** Asks the provider to help a person of the company, and says that nothing is proved. */
export function providerRequestMessage(
  locale: Locale,
  { organization, username, supportCode }: ProviderRequestVariables,
): Text {
  const { t } = locale
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.providerRequest.subject', { organization, username }),
    text: paragraphs(
      t('messages.providerRequest.body', { organization, username }),
      t('messages.supportCode', { supportCode }),
      t('messages.request.unproved'),
      t('messages.request.callBack'),
      t('messages.caseProvider.keep', { organization }),
    ),
  }
}
