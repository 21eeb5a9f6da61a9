import { sql } from 'kysely'
import type { Activity, Places } from '../audit/index.ts'
import { MINUTE, plus } from '../clock.ts'
import type { Trx } from '../store/index.ts'
import { SIGN_INS } from './activities.ts'
import { methodOf, type Outcome } from './outcomes.ts'
import { isWithin, type Period, placeIn, placesOf } from './periods.ts'
import { codeOfFailure } from './signIns.ts'

/** What a report is told by: this moment, and where addresses are looked up. */
export interface Told {
  now: Date
  places: Places | undefined
}

/** How often an activity with this reason is in the log in a day or hour. */
interface Counted {
  date: string
  activity: Activity
  reason: string | null
  many: number
}

const AT = sql`audit_events.at`

/** For SQL: events of these activities in the period; of resets of one policy, where one is named. */
const eventsIn = ({ tenantId }: Trx, period: Period, activities: readonly Activity[]) => sql<boolean>`
  audit_events.tenant_id = ${tenantId} and audit_events.activity = any(${activities}::text[]) and ${isWithin(AT, period)}
  ${
    period.policyId === undefined
      ? sql``
      : sql`and audit_events.correlation_id in (select begun.correlation_id from audit_events begun
          where begun.tenant_id = ${tenantId} and begun.activity = 'reset.started' and begun.details->>'policy' = ${period.policyId}
            and begun.at >= (${period.from}::timestamp at time zone ${period.timeZone}) - interval '1 hour'
            and begun.at < ((${period.to}::date + 1)::timestamp at time zone ${period.timeZone}))`
  }`

async function countEvents(trx: Trx, period: Period, activities: readonly Activity[]): Promise<Counted[]> {
  const { rows } = await sql<Counted>`
    select ${placeIn(AT, period)} as date, activity, reason, sum(count)::int as many
    from audit_events where ${eventsIn(trx, period, activities)} group by 1, 2, 3`.execute(trx)
  return rows
}

/** The counts of one day or hour. */
const counter = (rows: readonly Counted[]) => ({
  of: (...activities: readonly Activity[]) =>
    rows.filter(({ activity }) => activities.includes(activity)).reduce((sum, { many }) => sum + many, 0),
  by: (activities: readonly Activity[], key: (row: Counted) => string | null) => {
    const sums: Record<string, number> = {}
    for (const row of rows) {
      const name = activities.includes(row.activity) ? key(row) : null
      if (name !== null) sums[name] = (sums[name] ?? 0) + row.many
    }
    return sums
  },
})

const RESETS = [
  'reset.started',
  'reset.refused',
  'reset.challenge_issued',
  'reset.proof_passed',
  'reset.proof_failed',
  'reset.contacted',
  'reset.blocked',
  'reset.failed',
  'reset.finished',
  'reset.unlocked',
] as const satisfies readonly Activity[]

const GIVEN = ['password.given', 'password.changed'] as const satisfies readonly Activity[]

/** What became of the resets that began in a day or hour. */
interface Ends {
  date: string
  median: number | null
  abandoned: number
  after: Record<string, number> | null
  /** As journeys tell it. */
  outcomes: Partial<Record<Outcome, number>>
}

/** Resets by day or hour (administration on the wire, §2.6). Those that go on are neither abandoned nor anything else yet. */
export async function summarizeResets(trx: Trx, period: Period, { now }: Pick<Told, 'now'>) {
  const counted = await countEvents(trx, period, period.policyId === undefined ? [...RESETS, ...GIVEN] : RESETS)
  const ends = await findEnds(trx, period, now)
  return placesOf(period).map(date => {
    const { of, by } = counter(counted.filter(row => row.date === date))
    const end = ends.find(row => row.date === date)
    const sent = by(['reset.challenge_issued'], row => methodOf(row).method)
    const passed = by(['reset.proof_passed'], row => methodOf(row).method)
    const failed = by(['reset.proof_failed'], row => methodOf(row).method)
    return {
      date,
      started: of('reset.started'),
      succeeded: of('reset.finished'),
      unlocked: of('reset.unlocked'),
      refused: by(['reset.refused'], ({ reason }) => reason),
      failed: of('reset.failed'),
      abandoned: end?.abandoned ?? 0,
      abandonedAfter: end?.after ?? {},
      outcomes: end?.outcomes ?? {},
      blocked: of('reset.blocked'),
      contactedAdministrator: of('reset.contacted'),
      // They belong to no reset, so to no policy of one.
      administratorResets: period.policyId === undefined ? of('password.given') : null,
      changes: period.policyId === undefined ? of('password.changed') : null,
      medianSeconds: end?.median ?? null,
      byMethod: [...new Set([sent, passed, failed].flatMap(one => Object.keys(one)))].sort().map(method => ({
        method,
        sent: sent[method] ?? 0,
        passed: passed[method] ?? 0,
        failed: failed[method] ?? 0,
      })),
    }
  })
}

