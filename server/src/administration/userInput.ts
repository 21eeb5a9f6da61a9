import type { Action } from '../access/index.ts'
import { DirectoryError, type UserChanges } from '../directory/index.ts'
import { readAddress, readNumber } from '../typing/index.ts'
import { refuse } from './errors.ts'

/** What an administrator says of a user, by the names of `/v1.0`; undefined: stays. */
export interface UserInput extends UserChanges {
  mobilePhone?: string | null | undefined
  /** At most one. */
  businessPhones?: readonly string[] | undefined
  /** The first one is contact info, and so opens resets. */
  otherMails?: readonly string[] | undefined
  passwordProfile?: PasswordInput | undefined
}

export interface PasswordInput {
  password?: string | undefined
  forceChangePasswordNextSignIn?: boolean | undefined
}

/** A new user. */
export interface NewUserInput extends UserInput {
  displayName: string
  userPrincipalName: string
  accountEnabled: boolean
}

/** What opens a reset or decides who somebody is (administration on the wire, §2.1). */
const SENSITIVE = [
  'mail',
  'mobilePhone',
  'businessPhones',
  'otherMails',
  'onPremisesImmutableId',
  'passwordPolicies',
] as const

/** What a change of a property takes. */
export function actionOf(name: string): Action {
  if (name === 'passwordProfile') return 'passwords.write'
  if (name === 'userPrincipalName') return 'users.rename'
  if (name === 'accountEnabled') return 'users.enable'
  return SENSITIVE.some(one => one === name) ? 'users.sensitive' : 'users.update'
}

/** The properties that change. */
export const namesIn = (input: UserInput): string[] =>
  Object.entries(input).flatMap(([name, value]) => (value === undefined ? [] : [name]))

/** The input with numbers and addresses as they are stored. Throws `property_invalid`. */
export function readInput<T extends UserInput>(input: T): T {
  const { mail, mobilePhone, businessPhones, otherMails } = input
  return {
    ...input,
    ...(mail != null && { mail: addressOf(mail, 'mail') }),
    ...(mobilePhone != null && { mobilePhone: numberOf(mobilePhone, 'mobilePhone') }),
    ...(businessPhones && { businessPhones: businessPhones.map(one => numberOf(one, 'businessPhones')) }),
    ...(otherMails && { otherMails: otherMails.map(one => addressOf(one, 'otherMails')) }),
  }
}

function numberOf(typed: string, field: string): string {
  const number = readNumber(typed)
  if (number === undefined) throw refuse('property_invalid', { field })
  return number
}

function addressOf(typed: string, field: string): string {
  const address = readAddress(typed)
  if (address === undefined) throw refuse('property_invalid', { field })
  return address
}

/** What the directory refuses, as programs are told it. What the operator reads is its cause. */
export async function asRefused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof DirectoryError)) throw error
    const refusal = refusalOf(error)
    if (!refusal) throw error
    refusal.cause = error
    throw refusal
  }
}

function refusalOf({ code }: DirectoryError) {
  switch (code) {
    case 'user_exists':
      return refuse('ObjectConflict', { field: 'userPrincipalName' })
    case 'domain_invalid':
      return refuse('domain_not_verified', { field: 'userPrincipalName' })
    case 'user_principal_name_invalid':
      return refuse('property_invalid', { field: 'userPrincipalName' })
    case 'text_invalid':
      return refuse('property_invalid', { field: 'displayName' })
    default:
      return undefined
  }
}
