import type { Locale } from '../../words/index.ts'
import { paragraphs, type Text } from './text.ts'

/** Tells administrators that strangers fail to prove who they are far more often than is usual. */
export function guessingMessage({ t, language }: Locale, { organization }: { organization: string }): Text {
  return {
    from: t('messages.from', { organization }),
    language,
    subject: t('messages.guessing.subject', { organization }),
    text: paragraphs(t('messages.guessing.body'), t('messages.guessing.advice')),
  }
}
