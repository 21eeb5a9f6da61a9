import { isUuid } from '../crypto/index.ts'
import { applicationError } from './errors.ts'

/** A role that an application knows. `User` stands for people and groups, `Application` for programs. */
export interface AppRole {
  id: string
  value: string
  displayName: string
  description?: string
  allowedMemberTypes: ('User' | 'Application')[]
}

/** What stands in tokens for a role or a scope: characters of an OAuth scope, none of which cuts an address. */
const tokenValue = /^(?!\.)[!#-.0-[\]-~]{1,120}$/

/** Whether a text may be the value of a role or the name of a scope. */
export const isTokenValue = (text: string) => tokenValue.test(text)

/** Refuses a text that pages and terminals could not show on one line, or would show in another order. Throws `text_invalid`. */
export function checkLabel(text: string): void {
  if (text.trim() === '' || !/^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]{1,256}$/u.test(text))
    throw applicationError('text_invalid', 'A name takes 1 to 256 printable characters on one line.')
}

/** Refuses a longer text likewise. Throws `text_invalid`. */
export function checkText(text: string): void {
  if (text.trim() === '' || !/^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]{1,1024}$/u.test(text))
    throw applicationError('text_invalid', 'A text takes 1 to 1024 printable characters.')
}

/** The role of an assignment to no role in particular (Microsoft Graph). */
export const DEFAULT_ROLE = '00000000-0000-0000-0000-000000000000'

/** Refuses roles that tokens could not name unmistakably. Throws `role_invalid`, `role_duplicate`, `text_invalid`. */
export function checkRoles(roles: readonly AppRole[]): void {
  for (const { id, value, displayName, allowedMemberTypes } of roles) {
    checkLabel(displayName)
    if (!isUuid(id) || id === DEFAULT_ROLE)
      throw applicationError('role_invalid', `The id of the role "${value}" is no UUID in lower case.`)
    if (!isTokenValue(value))
      throw applicationError('role_invalid', `"${value}" is no role: it takes up to 120 letters, digits and signs.`)
    if (new Set(allowedMemberTypes).size < allowedMemberTypes.length)
      throw applicationError('role_invalid', `The role "${value}" names a member type twice.`)
  }
  const twice = repeated(roles.map(({ value }) => value)) ?? repeated(roles.map(({ id }) => id))
  if (twice !== undefined) throw applicationError('role_duplicate', `The role "${twice}" is there twice.`)
}

/** The first text that stands in a list twice. */
export const repeated = (texts: readonly string[]) => texts.find((text, place) => texts.indexOf(text) !== place)

/** Roles or scopes with ids: one of the same value keeps its own, so that those who have it go on having it. */
export const keepIds = <T extends { id?: string; value: string }>(
  former: readonly { id: string; value: string }[],
  all: readonly T[],
  newId: () => string,
): (T & { id: string })[] =>
  all.map(one => ({ ...one, id: one.id ?? former.find(({ value }) => value === one.value)?.id ?? newId() }))
