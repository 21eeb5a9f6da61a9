import { sql } from 'kysely'
import { type Action, authorize, demandAny } from '../access/index.ts'
import type { Act } from '../act.ts'
import type { Activity } from '../audit/index.ts'
import { DAY, plus } from '../clock.ts'
import { usersWith } from '../directory/index.ts'
import type { Trx } from '../store/index.ts'

/** Something that an administrator should look at. */
interface Attention {
  code: string
  severity: 'high' | 'medium' | 'low'
  count: number
  /** The first of them; null where it is a state. */
  since: string | null
  /** The newest of whom it is about, three at most. */
  targets: { id: string; displayName: string }[]
}

/** What the log tells, since so many days. */
const EVENTS: { code: string; severity: Attention['severity']; activity: Activity; days: number }[] = [
  { code: 'account_reported', severity: 'high', activity: 'account.reported', days: 7 },
  { code: 'passkey_copied', severity: 'high', activity: 'passkey.copy_suspected', days: 7 },
  { code: 'token_reused', severity: 'high', activity: 'token.reused', days: 7 },
  { code: 'proofs_failing', severity: 'high', activity: 'proofs.alarm', days: 1 },
  { code: 'messages_stopped', severity: 'high', activity: 'messages.limit_reached', days: 1 },
  { code: 'messages_near_limit', severity: 'medium', activity: 'messages.limit_near', days: 1 },
  { code: 'messages_failing', severity: 'medium', activity: 'message.failed', days: 1 },
  { code: 'breach_check_failing', severity: 'medium', activity: 'password.breach_check_failed', days: 1 },
  { code: 'resets_blocked', severity: 'medium', activity: 'reset.blocked', days: 1 },
  { code: 'help_asked', severity: 'low', activity: 'reset.contacted', days: 1 },
]

/** How long before its end a secret is told of, and how long after. */
const SECRET_ENDS = 30 * DAY

/** Fewer could be lost in one day, and nobody could let them back in. */
const ADMINISTRATORS_AT_LEAST = 2

const SEVERITIES = ['high', 'medium', 'low']

/** What needs attention now, of what the caller may read: the gravest first (api gaps, G2). */
export async function findAttention(trx: Trx, act: Act): Promise<Attention[]> {
  const { tenantId } = trx
  demandAny(act, 'reports.read', 'audit.read', 'cases.read')
  const may = (action: Action) => authorize(act, action, { kind: 'tenant', tenantId }).allowed
  const found = [
    ...(may('audit.read') ? await findEvents(trx, act.now) : []),
    ...(may('cases.read') ? await findWaiting(trx) : []),
    ...(may('reports.read') ? [...(await findStates(trx)), ...(await findLacks(trx, act.now))] : []),
  ]
  return found
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity))
}

async function findEvents(trx: Trx, now: Date): Promise<Attention[]> {
  const { tenantId } = trx
  const { rows } = await sql<Omit<Attention, 'severity'>>`
    select wanted.code, events.count, events.since, coalesce(newest.targets, '[]') as targets
    from jsonb_to_recordset(${JSON.stringify(EVENTS.map(({ code, activity, days }) => ({ code, activity, since: plus(now, -days * DAY) })))}::jsonb)
      as wanted(code text, activity text, since timestamptz)
    cross join lateral (
      select coalesce(sum(count), 0)::int as count, to_char(min(at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since
      from audit_events where tenant_id = ${tenantId} and activity = wanted.activity and at >= wanted.since) as events
    cross join lateral (
      select json_agg(json_build_object('id', target_id, 'displayName', target_name)) as targets from (
        select target_id, target_name from audit_events
        where tenant_id = ${tenantId} and activity = wanted.activity and at >= wanted.since and target_id is not null
        group by target_id, target_name order by max(at) desc limit 3) as people) as newest`.execute(trx)
  return rows.map(row => ({ ...row, severity: EVENTS.find(({ code }) => code === row.code)!.severity }))
}

