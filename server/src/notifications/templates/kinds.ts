import type { Locale } from '../../words/index.ts'
import type { NoticeTemplate } from './accountNotice.ts'
import type { Mail } from './catalogue.ts'
import { kindName } from './naming.ts'
import { paragraphs, type Text } from './text.ts'

/** What stands in a company's own words for something that each notice tells anew. */
export const placeholders = ['organization', 'username', 'kind', 'newName', 'application'] as const
export type Placeholder = (typeof placeholders)[number]

/** What a company may say and switch of one kind of notice. */
export interface NoticeKind {
  /** `closing`: what happened stands in its first sentence alone, or its warning is meant for those who may word it: words are added at its end. */
  words: 'all' | 'closing'
  /** Whether a company may turn it off. What protects an account, or was promised on a page, is always sent. */
  canBeOff?: boolean
  /** The placeholders that it fills besides `organization`. */
  fills?: readonly Placeholder[]
  /** Those without which its first sentence would not say what happened. */
  needs?: readonly Placeholder[]
}

const owners = { words: 'all', fills: ['username'] } as const satisfies NoticeKind
const method = { words: 'all', fills: ['username', 'kind'], needs: ['kind'] } as const satisfies NoticeKind
const renaming = { words: 'all', fills: ['username', 'newName'], needs: ['newName'] } as const satisfies NoticeKind
const warning = { words: 'closing', fills: ['username'] } as const satisfies NoticeKind
const news = { words: 'closing' } as const satisfies NoticeKind

/**
 * The notices to a company's own people and administrators, by template. Mails to strangers, to other companies and about
 * who administers the company are in nobody's words but Latchkey's.
 */
export const noticeKinds = {
  password_reset: owners,
  password_changed: owners,
  password_set_late: owners,
  account_unlocked: { ...owners, canBeOff: true },
  security_info_added: method,
  security_info_changed: method,
  security_info_removed: method,
  administrator_reset: warning,
  activity_reported: warning,
  account_reported: warning,
  proofs_blocked: { ...owners, canBeOff: true },
  recovery_code_used: owners,
  emergency_code_used: warning,
  pass_issued: owners,
  reset_link_sent: owners,
  caller_denied: warning,
  registration_required: { ...owners, canBeOff: true },
  renamed: renaming,
  renamed_disabled: renaming,
  account_closed: owners,
  link: { words: 'all', fills: ['username'], needs: ['username'] },
  announcement_coming: owners,
  announcement: owners,
  announcement_reminder: owners,
  announcement_last_days: owners,
  announcement_available: owners,
  announcement_help_desk: owners,
  explanation: { words: 'all', fills: ['username'], needs: ['username'] },
  request: { words: 'all', fills: ['username'], needs: ['username'] },
  approval: { words: 'all', fills: ['username', 'application'], needs: ['username', 'application'] },
  second_administrator: { words: 'all', canBeOff: true },
  guessing: { words: 'all', canBeOff: true },
  message_limit: { ...news, canBeOff: true },
  brake: news,
  domain: news,
  relationship: news,
  tenant_link: news,
  new_administrator: news,
} as const satisfies Partial<Record<NoticeTemplate | Mail['template'], NoticeKind>>

export type NoticeKindName = keyof typeof noticeKinds

/** What may be said of this kind; undefined for a name that is none. */
export const noticeKind = (name: string): NoticeKind | undefined =>
  Object.hasOwn(noticeKinds, name) ? noticeKinds[name as NoticeKindName] : undefined

/** A company's own words; what is null stays as it is everywhere. */
export interface Wording {
  subject: string | null
  /** In place of the first paragraph. */
  opening: string | null
  /** After everything else. */
  closing: string | null
}

/** How a placeholder is written. */
export const PLACEHOLDER = /\{(\w+)\}/g

/** A message with a company's own words in it. Where, when and what to do about it stay in it. */
export function reworded(text: Text, wording: Wording, values: Partial<Record<string, string>>): Text {
  // In one pass: a name that looks like a placeholder stays what it is.
  const fill = (own: string) => own.replace(PLACEHOLDER, (written, name: string) => values[name] ?? written)
  const [first = '', ...rest] = text.text.trimEnd().split('\n\n')
  const { subject, opening, closing } = wording
  return {
    ...text,
    ...(subject !== null && { subject: fill(subject) }),
    text: paragraphs(opening === null ? first : fill(opening), ...rest, closing === null ? '' : fill(closing)),
  }
}

/** What the placeholders of a mail stand for. */
export function valuesOf(locale: Locale, { template, variables }: Mail): Partial<Record<Placeholder, string>> {
  const told = variables as Partial<Record<'organization' | 'username' | 'kind' | 'renamedTo' | 'application', string>>
  const all: Record<Placeholder, () => string | undefined> = {
    organization: () => told.organization,
    username: () => told.username,
    kind: () => kindName(locale, told.kind),
    newName: () => told.renamedTo,
    application: () => told.application,
  }
  const filled: readonly Placeholder[] = ['organization', ...(noticeKind(template)?.fills ?? [])]
  return Object.fromEntries(filled.map(name => [name, all[name]()]).filter(([, value]) => value !== undefined))
}
