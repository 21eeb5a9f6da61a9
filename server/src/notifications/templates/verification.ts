import type { Row } from '../../store/index.ts'
import type { Locale } from '../../words/index.ts'
import { lines, paragraphs, type Text } from './text.ts'

/** What has become of a partner's verification. `overdue` is for the operator's reviewers. */
export type VerificationMailNews = 'prove' | 'asked' | 'rejected' | 'reminded' | 'suspended' | 'accepted' | 'overdue'

/** The variables of the mail. `days`: since a rejection. */
export interface VerificationVariables {
  organization: string
  company: string
  news: VerificationMailNews
  stage: Row<'partner_stages'>['stage']
  reason: Row<'partner_stages'>['reason']
  days: number
}

const TO_FIX: readonly VerificationMailNews[] = ['asked', 'rejected', 'reminded', 'suspended']

/** Tells a partner's primary contact what has become of its verification. `link`: proves the mailbox. */
export function verificationMessage(
  locale: Locale,
  { organization, company, news, stage, reason, days }: VerificationVariables,
  link: string,
): Text {
  const { t, language } = locale
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t(`messages.verification.${news}.subject`, { company }),
    text: paragraphs(
      t(`messages.verification.${news}.body`, { company, count: days }),
      ...(news === 'prove' ? [link, t('messages.verification.notYou')] : []),
      ...(TO_FIX.includes(news)
        ? [
            lines(
              t('messages.verification.checked', { stage: t(`messages.verification.stages.${stage}`) }),
              reason === null
                ? ''
                : t('messages.verification.because', { reason: t(`messages.verification.reasons.${reason}`) }),
            ),
            t('messages.verification.fix'),
          ]
        : []),
    ),
  }
}
