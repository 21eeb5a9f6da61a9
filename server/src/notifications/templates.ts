import type { Locale } from '../words/index.ts'
import type { Message } from './senders.ts'

type Text = Pick<Message, 'from' | 'subject' | 'text' | 'language'>

/** What the mails to people about their own account can be about. */
export type NoticeTemplate =
  | 'password_reset'
  | 'password_changed'
  | 'account_unlocked'
  | 'security_info_added'
  | 'security_info_changed'
  | 'security_info_removed'
  | 'administrator_reset'

/** A code by mail, text message or call. Says nothing of whose account it is: the reader may be a stranger, and no digits stand in it but the code's. */
export function codeMessage(
  locale: Locale,
  channel: Message['channel'],
  variables: { organization: string; code: string; seconds: number },
): Text {
  const { t } = locale
  const { organization, code } = variables
  const duration = locale.duration(variables.seconds)
  const head = { from: t('messages.from', { organization }), language: locale.language }
  if (channel === 'sms') return { ...head, text: t('messages.code.sms', { organization, code, duration }) }
  if (channel === 'voice')
    return { ...head, text: t('messages.code.voice', { organization, digits: [...code].join(', ') }) }
  return {
    ...head,
    subject: t('messages.code.subject', { organization }),
    text: paragraphs(
      t('messages.code.heading'),
      code,
      t('messages.code.body', { organization }),
      t('messages.code.expires', { duration, organization }),
      t('messages.code.notYou'),
    ),
  }
}

export interface NoticeVariables {
  organization: string
  username: string
  /** ISO 8601. */
  at: string
  /** The address that it was done from. */
  address: string
  /** The kind of method that it is about. */
  kind?: string
}

/** A notice that something happened to an account. Holds no password, code, number or address of a method. */
export function noticeMessage(locale: Locale, template: NoticeTemplate, variables: NoticeVariables): Text {
  const { t } = locale
  const { organization, username } = variables
  const kind = kindName(locale, variables.kind)
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.notice.${template}.subject`, { organization }),
    text: paragraphs(
      t(`messages.notice.${template}.body`, { kind }),
      lines(
        t('messages.notice.account', { username }),
        t('messages.notice.when', { when: locale.dateTime(new Date(variables.at)) }),
        t('messages.notice.where', { where: variables.address }),
      ),
      template === 'administrator_reset' ? '' : t('messages.notice.notYou'),
    ),
  }
}

export interface RequestVariables {
  organization: string
  username: string
  /** The kinds of methods that the asker has proved in this journey, separated by commas; empty where none. */
  proved: string
  supportCode: string
}

/** Asks administrators to help somebody. Plain text, so that nothing that was typed can be more than text. */
export function requestMessage(locale: Locale, variables: RequestVariables): Text {
  const { t } = locale
  const { organization, username, supportCode } = variables
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
      kinds ? t('messages.request.proved', { kinds }) : t('messages.request.unproved'),
      t('messages.supportCode', { supportCode }),
      t('messages.request.automatic'),
    ),
  }
}

type Kind = 'mobilePhone' | 'officePhone' | 'email' | 'securityQuestions' | 'authenticatorCode'
const kindName = ({ t }: Locale, kind: string | undefined) => (kind ? t(`methods.kind.${kind as Kind}`) : '')
const lines = (...parts: string[]) => parts.join('\n')
const paragraphs = (...parts: string[]) => `${parts.filter(Boolean).join('\n\n')}\n`
