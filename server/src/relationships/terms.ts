import { type Role, roles, templateIds } from '../access/index.ts'
import { DAY, plus } from '../clock.ts'
import { refuse } from './errors.ts'

/** A relationship has at most this many roles. */
const ROLES_AT_MOST = 30

/** The days of two years, the longest duration. */
const LONGEST = 730

/** How long an extension lasts (partners on the wire, §1). */
export const EXTENSION = 180 * DAY

const AUTO_EXTEND = ['PT0S', 'P0D', 'P180D'] as const
type AutoExtend = (typeof AUTO_EXTEND)[number]

/** The days of an ISO 8601 duration of P1D to P2Y; years count 365 and months 30. Throws `duration_invalid`. */
export function daysOf(duration: string): number {
  const parts = /^P(?:(\d{1,2})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?$/.exec(duration)
  const [years = 0, months = 0, weeks = 0, days = 0] = (parts ?? []).slice(1).map(part => Number(part ?? 0))
  const all = years * 365 + months * 30 + weeks * 7 + days
  if (!parts || all < 1 || all > LONGEST) throw refuse('duration_invalid', { field: 'duration' })
  return all
}

/** The days that people choose from. */
const USUAL = [30, 90, 180, 365]

/** The usual days that are fewer than those of a duration, and its own. */
export function daysWithin(duration: string): number[] {
  const own = daysOf(duration)
  return [...USUAL.filter(days => days < own), own]
}

/** When a duration that begins now ends. */
export const endOf = (now: Date, duration: string): Date => plus(now, daysOf(duration) * DAY)

/** The built-in roles of these template ids, once each. Throws `role_unknown`. */
export function rolesOf(ids: readonly string[]): Role[] {
  const found = [...new Set(ids.map(id => id.toLowerCase()))].map(id => roles.find(role => templateIds[role] === id))
  if (found.length === 0 || found.length > ROLES_AT_MOST || found.includes(undefined))
    throw refuse('role_unknown', { field: 'unifiedRoles' })
  return found as Role[]
}

/** As Microsoft Graph writes roles. */
export const unifiedRoles = (held: readonly string[]) =>
  held.map(role => ({ roleDefinitionId: templateIds[role as Role] }))

/** Whether an end that comes is put off. Throws `auto_extend_invalid`: whoever holds every right is asked again. */
export function readAutoExtend(asked: string, held: readonly Role[]): boolean {
  if (!AUTO_EXTEND.includes(asked as AutoExtend)) throw refuse('auto_extend_invalid', { field: 'autoExtendDuration' })
  const extends_ = asked === 'P180D'
  if (extends_ && held.includes('Global Administrator'))
    throw refuse('auto_extend_invalid', { field: 'autoExtendDuration' })
  return extends_
}

export const autoExtendDuration = (extended: boolean): AutoExtend => (extended ? 'P180D' : 'PT0S')
