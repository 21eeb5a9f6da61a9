import { domainToASCII, domainToUnicode } from 'node:url'
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

// What is looked up: labels, the last of which is no number, as it would be in an IP address.
const LOOKED_UP = /^([^.]+\.)+[^.]*[a-z][^.]*$/

/**
 * The address as it is stored and sent to: in NFC, its domain in the one spelling that is looked up, so that full-width letters or percent signs cannot make a second name for one mailbox. Addresses in any script are fine.
 * Throws `email_invalid`.
 */
export function readAddress(typed: string): string {
  const address = typed.trim().normalize('NFC')
  const [local = '', domain = ''] = address.split('@')
  const ascii = domainToASCII(domain)
  if (
    !ADDRESS.test(address) ||
    address.length > 254 ||
    local.startsWith('.') ||
    local.endsWith('.') ||
    !LOOKED_UP.test(ascii)
  )
    throw new MethodError('email_invalid', 'address')
  return `${local}@${domainToUnicode(ascii)}`
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
  const asked = comparable(address)
  const own = [user.userPrincipalName, user.mail, ...user.proxyAddresses.map(proxy => proxy.replace(/^smtp:/i, ''))]
  if (own.some(other => other !== null && comparable(other).whole === asked.whole))
    throw new MethodError('email_is_this_account', 'address')
  if (!ownDomains.allowed && ownDomains.domains.includes(asked.domain))
    throw new MethodError('email_own_domain', 'address')
}

function comparable(address: string) {
  const at = address.lastIndexOf('@')
  const domain = domainToASCII(address.slice(at + 1))
  return { domain, whole: `${address.slice(0, at).toLowerCase()}@${domain}` }
}
