import type { Places } from '../../audit/index.ts'
import type { Locale } from '../../words/index.ts'
import { nameAddress } from './naming.ts'
import { lines, paragraphs, type Text } from './text.ts'

/** The variables of the mail about the tenants of a company. `other`: the tenant that it is about. `at`: ISO 8601. */
export interface TenantLinkVariables {
  organization: string
  other: string
  about: 'linked' | 'unlinked' | 'primary'
  who: string
  at: string
  address: string
}

/** Tells the Global Administrators that their tenant was linked, was unlinked, or that another one is primary. */
export function tenantLinkMessage(locale: Locale, variables: TenantLinkVariables, places: Places | undefined): Text {
  const { t, language } = locale
  const { organization, other, about, who, at, address } = variables
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t(`messages.tenantLink.${about}.subject`, { organization, other }),
    text: paragraphs(
      t(`messages.tenantLink.${about}.body`, { organization, other }),
      lines(
        t('messages.tenantLink.who', { who }),
        t('messages.notice.when', { when: locale.dateTime(new Date(at)) }),
        address ? t('messages.notice.where', { where: nameAddress(locale, places, address) }) : '',
      ),
      t('messages.tenantLink.rights'),
      t('messages.tenantLink.notYou'),
    ),
  }
}
