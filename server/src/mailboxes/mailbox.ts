import type { Means } from '../crypto/index.ts'
import { spendMailbox } from '../limits/index.ts'
import type { Trx } from '../store/index.ts'
import { mailboxOf } from '../typing/index.ts'
import { refuse } from './errors.ts'

/** The mailbox of an address as it is counted and stopped: without the tag, which its reader chooses. */
const nameOf = (address: string): string => {
  const { mailbox, domain } = mailboxOf(address)
  return `${mailbox}@${domain}`
}

/** The keyed hashes of a mailbox, one for each secret, newest first. */
export const subjectsOf = ({ keys }: Pick<Means, 'keys'>, address: string): Buffer[] =>
  keys.macs('mailbox', nameOf(address))

/** Counts a mail to an address that somebody typed. Throws `throttled`: the caller's transaction fails with it, so that nothing stays counted. */
export async function countMail(trx: Trx, means: Means, address: string): Promise<void> {
  const spent = await spendMailbox(trx, means, nameOf(address))
  if (!spent.allowed) throw refuse('throttled', { retryAfter: spent.retryAfter })
}