/** People who may reset their password and could not, as the reports judge them. */
async function findStates(trx: Trx): Promise<Attention[]> {
  const { tenantId } = trx
  const stateOf = (
    code: string,
    severity: Attention['severity'],
    condition: ReturnType<typeof sql<boolean>>,
  ) => sql<Attention>`
    select ${code} as code, ${severity} as severity, count(*)::int as count, null as since,
      coalesce((select json_agg(json_build_object('id', id, 'displayName', display_name)) from (
        select users.id, users.display_name from registrations join users on users.tenant_id = registrations.tenant_id and users.id = registrations.user_id
        where registrations.tenant_id = ${tenantId} and ${condition} order by users.id limit 3) as people), '[]') as targets
    from registrations join users on users.tenant_id = registrations.tenant_id and users.id = registrations.user_id
    where registrations.tenant_id = ${tenantId} and ${condition}`
  const enabled = sql<boolean>`users.account_enabled and registrations.is_enabled and not registrations.is_capable`
  const { rows } = await sql<Attention>`
    ${stateOf('administrators_not_capable', 'high', sql`${enabled} and registrations.is_administrator`)}
    union all ${stateOf('people_not_capable', 'low', sql`${enabled} and not registrations.is_administrator`)}`.execute(
    trx,
  )
  return rows
}

/** Recovery cases that nobody has answered: the newest first, since the oldest. */
async function findWaiting(trx: Trx): Promise<Attention[]> {
  const { rows } = await sql<Attention>`
    select 'cases_waiting' as code, 'medium' as severity, count(*)::int as count,
      to_char(min(opened_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as since,
      coalesce(json_agg(json_build_object('id', number, 'displayName', number) order by place) filter (where place <= 3), '[]') as targets
    from (select number, opened_at, row_number() over (order by opened_at desc) as place from cases
      where tenant_id = ${trx.tenantId} and opened_at is not null and closed_at is null and answered_at is null
        and asked = 'administrators') as waiting`.execute(trx)
  return rows
}

/** What a company lacks: each stays until somebody mends it. */
async function findLacks(trx: Trx, now: Date): Promise<Attention[]> {
  const { tenantId } = trx
  const lackOf = (
    code: string,
    severity: Attention['severity'],
    from: ReturnType<typeof sql>,
    count = sql<number>`count(*)::int`,
  ) => sql<Attention>`
    select ${code} as code, ${severity} as severity, ${count} as count, null as since,
      coalesce((json_agg(json_build_object('id', id, 'displayName', name) order by name, id) filter (where place <= 3)), '[]') as targets
    from (select *, row_number() over (order by name, id) as place from (${from}) as found) as placed`
  // The emergency account is no second administrator: who opens it has lost every other way.
  const administrators = sql`
    select distinct users.id::text, users.display_name as name
    from ${usersWith(tenantId, ['Global Administrator'])} as holders
      join users on users.tenant_id = ${tenantId} and users.id = holders.user_id and users.account_enabled
    where users.id is distinct from (select emergency_user_id from tenants where tenant_id = ${tenantId})`
  // A newer secret beside the old one is what mends it.
  const secrets = sql`
    select applications.id::text, applications.display_name as name
    from application_secrets join applications on applications.tenant_id = application_secrets.tenant_id
      and applications.app_id = application_secrets.app_id
    where application_secrets.tenant_id = ${tenantId}
    group by applications.id, applications.display_name
    having max(expires_at) between ${plus(now, -SECRET_ENDS)} and ${plus(now, SECRET_ENDS)}`
  const domains = (condition: ReturnType<typeof sql<boolean>>) =>
    sql`select name as id, name from domains where tenant_id = ${tenantId} and ${condition}`
  const resetOff = sql`
    select id::text, display_name as name from reset_policies where tenant_id = ${tenantId} and is_default
      and not exists(select from reset_policies others
        where others.tenant_id = ${tenantId} and (others.settings ->> 'enabled')::boolean)`
  const missing = sql<number>`greatest(${ADMINISTRATORS_AT_LEAST} - count(*)::int, 0)`
  const { rows } = await sql<Attention>`
    ${lackOf('few_administrators', 'high', administrators, missing)}
    union all ${lackOf('domains_slipping', 'high', domains(sql`gone is not null`))}
    union all ${lackOf('reset_off', 'medium', resetOff)}
    union all ${lackOf('secrets_ending', 'medium', secrets)}
    union all ${lackOf('domains_unproven', 'medium', domains(sql`verified_at is null`))}`.execute(trx)
  return rows
}
