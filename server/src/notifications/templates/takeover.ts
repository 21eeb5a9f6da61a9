import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of mails about a claim to administer a domain. `until`: ISO 8601. */
export interface TakeoverVariables {
  /** To who claims. */
  claim: {
    domain: string
    news:
      | 'granted'
      | 'proved'
      | 'waiting'
      | 'ready'
      | 'lapsed'
      | 'finished'
      | 'disputed'
      | 'present'
      | 'allowed'
      | 'refused'
      | 'undone'
      | 'expired'
      | 'taken'
      | 'returned'
    until?: string
  }
  /** To everybody who is there. `claimant`: the mailbox that claims. */
  member: {
    organization: string
    domain: string
    claimant: string
    username: string
    news: 'begun' | 'finished' | 'undone' | 'over'
    until: string
    /** The company that takes the people in: its name and its primary domain. */
    company?: string
    /** The company has administrators, whom nobody could reach. */
    isRecovery?: true
  }
  /** To somebody who is there, but none of those whom a company takes in. */
  staying: {
    organization: string
    domain: string
    company: string
    username: string
    news: 'finished' | 'undone'
    until: string
  }
  /** To a company's technical contacts. */
  contact: { organization: string; domain: string; claimant: string; until: string }
}

const whenOf = (locale: Locale, until = '') => (until === '' ? '' : locale.dateTime(new Date(until)))

/** Tells who claims where they stand. Its first link is their own. */
export function claimMessage(locale: Locale, { domain, news, until }: TakeoverVariables['claim'], link: string): Text {
  const { t } = locale
  const when = whenOf(locale, until)
  return {
    from: 'Latchkey',
    language: locale.language,
    subject: t(`messages.claim.${news}.subject`, { domain }),
    text: paragraphs(t(`messages.claim.${news}.body`, { domain, when }), link, t('messages.claim.notYou')),
  }
}

/** Tells somebody who is there. Its first link is their own: there they object, or undo. */
export function takeoverMessage(
  locale: Locale,
  { organization, domain, claimant, username, news, until, company, isRecovery }: TakeoverVariables['member'],
  link: string,
): Text {
  const { t } = locale
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: company
      ? t(`messages.takeover.company.${news}.subject`, { domain })
      : t(`messages.takeover.${news}.subject`, { domain }),
    text: paragraphs(
      company
        ? t(`messages.takeover.company.${news}.body`, { company, domain, claimant, username })
        : t(`messages.takeover.${news}.body`, { domain, claimant, username, when: whenOf(locale, until) }),
      t(`messages.takeover.${news}.act`, { when: whenOf(locale, until) }),
      link,
      t(isRecovery ? 'messages.takeover.administrator' : 'messages.takeover.own'),
    ),
  }
}

/** Tells somebody who stays that others have left, or are back. */
export function stayingMessage(
  locale: Locale,
  { organization, domain, company, username, news, until }: TakeoverVariables['staying'],
): Text {
  const { t } = locale
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.staying.${news}.subject`, { domain }),
    text: paragraphs(
      t(`messages.staying.${news}.body`, { company, domain, username }),
      t(`messages.staying.${news}.act`, { when: whenOf(locale, until) }),
    ),
  }
}

/** Tells a technical contact that somebody recovers the company's administration, and what an administrator does about it. */
export function recoveryMessage(
  locale: Locale,
  { organization, domain, claimant, until }: TakeoverVariables['contact'],
): Text {
  const { t } = locale
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t('messages.recovery.subject', { domain }),
    text: paragraphs(
      t('messages.recovery.body', { domain, claimant, when: whenOf(locale, until) }),
      t('messages.recovery.act'),
    ),
  }
}