/** The resets of people that came to no end, by their last step, and how long the others took. */
async function findEnds(trx: Trx, period: Period, now: Date): Promise<Ends[]> {
  const { tenantId } = trx
  const { rows } = await sql<Ends>`
    with begun as (
      select correlation_id, at, ${placeIn(AT, period)} as date from audit_events
      where ${eventsIn(trx, period, ['reset.started'])} and target_id is not null),
    ended as (
      select begun.date, steps.* from begun cross join lateral (
        select bool_or(step.activity in ('reset.refused', 'reset.contacted', 'reset.blocked', 'reset.finished', 'reset.unlocked')) as ended,
          case when bool_or(step.activity in ('reset.finished', 'reset.unlocked')) then 'Succeeded'
            when bool_or(step.activity = 'reset.contacted') then 'Contacted Admin'
            when bool_or(step.activity = 'reset.blocked') then 'Blocked'
            when bool_or(step.activity = 'reset.refused') then 'Failed' else 'Abandoned' end as outcome,
          (array_agg(step.activity order by step.at desc) filter (where step.activity in (
            'reset.started', 'reset.challenge_issued', 'reset.proof_passed', 'reset.proof_failed', 'reset.failed')))[1] as last,
          extract(epoch from min(step.at) filter (where step.activity in ('reset.finished', 'reset.unlocked')) - begun.at) as seconds
        from audit_events step where step.tenant_id = ${tenantId} and step.correlation_id = begun.correlation_id
          and step.at >= begun.at - interval '1 hour' and step.at < begun.at + interval '2 hours' and step.activity ^@ 'reset.') steps
      where begun.at <= ${plus(now, -15 * MINUTE)} or steps.ended)
    select date, round(percentile_cont(0.5) within group (order by seconds) filter (where seconds is not null))::int as median,
      (count(*) filter (where not ended))::int as abandoned,
      (select json_object_agg(step, many) from (
        select substr(last, 7) as step, count(*)::int as many from ended same where same.date = ended.date and not same.ended
        group by last) as steps) as after,
      (select json_object_agg(outcome, many) from (
        select outcome, count(*)::int as many from ended same where same.date = ended.date group by outcome) as told) as outcomes
    from ended group by date`.execute(trx)
  return rows
}

const SECURITY = [
  ...SIGN_INS,
  'reset.blocked',
  'reset.challenge_issued',
  'securityInfo.challenge_issued',
] as const satisfies readonly Activity[]

/** Addresses that are looked up in a report: an attack has any number. The countries of the others are not told. */
const ADDRESSES_AT_MOST = 50_000

/** Sign-ins from a country; null: from where is not known. */
interface FromCountry {
  country: string | null
  signInsSucceeded: number
  signInsFailed: number
  signInsBlocked: number
}

const NAMES = {
  'signin.succeeded': 'signInsSucceeded',
  'signin.failed': 'signInsFailed',
  'signin.blocked': 'signInsBlocked',
} as const satisfies Record<(typeof SIGN_INS)[number], keyof FromCountry>

/** How many sign-ins came from which country, by day or hour: a guess by the operator's file of places. */
async function countByCountry(trx: Trx, period: Period, places: Places) {
  const { rows } = await sql<{ date: string; activity: keyof typeof NAMES; address: string | null; many: number }>`
    select ${placeIn(AT, period)} as date, activity, address, sum(count)::int as many
    from audit_events where ${eventsIn(trx, period, SIGN_INS)}
    group by 1, 2, 3 order by 4 desc, 3 limit ${ADDRESSES_AT_MOST}`.execute(trx)
  const found = new Map<string, Map<string, FromCountry>>()
  for (const { date, activity, address, many } of rows) {
    // What names of nobody do is noted for a network.
    const country = places.find(address?.split('/')[0], 'en')?.country ?? null
    const countries = found.get(date) ?? new Map<string, FromCountry>()
    const sums = countries.get(String(country)) ?? { country, signInsSucceeded: 0, signInsFailed: 0, signInsBlocked: 0 }
    sums[NAMES[activity]] += many
    found.set(date, countries.set(String(country), sums))
  }
  return (date: string) =>
    [...(found.get(date)?.values() ?? [])].sort((one, other) =>
      (one.country ?? '~') < (other.country ?? '~') ? -1 : 1,
    )
}

