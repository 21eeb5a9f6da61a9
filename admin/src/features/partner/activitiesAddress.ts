import { endOf, startOf } from '../../parts/days.ts'
import { quoted } from '../../parts/quoted.ts'

/** The kinds of things that a firm's people act on, by their names in Partner Center. */
export const kinds = [
  ...(['customer', 'customer_user', 'customer_directory_role'] as const),
  ...(['granular_admin_relationship', 'granular_admin_access_assignment', 'partner_customer_dap'] as const),
  ...(['partner_customer_relationship', 'partner_relationship', 'partner_user', 'agreement'] as const),
]
export type Kind = (typeof kinds)[number]

/** What the address of the activity log says. */
export interface ActivitiesSearch {
  /** Days in the reader's time zone, as `2026-11-01`. */
  from?: string
  to?: string
  /** What it was done to, by its name in Partner Center. */
  kind?: Kind
  /** The beginning of a customer's name. */
  customer?: string
  /** A whole user name. */
  who?: string
  /** The id that all events of one request share, at home and at the customer. */
  correlation?: string
}

const patterns = {
  from: /^\d{4}-\d\d-\d\d$/,
  to: /^\d{4}-\d\d-\d\d$/,
  kind: new RegExp(`^(${kinds.join('|')})$`),
  customer: /^.{1,100}$/,
  who: /^[^\s'\\]{1,113}$/,
  correlation: /^[0-9a-f-]{36}$/,
} as const

/** Reads the address. What it cannot mean is left out. */
export function readActivitiesSearch(search: Record<string, unknown>): ActivitiesSearch {
  const read = Object.entries(patterns).flatMap(([name, pattern]) => {
    // The router reads a number where one was written.
    const value = String(search[name] ?? '').trim()
    const isDay = (name !== 'from' && name !== 'to') || !Number.isNaN(Date.parse(value))
    return pattern.test(value) && isDay ? [[name, value]] : []
  })
  return Object.fromEntries(read)
}

/** The `$filter` of `/partner/activities` for an address. */
export function filterOf({ from, to, kind, customer, who, correlation }: ActivitiesSearch) {
  const filters = [
    from && `activityDateTime ge ${startOf(from)}`,
    to && `activityDateTime lt ${endOf(to)}`,
    kind && `resourceType eq ${quoted(kind)}`,
    customer && `startsWith(customerName,${quoted(customer)})`,
    who && `userPrincipalName eq ${quoted(who)}`,
    correlation && `correlationId eq ${quoted(correlation)}`,
  ].filter(Boolean)
  return filters.length > 0 ? { $filter: filters.join(' and ') } : {}
}
