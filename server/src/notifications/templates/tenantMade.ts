import type { Places } from '../../audit/index.ts'
import type { Locale } from '../../words/index.ts'
import { nameAddress, nameBrowser } from './naming.ts'
import { lines, paragraphs, type Text } from './text.ts'

/** The variables of the mail about a tenant that signed itself up. `at`: ISO 8601. */
export interface TenantMadeVariables {
  organization: string
  domain: string
  username: string
  at: string
  address: string
  browser?: string
  system?: string
}

/** Tells the first administrator and the technical contact that a work account was made in the organization's name. */
export function tenantMadeMessage(locale: Locale, variables: TenantMadeVariables, places: Places | undefined): Text {
  const { t } = locale
  const { organization, domain, username, browser: name, system } = variables
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.tenantMade.subject', { organization }),
    text: paragraphs(
      t('messages.tenantMade.body', { organization, domain }),
      lines(
        t('messages.notice.account', { username }),
        t('messages.notice.when', { when: locale.dateTime(new Date(variables.at)) }),
        variables.address ? t('messages.notice.where', { where: nameAddress(locale, places, variables.address) }) : '',
        name ? t('messages.notice.browser', { browser: nameBrowser(locale, { name, system }) }) : '',
      ),
      t('messages.tenantMade.keep'),
      t('messages.tenantMade.notYou'),
    ),
  }
}
