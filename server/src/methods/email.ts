import type { User } from '../directory/index.ts'
import { mailboxOf, readAddress as read } from '../typing/index.ts'
import { type Method, sentCode } from './contract.ts'
import { refuse } from './errors.ts'

/** A code to an address that can be read without the password of the account. */
export const email: Method = {
  kind: 'email',
  channels: ['email'],
  selfService: true,
  hint(address) {
    const [local = '', domain = ''] = address.split('@')
    return `${[...local][0]}•••••@${[...domain][0]}•••••`
  },
  ...sentCode,
}

/** The address as it is stored and sent to. Throws `email_invalid`. */
export function readAddress(typed: string): string {
  const address = read(typed)
  if (address === undefined) throw refuse('email_invalid', { field: 'address' })
  return address
}

/**
 * Refuses an address that leads back to the account itself, which nobody could read without the password (self-service password reset, §2.2).
 * A tenant's domains share their mailboxes, and what follows a plus sign leads to the same one.
 * Throws `email_is_this_account`, `email_own_domain`.
 */
export function checkAddress(
  address: string,
  user: User,
  ownDomains: { allowed: boolean; domains: readonly string[] },
) {
  const { domain } = mailboxOf(address)
  if (isOwnAddress(address, user, ownDomains.domains)) throw refuse('email_is_this_account', { field: 'address' })
  if (!ownDomains.allowed && ownDomains.domains.includes(domain)) throw refuse('email_own_domain', { field: 'address' })
}

/** Whether an address leads to the account itself, by its name, its addresses, or another domain of the tenant. */
export function isOwnAddress(address: string, user: User, domains: readonly string[]): boolean {
  const asked = mailboxOf(address)
  const within = (domain: string) => domains.includes(domain)
  const own = [user.userPrincipalName, user.mail, ...user.proxyAddresses.map(proxy => proxy.replace(/^smtp:/i, ''))]
    .filter(other => other !== null)
    .map(mailboxOf)
  return own.some(
    ({ mailbox, domain }) =>
      mailbox === asked.mailbox && (domain === asked.domain || (within(domain) && within(asked.domain))),
  )
}
