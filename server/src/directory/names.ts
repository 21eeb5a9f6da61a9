import { foldName } from '../typing/index.ts'
import { directoryError } from './errors.ts'

/** A sign-in name taken apart, folded so that two spellings of one name are equal. */
export interface TypedName {
  /** The whole name as it is looked up. Failures are counted on it too, known or not. */
  folded: string
  /** The part after `@`; empty where there is none, which no domain matches. */
  domain: string
}

/** Reads a typed name. Never throws: an impossible name is simply not found. */
export function readName(typed: string): TypedName {
  const folded = foldName(typed)
  const at = folded.lastIndexOf('@')
  return { folded, domain: at < 0 ? '' : folded.slice(at + 1) }
}

const LOCAL_PART = /^[A-Za-z0-9'._!#^~-]{1,64}$/
const DOMAIN = /^(?=.{1,48}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/

/** Whether a text can be a user principal name. */
export function isUserPrincipalName(name: string): boolean {
  const [local = '', domain = '', more] = name.split('@')
  return more === undefined && LOCAL_PART.test(local) && !local.endsWith('.') && DOMAIN.test(domain.toLowerCase())
}

/**
 * Refuses a user principal name that cannot be one (self-service password reset, §4.1): ASCII letters, digits and `' . - _ ! # ^ ~`, no period right before `@`, at most 64 and 48 characters on its sides.
 * Throws `user_principal_name_invalid`.
 */
export function checkUserPrincipalName(name: string): void {
  if (!isUserPrincipalName(name))
    throw directoryError('user_principal_name_invalid', `"${name}" cannot be a user principal name`)
}

/** Whether a text can be the name of a domain, in lower case. */
export const isDomain = (name: string) => DOMAIN.test(name)

/** Refuses a text that is no DNS name. Throws `domain_invalid`. */
export function checkDomain(name: string): void {
  if (!isDomain(name)) throw directoryError('domain_invalid', `"${name}" cannot be a domain`)
}

/** Refuses a display name that breaks out of its line: it stands in text messages, subjects and terminals. Throws `text_invalid`. */
export function checkDisplayName(name: string): void {
  if (name.trim() === '' || !/^[^\p{Cc}\p{Zl}\p{Zp}]{1,256}$/u.test(name))
    throw directoryError('text_invalid', 'a name takes 1 to 256 printable characters on one line')
}
