import { domainToASCII, domainToUnicode } from 'node:url'
import { lowerAscii, narrow, withoutInvisible } from './signs.ts'

// One address only: what could separate or wrap several (commas, brackets, line ends) is refused, not escaped.
// So are the three signs that normalizing would turn into ASCII: a Kelvin sign is not the letter of somebody's address.
const LOCAL = /^[^\s@"(),:;<>[\\\]\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u037e\u1fef\u212a]+$/u
// Letters, marks, digits: a parser of URLs would read a port, a path or a percent sign, and drop it without a word.
const DOMAIN = /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}.-])+$/u
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * An address as it is stored and sent to, its domain in the one spelling that is looked up; undefined for none.
 * Addresses in any script are fine.
 */
export function readAddress(typed: string): string | undefined {
  const address = withoutMarks(narrow(typed.trim()))
  const at = address.indexOf('@')
  const typedLocal = address.slice(0, at)
  const typedDomain = address.slice(at + 1)
  if (at < 0 || !LOCAL.test(typedLocal) || !DOMAIN.test(typedDomain)) return undefined
  const local = typedLocal.normalize('NFC')
  const ascii = domainToASCII(typedDomain)
  const domain = domainToUnicode(ascii)
  const labels = ascii.split('.')
  // The last label of a name is no number, as that of an IP address is.
  if (labels.length < 2 || !labels.every(label => LABEL.test(label)) || !/[a-z]/.test(labels.at(-1)!)) return undefined
  if (!DOMAIN.test(domain) || local.split('.').includes('')) return undefined
  // As mail servers count: in bytes.
  const length = Buffer.byteLength(local)
  return length <= 64 && ascii.length <= 253 && length + 1 + ascii.length <= 254 ? `${local}@${domain}` : undefined
}

/** Removes invisible signs of an ASCII address, where they are a mishap. In other scripts they make another word, and are refused. */
function withoutMarks(text: string): string {
  const bare = withoutInvisible(text)
  if (/^[\x20-\x7e]*$/.test(bare)) return bare.trim()
  return text.replace(
    /^\p{Default_Ignorable_Code_Point}+|(?<!\p{Default_Ignorable_Code_Point})\p{Default_Ignorable_Code_Point}+$/gu,
    '',
  )
}

/** An address or number as it is compared: with ASCII letters folded, and the domain as it is looked up. */
export function foldAddress(address: string): string {
  const at = address.lastIndexOf('@')
  if (at < 0) return lowerAscii(address)
  const domain = address.slice(at + 1)
  return lowerAscii(`${address.slice(0, at)}@${domainToASCII(domain) || domain}`)
}

/** The mailbox of an address, without the part after a plus sign, which its owner chooses. */
export function mailboxOf(address: string): { mailbox: string; domain: string } {
  const folded = foldAddress(address)
  const at = folded.lastIndexOf('@')
  // All letters are folded here: a mailbox that may be another's is refused too often rather than too seldom.
  const local = folded.slice(0, at).toLowerCase()
  return { mailbox: /^[^+]+/.exec(local)?.[0] ?? local, domain: folded.slice(at + 1) }
}
