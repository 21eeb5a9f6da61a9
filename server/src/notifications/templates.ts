import type { Activity, BrowserName, Places } from '../audit/index.ts'
import type { EnglishWords, Locale } from '../words/index.ts'
import type { Message } from './senders.ts'

type Text = Pick<Message, 'from' | 'subject' | 'text' | 'language'>

/** The subjects of mails to people about their own account. */
export type NoticeTemplate =
  | 'password_reset'
  | 'password_changed'
  | 'account_unlocked'
  | 'security_info_added'
  | 'security_info_changed'
  | 'security_info_removed'
  | 'administrator_reset'
  | 'activity_reported'
  | 'account_reported'
  | 'proofs_blocked'

/** A code by mail, text message or call. It never names the account: the reader may be a stranger. The code comes first, because an organization's name may hold digits. */
export function codeMessage(
  locale: Locale,
  channel: Message['channel'],
  variables: { organization: string; code: string; seconds: number; askedBy: 'reset' | 'session'; origin: string },
): Text {
  const { t } = locale
  const { organization, code, askedBy } = variables
  const duration = locale.duration(variables.seconds)
  const head = { from: t('messages.from', { organization }), language: locale.language }
  // A no-break space is no letter of the GSM alphabet: one of them halves what a text message holds.
  if (channel === 'sms') {
    const text = t('messages.code.sms', { organization, code, duration }).replaceAll('\u00a0', ' ')
    // Phones fill in a code from such a last line, and only on the page of that host. Digits before it do not matter.
    return { ...head, text: `${text}\n@${new URL(variables.origin).hostname} #${code}` }
  }
  if (channel === 'voice')
    return { ...head, text: t('messages.code.voice', { organization, digits: [...code].join(', ') }) }
  return {
    ...head,
    subject: t('messages.code.subject', { organization, code }),
    text: paragraphs(
      t('messages.code.heading'),
      code,
      t(askedBy === 'reset' ? 'messages.code.askedByReset' : 'messages.code.askedBySession', { organization }),
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
  /** The network address of the act. */
  address: string
  /** The browser of the act, and its system, as `readBrowser` names them. */
  browser?: string
  system?: string
  /** The kind of method. */
  kind?: string
  /** The reported activity, its time (ISO 8601) and its network address. */
  reported?: string
  reportedAt?: string
  reportedFrom?: string
  /** What the report blocked: `password` and kinds of methods, separated by commas; empty for none. */
  blocked?: string
}

/**
 * A notice of an act on an account, with time, place and what to do. Holds no password, code, number or address of a
 * method. `origin`: the configured one, because a link from a request's header could lead anywhere. `places` locates
 * the address at this moment; the place is kept nowhere.
 */
export function noticeMessage(
  locale: Locale,
  template: NoticeTemplate,
  variables: NoticeVariables,
  origin: string,
  places: Places | undefined,
): Text {
  const { t } = locale
  const { organization, username } = variables
  const kind = kindName(locale, variables.kind)
  const { browser: name, system, reported } = variables
  const about =
    template === 'administrator_reset'
      ? t('messages.notice.askThem')
      : template === 'account_reported'
        ? t('messages.notice.account_reported.hint')
        : template === 'activity_reported'
          ? // With a reported password nobody can sign in to report more.
            t('messages.notice.activity_reported.hint', {
              link: `${origin}/reset?username=${encodeURIComponent(username)}`,
            })
          : t('messages.notice.notYou', { link: `${origin}/account/activity` })
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.notice.${template}.subject`, { organization, username }),
    text: paragraphs(
      t(`messages.notice.${template}.body`, { kind }),
      lines(
        t('messages.notice.account', { username }),
        t('messages.notice.when', { when: locale.dateTime(new Date(variables.at)) }),
        variables.address ? t('messages.notice.where', { where: nameAddress(locale, places, variables.address) }) : '',
        name ? t('messages.notice.browser', { browser: nameBrowser(locale, { name, system }) }) : '',
      ),
      reported
        ? lines(
            t('messages.notice.reported', { activity: activityName(locale, reported as Activity) }),
            t('messages.notice.when', { when: locale.dateTime(new Date(variables.reportedAt ?? variables.at)) }),
            variables.reportedFrom
              ? t('messages.notice.where', { where: nameAddress(locale, places, variables.reportedFrom) })
              : '',
            blockedLine(locale, variables.blocked),
          )
        : '',
      about,
    ),
  }
}

function blockedLine(locale: Locale, blocked: string | undefined): string {
  const { t } = locale
  if (blocked === undefined) return ''
  if (blocked === '') return t('messages.notice.nothingBlocked')
  const names = blocked.split(',').map(one => (one === 'password' ? t('account.password') : kindName(locale, one)))
  return t('messages.notice.blocked', { names: locale.list(names) })
}

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

/** Tells administrators that strangers fail to prove who they are far more often than is usual. */
export function guessingMessage({ t, language }: Locale, { organization }: { organization: string }): Text {
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t('messages.guessing.subject', { organization }),
    text: paragraphs(t('messages.guessing.body'), t('messages.guessing.advice')),
  }
}

/** The variables of the mail to administrators when a tenant's codes of the day are nearly or wholly used up. */
export interface LimitVariables {
  organization: string
  percent: 80 | 100
  messagesPerDay: number
}

export function limitMessage(locale: Locale, { organization, percent, messagesPerDay }: LimitVariables): Text {
  const { t } = locale
  const limit = locale.number(messagesPerDay)
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.limit.${percent}.subject`, { organization }),
    text: paragraphs(t(`messages.limit.${percent}.body`, { limit }), t('messages.limit.advice')),
  }
}

