import { domainToASCII } from 'node:url'
import { foldName } from '../typing/index.ts'
import { isDomain } from './names.ts'

/** A typed domain in the one spelling that is looked up, letters of other scripts as `xn--`; undefined where it can be none. */
export function readDomain(typed: string): string | undefined {
  const folded = foldName(typed)
  const name = /^[\x21-\x7e]*$/.test(folded) ? folded : domainToASCII(folded)
  // An address of numbers is no name.
  return isDomain(name) && /[a-z]/.test(name.slice(name.lastIndexOf('.'))) ? name : undefined
}

/** The domain in an address, a web address or a domain, as people type them; undefined where there is none. */
export function readDomainIn(typed: string): string | undefined {
  const host = typed.trim().replace(/^https?:\/\//i, '')
  return readDomain(host.slice(host.lastIndexOf('@') + 1).replace(/[/?#:].*$/, ''))
}

/** The names above a domain, the nearest first. */
export const namesAbove = (name: string): string[] => {
  const labels = name.split('.')
  return labels.slice(1, -1).map((_, place) => labels.slice(place + 1).join('.'))
}

export const isBelow = (name: string, above: string) => name === above || name.endsWith(`.${above}`)
