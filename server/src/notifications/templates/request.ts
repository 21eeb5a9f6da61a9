import type { Places } from '../../audit/index.ts'
import type { EnglishWords, Locale } from '../../words/index.ts'
import { kindName, nameAddress, nameBrowser } from './naming.ts'
import { lines, paragraphs, type Text } from './text.ts'

export interface RequestVariables {
  organization: string
  username: string
  /** The time of the request (ISO 8601), its network address, and the browser as `readBrowser` names it. */
  at: string
  address: string
  browser?: string
  system?: string
  /** The code by which the page refused the reset, where it did. */
  refusal?: string
  /** The kinds of methods that the asker has proved in this journey, separated by commas; empty where none. */
  proved: string
  supportCode: string
}

/** Asks administrators to help a person. Plain text, so that typed text stays text. */
export function requestMessage(locale: Locale, variables: RequestVariables, places: Places | undefined): Text {
  const { t } = locale
  const { organization, username, supportCode, browser: name, system, refusal } = variables
  const kinds = locale.list(
    variables.proved
      .split(',')
      .filter(Boolean)
      .map(kind => kindName(locale, kind)),
  )
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.request.subject', { organization, username }),
    text: paragraphs(
      t('messages.request.body', { username }),
      lines(
        t('messages.notice.when', { when: locale.dateTime(new Date(variables.at)) }),
        variables.address ? t('messages.notice.where', { where: nameAddress(locale, places, variables.address) }) : '',
        name ? t('messages.notice.browser', { browser: nameBrowser(locale, { name, system }) }) : '',
        t('messages.supportCode', { supportCode }),
      ),
      refusal ? t('messages.request.refusal', { reason: refusalReason(locale, refusal), code: refusal }) : '',
      kinds ? t('messages.request.proved', { kinds }) : t('messages.request.unproved'),
      t('messages.request.callBack'),
      t('messages.request.automatic'),
    ),
  }
}

const refusalReason = ({ t }: Locale, code: string) =>
  t(`messages.request.reason.${code as keyof EnglishWords['messages']['request']['reason']}`)
