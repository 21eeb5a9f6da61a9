import type { Locale } from '../../words/index.ts'
import { lines, paragraphs, type Text } from './text.ts'

/** What has become of a rescue. */
export type RescueNews =
  | 'asked'
  | 'taken'
  | 'cooling'
  | 'ready'
  | 'settling'
  | 'disputed'
  | 'present'
  | 'allowed'
  | 'refused'
  | 'ended'
  | 'undone'
  | 'done'

/** The variables of the mail. `organization`: that nobody can sign in to; `people`: of the provider; `until`: ISO 8601. */
export interface RescueVariables {
  /** To who asked, to somebody who can object, or to an Admin agent of the firm. */
  to: 'asker' | 'told' | 'firm'
  organization: string
  news: RescueNews
  act: 'newPassword' | 'newAdministrator'
  /** Who gets a new password. */
  target: string
  asker: string
  number: string
  provider: string
  people: string
  until: string
}

/** Those who are told can object then. */
const OPEN: readonly RescueNews[] = ['cooling', 'ready']

/** While a Global Administrator's sign-in stops it. */
const STOPPABLE: readonly RescueNews[] = ['taken', ...OPEN]

/** Tells what has become of a rescue. Its first link is the reader's own; the firm has none. */
export function rescueMessage(
  locale: Locale,
  { to, organization, news, act, target, asker, number, provider, people, until }: RescueVariables,
  link?: string,
): Text {
  const { t, language } = locale
  const when = locale.dateTime(new Date(until))
  const todo = () => {
    if (to === 'firm') return t('messages.rescue.firm')
    if (to === 'asker') return t('messages.rescue.follow')
    if (news === 'settling') return t('messages.rescue.undo', { when })
    return t(OPEN.includes(news) ? 'messages.rescue.object' : 'messages.rescue.read', { when })
  }
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t(`messages.rescue.${news}.subject`, { organization }),
    text: paragraphs(
      t(`messages.rescue.${news}.body`, { organization, asker, when }),
      lines(
        t(`messages.rescue.${act}`, { target, organization }),
        t('messages.rescue.asker', { asker, number }),
        provider === '' ? '' : t('messages.rescue.provider', { provider }),
        people === '' ? '' : t('messages.rescue.people', { people }),
      ),
      todo(),
      ...(link === undefined ? [] : [link]),
      ...(to === 'told' && STOPPABLE.includes(news) ? [t('messages.rescue.administrator')] : []),
    ),
  }
}