/** The variables of the mail that explains why a concealed reset led nowhere. */
export interface ExplanationVariables {
  organization: string
  username: string
  refusal: 'SSPR_0009' | 'SSPR_0010' | 'SSPR_0013' | 'SSPR_0014'
}

export function explanationMessage(locale: Locale, variables: ExplanationVariables): Text {
  const { t } = locale
  const { organization, username, refusal } = variables
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.explanation.subject', { organization }),
    text: paragraphs(
      t('messages.explanation.body', { username }),
      t(`messages.explanation.reason.${refusal}`),
      t('messages.explanation.help'),
      t('messages.explanation.notYou'),
    ),
  }
}

const refusalReason = ({ t }: Locale, code: string) =>
  t(`messages.request.reason.${code as keyof EnglishWords['messages']['request']['reason']}`)

type Kind = 'mobilePhone' | 'officePhone' | 'email' | 'securityQuestions' | 'authenticatorCode'
const kindName = ({ t }: Locale, kind: string | undefined) => (kind ? t(`methods.kind.${kind as Kind}`) : '')

/** The browser in words: "Firefox on Windows". */
export const nameBrowser = ({ t }: Locale, { name, system }: BrowserName) =>
  system ? t('account.browser.on', { name, system }) : name

/** The probable place of an address, in words: "London, United Kingdom". Undefined where it is not known. */
export function namePlace(
  { t, language, country: nameCountry }: Locale,
  places: Places | undefined,
  address: string | null | undefined,
): string | undefined {
  const found = places?.find(address, language)
  const country = found?.country && nameCountry(found.country)
  return found?.city && country ? t('account.place', { city: found.city, country }) : (found?.city ?? country)
}

/** An address, and its place where it is known: "81.2.69.160 · London, United Kingdom". */
export const nameAddress = (locale: Locale, places: Places | undefined, address: string) =>
  [address, namePlace(locale, places, address)].filter(Boolean).join(' · ')

/** The words of an activity that people see. */
export const activityName = ({ t }: Locale, activity: Activity) =>
  t(`account.event.${activity.replace('.', '_') as keyof EnglishWords['account']['event']}`)

const lines = (...parts: string[]) => parts.filter(Boolean).join('\n')
const paragraphs = (...parts: string[]) => `${parts.filter(Boolean).join('\n\n')}\n`
