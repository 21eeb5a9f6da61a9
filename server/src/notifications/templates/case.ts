import type { EnglishWords, Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** The variables of a mail to somebody who has opened a case. `news`: what has become of it (`raised`: a help desk opened it for them), or that they asked for its link. */
export interface CaseVariables {
  number: string
  news: 'opened' | 'raised' | 'asked' | 'answered' | 'handed' | 'moved' | 'closed'
}

/** Leads back to a case. Nothing that anybody typed stands in it, so that nobody sends words of their own through us. */
export function caseMessage(locale: Locale, { number, news }: CaseVariables, link: string): Text {
  const { t } = locale
  return {
    from: 'Latchkey',
    language: locale.language,
    subject: t(`messages.case.${news}.subject`, { number }),
    text: paragraphs(
      t(`messages.case.${news}.body`, { number }),
      link,
      t('messages.case.keep'),
      t(news === 'raised' ? 'messages.case.notCalled' : 'messages.case.notYou'),
    ),
  }
}

/**
 * The variables of a mail to those who are asked. `inDomain`: whether the mailbox that asks is in the company's domain.
 * `addressProved`: false where a helper wrote the mailbox down and nobody has proved it.
 */
export interface CaseHelpVariables {
  organization: string
  number: string
  kind: keyof EnglishWords['cases']['kind']
  news: 'opened' | 'replied'
  inDomain: boolean
  addressProved: boolean
}

/** What the mailbox that asks proves. A mail of before, queued without it, was of a proved one. */
const proofOf = ({ inDomain, addressProved }: CaseHelpVariables) =>
  addressProved === false ? 'notProved' : inDomain ? 'inDomain' : 'notInDomain'

/** Tells helpers of a case, and what is unproved. What was written stands on its page alone. */
export function caseHelpMessage(locale: Locale, variables: CaseHelpVariables, link: string): Text {
  const { t } = locale
  const { organization, number, kind, news } = variables
  const proof = proofOf(variables)
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.caseHelp.${news}.subject`, { organization, number }),
    text: paragraphs(
      t(`messages.caseHelp.${proof === 'notProved' && news === 'opened' ? 'raised' : news}.body`, { number }),
      t('messages.caseHelp.about', { kind: t(`cases.kind.${kind}`) }),
      t(`messages.caseHelp.${proof}`),
      link,
    ),
  }
}

/** Tells the provider whom a company has named. The link leads to the case without a sign-in. */
export function caseProviderMessage(locale: Locale, variables: CaseHelpVariables, link: string): Text {
  const { t } = locale
  const { organization, number, kind, news } = variables
  return {
    from: t('messages.from', { organization }),
    language: locale.language,
    subject: t(`messages.caseProvider.${news}.subject`, { organization, number }),
    text: paragraphs(
      t(`messages.caseProvider.${news}.body`, { organization, number }),
      link,
      t('messages.caseHelp.about', { kind: t(`cases.kind.${kind}`) }),
      t(`messages.caseProvider.${proofOf(variables)}`, { organization }),
      t('messages.caseProvider.keep', { organization }),
    ),
  }
}
