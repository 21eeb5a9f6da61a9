import { SECOND, secondsOf } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'

/** A cookie's value taken apart: where its row is, and the secret that opens it. */
export interface Ticket {
  tenantId: string
  id: string
  token: string
  /** Until when the session stays though the browser closes, for the browser to know. The row decides. */
  stays: Date | undefined
}

/** Reads `tenant.id.secret`, or with the second until which it stays; undefined for anything else. */
export function readTicket(value: string | undefined): Ticket | undefined {
  const [tenantId = '', id = '', token = '', stays = '0', more] = (value ?? '').split('.')
  if (!isUuid(tenantId) || !isUuid(id) || token.length !== 43 || !/^\d{1,11}$/.test(stays) || more !== undefined)
    return undefined
  return { tenantId, id, token, stays: stays === '0' ? undefined : new Date(Number(stays) * SECOND) }
}

/** Writes a ticket. */
export const writeTicket = ({ tenantId, id, token, stays }: Ticket): string =>
  [tenantId, id, token, ...(stays ? [secondsOf(stays)] : [])].join('.')

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

/**
 * Until when a browser keeps this cookie; undefined: until it closes. It is kept only where every session in it stays:
 * one for which somebody said no must not outlive the browser.
 */
export function cookieStays(cookie: string | undefined): Date | undefined {
  const ends = ticketsIn(cookie).map(value => readTicket(value)?.stays)
  return ends.reduce((latest, end) => latest && end && (end > latest ? end : latest), ends[0])
}

/** The cookie without the ticket of this tenant; undefined where it was the only one. */
export const withoutTicket = (cookie: string | undefined, tenantId: string): string | undefined =>
  ticketsIn(cookie)
    .filter(value => !isOf(tenantId)(value))
    .join('~') || undefined
