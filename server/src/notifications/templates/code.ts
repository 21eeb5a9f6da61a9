import type { Locale } from '../../words/index.ts'
import type { Message } from '../senders.ts'
import { paragraphs, type Text } from './text.ts'

/** A code by mail, text message or call. It never names the account: the reader may be a stranger. The code comes first, because an organization's name may hold digits. */
export function codeMessage(
  locale: Locale,
  channel: Message['channel'],
  variables: {
    organization: string
    code: string
    seconds: number
    askedBy: 'reset' | 'session' | 'mailbox'
    origin: string
    /** The link that stops all such mails. */
    stop?: string
  },
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
  if (channel === 'voice') {
    const said = { organization, digits: [...code].join(', ') }
    return { ...head, text: t('messages.code.voice', said), again: t('messages.code.voiceAgain', said) }
  }
  return {
    ...head,
    code,
    ...(variables.stop !== undefined && { unsubscribe: variables.stop }),
    subject: t('messages.code.subject', { organization, code }),
    text: paragraphs(
      t('messages.code.heading'),
      code,
      t(`messages.code.askedBy.${askedBy}`, { organization }),
      t('messages.code.expires', { duration, organization }),
      t('messages.code.notYou'),
      ...(variables.stop === undefined ? [] : [t('messages.code.stop', { link: variables.stop })]),
    ),
  }
}
