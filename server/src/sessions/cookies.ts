import { isUuid } from '../crypto/index.ts'
/** A cookie's value taken apart: where its row is, and the secret that opens it. */
export interface Ticket {
  tenantId: string
  id: string
  token: string
}

/** Reads `tenant.id.secret`; undefined for anything else. */
export function readTicket(value: string | undefined): Ticket | undefined {
  const [tenantId = '', id = '', token = '', more] = (value ?? '').split('.')
  return isUuid(tenantId) && isUuid(id) && token.length === 43 && more === undefined
    ? { tenantId, id, token }
    : undefined
}

/** The tenants in which one browser may be signed in at once. */
const TENANTS_AT_MOST = 5

/** The tickets of a browser's sessions: one of each tenant, the current one first. What is no ticket is left out. */
export function ticketsIn(cookie: string | undefined): string[] {
  const byTenant = new Map<string, string>()
  for (const value of (cookie ?? '').split('~')) {
    const tenantId = readTicket(value)?.tenantId
    if (tenantId !== undefined && !byTenant.has(tenantId)) byTenant.set(tenantId, value)
  }
  return [...byTenant.values()].slice(0, TENANTS_AT_MOST)
}

const isOf = (tenantId: string | undefined) => (value: string) => readTicket(value)?.tenantId === tenantId

/** The ticket of the browser's session in this tenant. */
export const ticketFor = (cookie: string | undefined, tenantId: string) => ticketsIn(cookie).find(isOf(tenantId))

/** The cookie with this ticket as the current one, in place of its tenant's former one. */
export const withTicket = (cookie: string | undefined, ticket: string): string =>
  ticketsIn([ticket, ...ticketsIn(cookie)].join('~')).join('~')

/** The cookie without the ticket of this tenant; undefined where it was the only one. */
export const withoutTicket = (cookie: string | undefined, tenantId: string): string | undefined =>
  ticketsIn(cookie)
    .filter(value => !isOf(tenantId)(value))
    .join('~') || undefined
