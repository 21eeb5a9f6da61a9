import type { Activity, Places } from '../../audit/index.ts'
import { FEW_CODES } from '../../policies/index.ts'
import type { Locale } from '../../words/index.ts'
import { activityName, kindName, nameAddress, nameBrowser } from './naming.ts'
import { lines, paragraphs, type Text } from './text.ts'

/** The subjects of mails to people about their own account. */
export type NoticeTemplate =
  | 'password_reset'
  | 'password_changed'
  | 'password_set_late'
  | 'account_unlocked'
  | 'security_info_added'
  | 'security_info_changed'
  | 'security_info_removed'
  | 'administrator_reset'
  | 'activity_reported'
  | 'account_reported'
  | 'proofs_blocked'
  | 'recovery_code_used'
  | 'emergency_code_used'
  | 'pass_issued'
  | 'reset_link_sent'
  | 'caller_denied'
  | 'registration_required'
  | 'renamed'
  | 'renamed_disabled'
  | 'account_closed'
  | 'company_closed'

export interface NoticeVariables {
  organization: string
  username: string
  /** ISO 8601. */
  at: string
  /** The network address of the act. */
  address: string
  /** The partner's person who did it, and their firm. */
  partner?: { who: string; firm: string }
  /** The browser of the act, and its system, as `readBrowser` names them. */
  browser?: string
  system?: string
  /** The kind of method. */
  kind?: string
  /** The new sign-in name. */
  renamedTo?: string
  /** How many recovery codes are left. */
  codesLeft?: string
  /** The passkeys that still open the account: their names, and when they were made (ISO 8601). */
  passkeys?: { name: string | null; at: string }[]
  /** The reported activity, its time (ISO 8601) and its network address. */
  reported?: string
  reportedAt?: string
  reportedFrom?: string
  /** What the report blocked: `password` and kinds of methods, separated by commas; empty for none. */
  blocked?: string
}

/** A notice of an act on an account, without its reader. */
export interface AccountNotice {
  template: NoticeTemplate
  variables: NoticeVariables
}

/**
 * A notice of an act on an account, with time, place and what to do. Holds no password, code, number or address of a
 * method. `origin`: the configured one, because a link from a request's header could lead anywhere. `places` locates
 * the address at this moment; the place is kept nowhere.
 */
export function noticeMessage(
  locale: Locale,
  { template, variables }: AccountNotice,
  origin: string,
  places: Places | undefined,
): Text {
  const { t } = locale
  const { organization, username } = variables
  const kind = kindName(locale, variables.kind)
  const { browser: name, system, reported, codesLeft, renamedTo: newName = '' } = variables
  const about =
    template === 'administrator_reset'
      ? t('messages.notice.askThem')
      : isTold(template)
        ? t(`messages.notice.${template}.hint`, { link: `${origin}/cases` })
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
      t(`messages.notice.${template}.body`, { kind, newName, organization }),
      lines(
        t('messages.notice.account', { username }),
        t('messages.notice.when', { when: locale.dateTime(new Date(variables.at)) }),
        variables.partner ? t('messages.notice.partner', variables.partner) : '',
        variables.address ? t('messages.notice.where', { where: nameAddress(locale, places, variables.address) }) : '',
        name ? t('messages.notice.browser', { browser: nameBrowser(locale, { name, system }) }) : '',
      ),
      template === 'password_reset' ? passkeyLines(locale, variables.passkeys ?? [], origin) : '',
      codesLeft === undefined ? '' : codesLine(locale, Number(codesLeft), origin),
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

/** The notices that say in their own words whom to ask. */
const TOLD = [
  'account_reported',
  'pass_issued',
  'reset_link_sent',
  'caller_denied',
  'registration_required',
  'renamed',
  'renamed_disabled',
  'emergency_code_used',
  'account_closed',
  'company_closed',
] as const

const isTold = (template: NoticeTemplate): template is (typeof TOLD)[number] =>
  (TOLD as readonly NoticeTemplate[]).includes(template)

/** The passkeys that still open the account, and where to remove what is none of the reader's. */
const passkeyLines = (locale: Locale, passkeys: NonNullable<NoticeVariables['passkeys']>, origin: string) =>
  passkeys.length === 0
    ? ''
    : lines(
        locale.t('messages.notice.passkeys', { count: passkeys.length }),
        ...passkeys.map(({ name, at }) =>
          locale.t('messages.notice.passkey', {
            name: name === null ? kindName(locale, 'passkey') : name.replace(LINKING, ' '),
            date: locale.day(new Date(at)),
          }),
        ),
        locale.t('messages.notice.removePasskey', { count: passkeys.length, link: `${origin}/security-info` }),
      )

/** A thief may have typed the name: without these signs no mail program makes a link of it, and it stays in its line. */
const LINKING = /[^\p{L}\p{M}\p{N} '’()_+-]+/gu

/** How many recovery codes are left, and where to make new ones before they run out. */
const codesLine = ({ t }: Locale, count: number, origin: string) =>
  lines(
    t('messages.notice.codesLeft', { count }),
    count < FEW_CODES ? t('messages.notice.fewCodes', { link: `${origin}/security-info/set-up/recoveryCode` }) : '',
  )

function blockedLine(locale: Locale, blocked: string | undefined): string {
  const { t } = locale
  if (blocked === undefined) return ''
  if (blocked === '') return t('messages.notice.nothingBlocked')
  const names = blocked.split(',').map(one => (one === 'password' ? t('account.password') : kindName(locale, one)))
  return t('messages.notice.blocked', { names: locale.list(names) })
}
