import { domainToASCII } from 'node:url'
import type { User } from '../directory/index.ts'
import { type Method, sentCode } from './contract.ts'
import { MethodError } from './errors.ts'

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

// One address only: what could separate or wrap several (commas, brackets, line ends) is refused, not escaped.
const ADDRESS = /^[^\s@"(),:;<>[\\\]\p{Cc}\p{Cf}]{1,64}@[^\s@"(),:;<>[\\\]\p{Cc}\p{Cf}]{1,253}$/u

/** The address as it is stored and sent to: in NFC, its domain in lower case. Addresses in any script are fine. Throws `email_invalid`. */
export function readAddress(typed: string): string {
  const address = typed.trim().normalize('NFC')
  const [local = '', domain = ''] = address.split('@')
  const ascii = domainToASCII(domain)
  if (
    !ADDRESS.test(address) ||
    address.length > 254 ||
    local.startsWith('.') ||
    local.endsWith('.') ||
    !/^[^.]+(\.[^.]+)+$/.test(ascii)
  )
    throw new MethodError('email_invalid', 'address')
  return `${local}@${domain.toLowerCase()}`
}

/**
 * Refuses an address that leads back to the account itself, which nobody could read without the password (self-service password reset, §2.2).
 * Throws `email_is_this_account`, `email_own_domain`.
 */
export function checkAddress(
  address: string,
  user: User,
  ownDomains: { allowed: boolean; domains: readonly string[] },
) {
  const same = (other: string | null) => other !== null && other.toLowerCase() === address.toLowerCase()
  const own = [user.userPrincipalName, user.mail, ...user.proxyAddresses.map(proxy => proxy.replace(/^smtp:/i, ''))]
  if (own.some(same)) throw new MethodError('email_is_this_account', 'address')
  const domain = address.split('@')[1] ?? ''
  if (!ownDomains.allowed && ownDomains.domains.includes(domain)) throw new MethodError('email_own_domain', 'address')
}
