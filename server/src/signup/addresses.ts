import { domainToUnicode } from 'node:url'
import { isPublicSuffix, isUserPrincipalName, namesAbove, readDomain } from '../directory/index.ts'
import { mailboxOf, readAddress, shownDomain } from '../typing/index.ts'
import { refuse } from './errors.ts'
import { listed } from './lists.ts'

const personal = listed('./personal-domains.txt')
const disposable = listed('./disposable-domains.txt')
const roles = listed('./role-addresses.txt')

/** An address at which a company's sign-up can be proven. */
export interface CompanyAddress {
  /** Where mail is sent. */
  address: string
  /** Its local part in small letters, without the tag: a suggestion for a user name. */
  local: string
  /** As it is looked up. */
  domain: string
}

/**
 * The address of somebody who signs a company up (work accounts on the wire, §4).
 * Throws `address_invalid`, `address_initial_domain`, `address_personal`, `address_disposable`, `address_role`.
 */
export function readCompanyAddress(typed: string, suffix: string | undefined): CompanyAddress {
  const read = readAnyAddress(typed)
  const names = [read.domain, ...namesAbove(read.domain)]
  if (suffix !== undefined && names.includes(suffix)) throw refuse('address_initial_domain', { field: 'address' })
  if (names.some(isPersonal)) throw refuse('address_personal', { field: 'address' })
  if (names.some(name => disposable().has(name))) throw refuse('address_disposable', { field: 'address' })
  if (isRole(read.local)) throw refuse('address_role', { field: 'address' })
  return read
}

/**
 * The address of somebody who makes an account for themselves: it becomes the account's name, without its tag.
 * Throws as `readCompanyAddress` does.
 */
export function readPersonAddress(typed: string, suffix: string | undefined): CompanyAddress {
  const read = readCompanyAddress(typed, suffix)
  // Below a public suffix are many companies: its first mailbox would name the tenant of them all.
  if (isPublicSuffix(read.domain) || !isUserPrincipalName(`${read.local}@${read.domain}`))
    throw refuse('address_invalid', { field: 'address' })
  return read
}

/** Any address that mail can be sent to, also of several people. Throws `address_invalid`. */
export function readAnyAddress(typed: string, field = 'address'): CompanyAddress {
  const address = readAddress(typed)
  // A local part of another script cannot be a user name, and its look-alikes cannot be told apart.
  if (address === undefined || !/^[\x21-\x7e]+$/.test(address.slice(0, address.lastIndexOf('@'))))
    throw refuse('address_invalid', { field })
  const { mailbox, domain } = mailboxOf(address)
  if (readDomain(domain) === undefined || shownDomain(domain) !== domainToUnicode(domain))
    throw refuse('address_invalid', { field })
  return { address, local: mailbox, domain }
}

function isPersonal(domain: string): boolean {
  // "name.*": the provider's names in each country.
  const [, name] = /^([a-z0-9-]+)\.(?:com|(?:com?\.)?[a-z]{2})$/.exec(domain) ?? []
  return personal().has(domain) || (name !== undefined && personal().has(`${name}.*`))
}

/** Whether several people read the mailbox: by its local part less dots, hyphens and the digits at its end. */
const isRole = (local: string) => roles().has(local.replace(/[.-]/g, '').replace(/[0-9]+$/, ''))
