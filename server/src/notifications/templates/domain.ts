import type { EnglishWords, Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** What a check found of a domain, by the names of its words. */
interface Found {
  code: keyof EnglishWords['domains']['diagnosis']
  host?: string
  found?: string
}

/** The variables of a mail to those who keep a company's domains. */
export interface DomainVariables {
  organization: string
  domain: string
  /** `gaveUp`: no record was found in 72 hours. `recordGone`, `domainGone`: of a proven one. `forced`: people are renamed. `belowProven`: by a stranger. Of a contest: `contested`, `kept`, `contestOver`, `passed` to who holds it; `contesting`, `contestLost` to who contests. */
  about:
    | 'verified'
    | 'gaveUp'
    | 'recordGone'
    | 'domainGone'
    | 'forced'
    | 'belowProven'
    | 'contested'
    | 'kept'
    | 'contestOver'
    | 'passed'
    | 'contesting'
    | 'contestLost'
  /** ISO 8601. */
  until?: string
  diagnosis?: Found[]
}

/** Tells of a domain that was proven, was not, lost its record, or goes. */
export function domainMessage(locale: Locale, variables: DomainVariables): Text {
  const { t, language } = locale
  const { organization, domain, about, until, diagnosis = [] } = variables
  const when = until === undefined ? '' : locale.dateTime(new Date(until))
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t(`messages.domain.${about}.subject`, { domain }),
    text: paragraphs(
      t(`messages.domain.${about}.body`, { domain, organization, when }),
      ...diagnosis.map(({ code, host = '', found = '' }) => `- ${t(`domains.diagnosis.${code}`, { host, found })}`),
      t(`messages.domain.${about}.advice`),
    ),
  }
}
