import { endOf, startOf } from '../../parts/days.ts'

/** The logs: everything but sign-ins, and sign-ins. */
export const logs = ['audit', 'sign-ins'] as const
export type Log = (typeof logs)[number]

/** What the address of a log says. */
export interface LogSearch {
  /** Days in the reader's time zone, as `2026-11-01`. */
  from?: string
  to?: string
  /** A whole user name: of who did it, or of who signed in. */
  who?: string
  /** The id of whom it was done to. */
  target?: string
  /** Our own name of an activity. */
  activity?: string
  /** `success` or `failure`; of a sign-in its number. */
  result?: string
  ip?: string
  /** The id that all events of one request or reset share. */
  correlation?: string
  /** New entries come by themselves. */
  live?: true
}

const patterns = {
  from: /^\d{4}-\d\d-\d\d$/,
  to: /^\d{4}-\d\d-\d\d$/,
  who: /^[^\s'\\]{1,113}$/,
  target: /^[0-9a-f-]{36}$/,
  activity: /^[a-zA-Z_]+\.[a-z_]+$/,
  result: /^(success|failure|\d{1,5})$/,
  ip: /^[0-9a-fA-F.:/]{2,43}$/,
  correlation: /^[0-9a-f-]{36}$/,
} as const

/** Reads the address. What it cannot mean is left out. */
export function readLogSearch(search: Record<string, unknown>): LogSearch {
  const read = Object.entries(patterns).flatMap(([name, pattern]) => {
    // The router reads a number where one was written.
    const value = String(search[name] ?? '')
    const isDay = (name !== 'from' && name !== 'to') || !Number.isNaN(Date.parse(value))
    return pattern.test(value) && isDay ? [[name, value]] : []
  })
  return { ...Object.fromEntries(read), ...(search.live === true && { live: true as const }) }
}

/** The `$filter` of a log for an address; undefined where nothing narrows it. `since`: entries of this moment or later. */
export function filterOf(log: Log, search: LogSearch, since?: string): string | undefined {
  const { from, to, who, target, activity, result, ip, correlation } = search
  const isAudit = log === 'audit'
  const moment = isAudit ? 'activityDateTime' : 'createdDateTime'
  const parts = [
    from && `${moment} ge ${startOf(from)}`,
    to && `${moment} lt ${endOf(to)}`,
    since && `${moment} ge ${since}`,
    who && `${isAudit ? 'initiatedBy/user/userPrincipalName' : 'userPrincipalName'} eq '${who}'`,
    target && (isAudit ? `targetResources/any(t:t/id eq '${target}')` : `userId eq '${target}'`),
    isAudit && activity && `activity eq '${activity}'`,
    isAudit && /^[a-z]/.test(result ?? '') && `result eq '${result}'`,
    !isAudit && /^\d/.test(result ?? '') && `status/errorCode eq ${result}`,
    !isAudit && ip && `ipAddress eq '${ip}'`,
    correlation && `correlationId eq '${correlation}'`,
  ].filter(Boolean)
  return parts.length === 0 ? undefined : parts.join(' and ')
}
