import { sql } from 'kysely'
import { DAY, HOUR, MINUTE, plus, SECOND } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import { protection } from '../policies/index.ts'
import { hasEnded, latestEnd, type Trx } from '../store/index.ts'
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
  /** Whose count it is: registrations have one of their own, or a colleague who registers another's number would use up the owner's. */
  browser: Browser | 'registering'
  /** Whether it goes to what its owner has on record, from a browser of theirs: strangers who use up what a tenant or a country may get then do not keep them out. */
  ownersWay: boolean
  /** Whether it must not be seen that others have used up what its destination or country may get: that would tell who shares it. */
  concealed?: boolean | undefined
  /** Whether nothing will be sent: it is limited like the others, and costs the tenant nothing. */
  decoy?: boolean
}

/** It may be sent (`unsent`: or must only seem to be), perhaps as the one that reaches so many percent of the tenant's daily limit; or nothing may be sent for so many seconds. */
export type SendOutcome = { allowed: true; alarm?: 80 | 100; unsent?: true } | { allowed: false; retryAfter: number }

/**
 * How many messages may go to one destination, and for one account, in which time (self-service password reset, §5.1); and in a day from browsers that the owner never used.
 * Mail is cheap and quick to read; text messages and calls cost money and wake people up, and are counted together in the hour.
 */
const LIMITS = {
  mail: { means: 'mail', atMost: 10, within: 10 * MINUTE, perDay: 30 },
  text: { means: 'phone', atMost: 5, within: HOUR, perDay: 10 },
  call: { means: 'phone', atMost: 5, within: HOUR, perDay: 5 },
} as const

type Scope = 'destination' | 'account' | 'destinationDay' | 'accountDay' | 'country' | 'tenant'

/** What others share: concealed, nobody sees that it was used up. */
const SHARED: ReadonlySet<Scope> = new Set(['destination', 'destinationDay', 'country'])

interface Counted {
  scope: Scope
  sent: number
  ends: Date
  per_day: number
  per_country: number
}

/**
 * Counts a message against what may be sent to its destination and for its account in an hour or so and in a day, and for its tenant and to its country in a day; in one statement.
 * Where it is not allowed the caller must let its transaction fail: nothing was sent, so nothing is to stay counted.
 * To be called last in a transaction: the tenant's row is everybody's.
 */
export async function spendSend(trx: Trx, means: Means, send: Send): Promise<SendOutcome> {
  const { now, keys } = means
  const { tenantId, medium, browser, decoy = false } = send
  const { means: by, atMost, within, perDay } = LIMITS[medium]
  const soon = plus(now, within)
  const tomorrow = plus(now, DAY)
  // Counted apart for familiar browsers, like failures: a stranger who has codes sent must not use up the owner's.
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
    // A decoy was not counted, so it is over where nothing more would go.
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
