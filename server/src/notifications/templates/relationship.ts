import type { Locale } from '../../words/index.ts'
import { lines, paragraphs, type Text } from './text.ts'

/** What has become of something between a partner and a customer. */
export type RelationshipNews =
  | 'approved'
  | 'rejected'
  | 'reduced'
  | 'extensionOn'
  | 'extensionOff'
  | 'extended'
  | 'reminded'
  | 'expired'
  | 'terminated'
  | 'used'
  | 'dapGiven'
  | 'dapReduced'
  | 'dapWoken'
  | 'dapReminded'
  | 'dapAsleep'
  | 'dapExpired'
  | 'dapEnded'
  | 'resaleBegun'
  | 'resaleEnded'
  | 'partnershipBegun'
  | 'partnershipEnded'
  | 'rescueAgreed'

/** The variables of the mail. `other`: the other side; `who`: who did it, where somebody did; `until`, `at`: ISO 8601. */
export interface RelationshipVariables {
  organization: string
  other: string
  relationship: string
  news: RelationshipNews
  who: string
  until: string
  at: string
}

/** Tells both sides of a relationship what has become of it. */
export function relationshipMessage(
  locale: Locale,
  { organization, other, relationship, news, who, until, at }: RelationshipVariables,
): Text {
  const { t, language } = locale
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t(`messages.relationship.${news}.subject`, { relationship, other }),
    text: paragraphs(
      t(`messages.relationship.${news}.body`, { relationship, other }),
      lines(
        other ? t('messages.relationship.other', { other }) : '',
        t('messages.notice.when', { when: locale.dateTime(new Date(at)) }),
        who ? t('messages.relationship.who', { who }) : '',
        until ? t('messages.relationship.until', { until: locale.dateTime(new Date(until)) }) : '',
      ),
      t('messages.relationship.ends'),
    ),
  }
}