/** Sign-ins, blocks and messages by day or hour. `byCountry`: null without a file of places. */
export async function summarizeSecurity(trx: Trx, period: Period, { places }: Pick<Told, 'places'>) {
  const fromCountries = places && (await countByCountry(trx, period, places))
  const counted = await countEvents(trx, period, SECURITY)
  const { rows: distinct } = await sql<{ date: string; accounts: number; addresses: number }>`
    select ${placeIn(AT, period)} as date, count(distinct target_id)::int as accounts, count(distinct address)::int as addresses
    from audit_events where ${eventsIn(trx, period, SIGN_INS)} group by 1`.execute(trx)
  // Five numbers that do not match within an hour block the question for it.
  const { rows: blocked } = await sql<{ date: string; many: number }>`
    select date, count(*)::int as many from (
      select ${placeIn(AT, period)} as date from audit_events
      where ${eventsIn(trx, period, ['reset.proof_failed'])} and reason = 'phone_mismatch'
      group by 1, target_id, date_trunc('hour', ${AT}) having count(*) >= 5) as hours
    group by date`.execute(trx)
  return placesOf(period).map(date => {
    const { of, by } = counter(counted.filter(row => row.date === date))
    const sums = distinct.find(row => row.date === date)
    const sent = by(['reset.challenge_issued', 'securityInfo.challenge_issued'], ({ reason }) =>
      channelOf(reason) === null ? null : 'sent',
    )
    return {
      date,
      signInsSucceeded: of('signin.succeeded'),
      signInsFailed: of('signin.failed'),
      signInsBlocked: of('signin.blocked'),
      failedByCode: by(['signin.failed'], ({ reason }) => String(codeOfFailure(reason))),
      resetsBlocked: of('reset.blocked'),
      phoneValidationsBlocked: blocked.find(row => row.date === date)?.many ?? 0,
      distinctAccounts: sums?.accounts ?? 0,
      distinctAddresses: sums?.addresses ?? 0,
      messages: sent.sent ?? 0,
      byCountry: fromCountries?.(date) ?? null,
    }
  })
}

/** The channel of an issued challenge, from its reason: `mobilePhone sms`. */
const channelOf = (reason: string | null) => reason?.split(' ')[1] ?? null

/** The codes of one way: what took them, and to which country. */
interface Way {
  date: string
  channel: string
  gateway: string | null
  country: string | null
  lastFailedDateTime: Date | null
}

/**
 * Codes by day or hour and way: taken by their gateway, or given up for its reason. `costs`: by currency, of those whose
 * gateway told the price.
 */
export async function summarizeMessages(trx: Trx, period: Period) {
  const { rows } = await sql<Way & Record<'reasons' | 'currencies', { key: string | null; many: number }[]>>`
    with codes as (
      select ${placeIn(AT, period)} as date, details->>'channel' as channel, details->>'gateway' as gateway,
        details->>'country' as country, case when activity = 'message.failed' then reason end as reason,
        case when activity = 'message.failed' then at end as failed_at, details->>'currency' as currency, (details->>'cost')::numeric * count as cost, count
      from audit_events where ${eventsIn(trx, period, ['message.sent', 'message.failed'])}
        and coalesce(details->>'kind', 'code') = 'code'),
    reasons as (
      select date, channel, gateway, country, json_agg(json_build_object('key', reason, 'many', many)) as reasons,
        max(failed_at) as "lastFailedDateTime"
      from (select date, channel, gateway, country, reason, sum(count)::int as many, max(failed_at) as failed_at from codes group by 1, 2, 3, 4, 5) as counted
      group by 1, 2, 3, 4),
    currencies as (
      select date, channel, gateway, country, json_agg(json_build_object('key', currency, 'many', cost)) as currencies
      from (select date, channel, gateway, country, currency, sum(cost) as cost from codes where currency is not null group by 1, 2, 3, 4, 5) as paid
      group by 1, 2, 3, 4)
    select reasons.*, coalesce(currencies.currencies, '[]') as currencies from reasons left join currencies
      on (currencies.date, currencies.channel) = (reasons.date, reasons.channel)
      and currencies.gateway is not distinct from reasons.gateway and currencies.country is not distinct from reasons.country
    order by 1, 2, 3, 4`.execute(trx)
  return rows.map(({ reasons, currencies, ...way }) => ({
    ...way,
    sent: reasons.reduce((sum, { many }) => sum + many, 0),
    delivered: reasons.find(({ key }) => key === null)?.many ?? 0,
    failed: Object.fromEntries(reasons.flatMap(({ key, many }) => (key === null ? [] : [[key, many]]))),
    costs: Object.fromEntries(currencies.map(({ key, many }) => [key, many])),
  }))
}
