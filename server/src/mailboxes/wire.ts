import { methods } from '../methods/index.ts'
import type { MailboxChallenge } from './challenge.ts'

/** A mailed code as its journey's reader sees it. */
export const mailboxChallengeView = ({ id, address, expiresAt, delivery, undelivered }: MailboxChallenge) => ({
  id,
  kind: 'email',
  hint: methods.email.hint!(address),
  expiresAt: expiresAt.toISOString(),
  delivery,
  ...(undelivered && { reason: undelivered }),
})
