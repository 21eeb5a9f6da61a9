import type { DirectoryPerson } from '@latchkey/protocol'
import {
  type Contacts,
  checkDisplayName,
  checkUserPrincipalName,
  type User,
  type UserChanges,
} from '../directory/index.ts'
import { isOwnAddress } from '../methods/index.ts'
import { foldAddress, readAddress, readNumber } from '../typing/index.ts'

/** A person as an entry of the company's directory makes them here. Undefined: the entry says nothing of it. */
export interface Told {
  userPrincipalName: string
  accountEnabled: boolean
  displayName: string | undefined
  givenName: string | null | undefined
  surname: string | null | undefined
  mail: string | null | undefined
  mobilePhone: string | null | undefined
  officePhone: string | null | undefined
  otherMails: string[] | undefined
}

/** As many other addresses a person may have. */
const MAILS_AT_MOST = 20

/**
 * Reads what an entry says. Numbers that are none and addresses that are none are left out: they open nothing. Undefined
 * where its name cannot be one.
 */
export function readTold(person: DirectoryPerson): Told | undefined {
  const { userPrincipalName, enabled, displayName, mail, mobilePhone, businessPhones, otherMails } = person
  if (!passes(checkUserPrincipalName, userPrincipalName)) return undefined
  return {
    userPrincipalName,
    accountEnabled: enabled,
    displayName: nameOf(displayName) ?? undefined,
    givenName: nameOf(person.givenName),
    surname: nameOf(person.surname),
    mail: mail == null ? mail : (readAddress(mail) ?? null),
    mobilePhone: mobilePhone == null ? mobilePhone : (readNumber(mobilePhone) ?? null),
    officePhone: businessPhones && (businessPhones.map(one => readNumber(one)).find(one => one !== undefined) ?? null),
    otherMails: otherMails && addressesOf(otherMails),
  }
}

function passes(check: (text: string) => void, text: string): boolean {
  try {
    check(text)
    return true
  } catch {
    return false
  }
}

const nameOf = (text: string | null | undefined) => (text == null || passes(checkDisplayName, text) ? text : null)

function addressesOf(typed: readonly string[]): string[] {
  const read = typed.map(one => readAddress(one)).filter(one => one !== undefined)
  return [...new Map(read.map(one => [foldAddress(one), one])).values()].slice(0, MAILS_AT_MOST)
}

/** What is different here. Contacts that are absent stay. */
export interface Difference {
  profile: UserChanges
  mobilePhone?: string | null
  officePhone?: string | null
  /** The first opens resets, the others nothing. */
  email?: string | null
  otherMails?: string[]
}

/** What a person lacks to be as told. `domains`: of the tenant, whose mailboxes may be the account itself (decision 24). */
export function differenceOf(user: User, contacts: Contacts, told: Told, domains: readonly string[]): Difference {
  const { displayName, givenName, surname, mail } = told
  const profile: UserChanges = {
    userPrincipalName: other(user.userPrincipalName, told.userPrincipalName),
    accountEnabled: other(user.accountEnabled, told.accountEnabled),
    displayName: other(user.displayName, displayName),
    givenName: other(user.givenName, givenName),
    surname: other(user.surname, surname),
    mail: other(user.mail, mail),
  }
  const after = { ...user, userPrincipalName: told.userPrincipalName, mail: mail === undefined ? user.mail : mail }
  const mobilePhone = other(contacts.byKind.mobilePhone ?? null, told.mobilePhone)
  const officePhone = other(contacts.byKind.officePhone ?? null, told.officePhone)
  const [first, others] = proving(told.otherMails, address => isOwnAddress(address, after, domains))
  const email = other(contacts.byKind.email ?? null, first)
  return {
    profile,
    ...(mobilePhone !== undefined && { mobilePhone }),
    ...(officePhone !== undefined && { officePhone }),
    ...(email !== undefined && { email }),
    ...(others && others.join() !== contacts.otherMails.join() && { otherMails: others }),
  }
}

const other = <T>(here: T, told: T | undefined): T | undefined => (told === here ? undefined : told)

/** The address that proves, and the rest: a mailbox that opens by the account itself proves nothing. */
function proving(
  mails: string[] | undefined,
  isOwn: (address: string) => boolean,
): [first: string | null | undefined, others: string[] | undefined] {
  if (!mails) return [undefined, undefined]
  const first = mails.find(address => !isOwn(address)) ?? null
  return [first, mails.filter(address => address !== first)]
}

/** The names of what is different, as `/v1.0` has them. */
export function namesIn({ profile, ...contacts }: Difference): string[] {
  const named = {
    mobilePhone: 'mobilePhone',
    officePhone: 'businessPhones',
    email: 'otherMails',
    otherMails: 'otherMails',
  }
  const changed = Object.entries(profile).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  return [...new Set([...changed, ...Object.keys(contacts).map(name => named[name as keyof typeof named])])]
}
