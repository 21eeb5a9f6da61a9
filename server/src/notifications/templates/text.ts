import type { Message } from '../senders.ts'

/** The words of a message. */
export type Text = Pick<
  Message,
  'from' | 'subject' | 'text' | 'language' | 'code' | 'unsubscribe' | 'unsubscribesAtOnce' | 'again'
>

export const lines = (...parts: string[]) => parts.filter(Boolean).join('\n')
export const paragraphs = (...parts: string[]) => `${parts.filter(Boolean).join('\n\n')}\n`
