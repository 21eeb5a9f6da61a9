import { DAY, HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { protection } from '../policies/index.ts'
import { hasEnded, latestEnd, sql, type Trx } from '../store/index.ts'
import type { Browser } from './counters.ts'

/** One message with a code that is about to be sent. */
export interface Send {
  tenantId: string
  /** The folded name of the account. */
  name: string
  medium: keyof typeof LIMITS
  /** The address, or the number in E.164. Kept as a keyed hash. */
  to: string
  /** The country calling code of the number. */
  callingCode?: string | undefined
  /** The counter: registrations have one of their own, or a colleague who registers another's number would use up the owner's. */
  browser: Browser | 'registering'
  /** Whether it goes from a familiar browser to the owner's own record. Strangers who use up the limits of the tenant or a country then do not keep the owner out. */
  ownersWay: boolean
  /** Whether a used-up limit of its destination or country must not show: it would tell who shares it. */
  concealed?: boolean | undefined
  /** Whether nothing will be sent: it is limited like the others, and costs the tenant nothing. */
  decoy?: boolean
}

/** It may be sent (`unsent`: it must only seem to be). `alarm`: it reaches so many percent of the tenant's day. Or nothing may be sent for `retryAfter` seconds. */
export type SendOutcome = { allowed: true; alarm?: 80 | 100; unsent?: true } | { allowed: false; retryAfter: number }

/**
 * Messages to one destination and for one account: `atMost` in `within` (self-service password reset, §5.1), and
 * `perDay` from unfamiliar browsers. Text messages and calls cost money and wake people up; they are counted together
 * in the hour.
 */
const LIMITS = {
  mail: { means: 'mail', atMost: 10, within: 10 * MINUTE, perDay: 30 },
  text: { means: 'phone', atMost: 5, within: HOUR, perDay: 10 },
  call: { means: 'phone', atMost: 5, within: HOUR, perDay: 5 },
} as const

type Scope = 'destination' | 'account' | 'destinationDay' | 'accountDay' | 'country' | 'tenant'

/** The limits that several accounts share: concealed, nobody sees them used up. */
const SHARED: ReadonlySet<Scope> = new Set(['destination', 'destinationDay', 'country'])

interface Counted {
  scope: Scope
  sent: number
  ends: Date
  per_day: number
  per_country: number
}

/**
 * Counts a message against the limits of its destination, account, tenant and country, in one statement. After a
 * refusal the caller must let its transaction fail, so that nothing stays counted. To be called last in a transaction:
 * all requests of the tenant share its row.
 */
export async function spendSend(trx: Trx, means: Means, send: Send): Promise<SendOutcome> {
  const { now, keys } = means
  const { tenantId, medium, browser, decoy = false } = send
  const { means: by, atMost, within, perDay } = LIMITS[medium]
  const soon = plus(now, within)
  const tomorrow = plus(now, DAY)
  // Counted apart for familiar browsers, like failures: a stranger must not use up the owner's codes.
  const subject = (...parts: string[]) => keys.mac('send', tenantId, ...parts)
  const scopes = [
    { scope: 'destination', subject: subject(browser, send.to), one: 1, ends: soon },
    { scope: 'account', subject: subject(browser, by, send.name), one: 1, ends: soon },
    ...(browser === 'familiar'
      ? []
      : [
          { scope: 'destinationDay', subject: subject(browser, medium, send.to), one: 1, ends: tomorrow },
          { scope: 'accountDay', subject: subject(browser, medium, send.name), one: 1, ends: tomorrow },
        ]),
    ...(send.callingCode
      ? [{ scope: 'country', subject: Buffer.from(send.callingCode), one: decoy ? 0 : 1, ends: tomorrow }]
      : []),
    // No secret, so a rotation of secrets begins no new day.
    { scope: 'tenant', subject: Buffer.from('all'), one: decoy ? 0 : 1, ends: tomorrow },
  ]
  const latest = sql`case when s.scope in ('destination', 'account') then ${latestEnd(now, within)}::timestamptz
    else ${latestEnd(now, DAY)}::timestamptz end`
  const ended = hasEnded(sql`s.window_ends_at`, now, latest)
  const { rows } = await sql<Counted>`
    with counted as (
      insert into sends as s (tenant_id, scope, subject, sent, window_ends_at)
      values ${sql.join(
        scopes.map(({ scope, subject, one, ends }) => sql`(${tenantId}, ${scope}, ${subject}, ${one}, ${ends})`),
      )}
      on conflict (tenant_id, scope, subject) do update set
        sent = case when ${ended} then 0 else s.sent end + excluded.sent,
        window_ends_at = case when ${ended} then excluded.window_ends_at else s.window_ends_at end
      returning scope, sent, window_ends_at as ends
    )
    select counted.*,
      coalesce((protection->>'messagesPerDay')::int, ${protection.defaults.messagesPerDay}) as per_day,
      coalesce((protection->>'phoneMessagesPerCountryPerDay')::int, ${protection.defaults.phoneMessagesPerCountryPerDay}) as per_country
    from counted, tenants where tenants.tenant_id = ${tenantId}`.execute(trx)
  const limitOf = ({ scope, per_day, per_country }: Counted) =>
    ({
      destination: atMost,
      account: atMost,
      destinationDay: perDay,
      accountDay: perDay,
      country: per_country,
      tenant: per_day,
    })[scope]
  const over = rows.filter(
    // A decoy was not counted, so it is refused where one more would be.
    row =>
      row.sent + (decoy && (row.scope === 'tenant' || row.scope === 'country') ? 1 : 0) > limitOf(row) &&
      !(send.ownersWay && (row.scope === 'tenant' || row.scope === 'country')),
  )
  if (send.concealed && over.length > 0 && over.every(row => SHARED.has(row.scope)))
    return { allowed: true, unsent: true }
  if (over.length > 0) {
    const ends = Math.max(...over.map(row => row.ends.getTime()))
    return { allowed: false, retryAfter: Math.max(Math.ceil((ends - now.getTime()) / SECOND), 1) }
  }
  const tenant = rows.find(row => row.scope === 'tenant')
  if (!tenant || decoy) return { allowed: true }
  // Each number is reached once a window, because the row counts one after the other.
  if (tenant.sent === tenant.per_day) return { allowed: true, alarm: 100 }
  if (tenant.sent === Math.ceil(tenant.per_day * 0.8)) return { allowed: true, alarm: 80 }
  return { allowed: true }
}
