import { sql } from 'kysely'
import { DAY, plus } from '../clock.ts'
import { type Db, inSystem, inTenant, type Removal, type Trx } from '../store/index.ts'
import { refuseReport } from './errors.ts'
import { dayOf, type Period } from './periods.ts'

/** How many people are registered. */
interface Summary {
  users: number
  enabled: number
  registered: number
  capable: number
  byMethod: Record<string, number>
  byRefusal: Record<string, number>
}

const KEPT = 730 * DAY

/** The days that are no longer kept. */
export const oldRegistrationSummaries: Removal = {
  table: 'registration_summaries',
  due: now => sql`date < ${dayOf(plus(now, -KEPT))}`,
}

/** Counts the present day of each tenant, once. */
export async function keepRegistrationSummaries(db: Db, now: Date): Promise<void> {
  const { rows } = await inSystem(db, trx =>
    sql<{ tenantId: string }>`
      select tenant_id as "tenantId" from tenants where tenant_id not in (
        select kept.tenant_id from registration_summaries kept where kept.date = ${dayOf(now)})`.execute(trx),
  )
  for (const { tenantId } of rows) await inTenant(db, tenantId, trx => keepToday(trx, now))
}

/** Counts the present day anew, which a day's report ends with. */
async function keepToday(trx: Trx, now: Date): Promise<void> {
  const { tenantId } = trx
  await sql`
    insert into registration_summaries as kept (tenant_id, date, summary)
    select ${tenantId}, ${dayOf(now)}, json_build_object(
      'users', count(*), 'enabled', count(*) filter (where is_enabled),
      'registered', count(*) filter (where is_registered), 'capable', count(*) filter (where is_capable),
      'byMethod', (select coalesce(json_object_agg(name, many), '{}') from (
        select method.name, count(*) as many from registrations one join users on users.tenant_id = one.tenant_id and users.id = one.user_id
          cross join unnest(one.methods) as method(name)
        where one.tenant_id = ${tenantId} group by 1) as methods),
      'byRefusal', (select coalesce(json_object_agg(refusal, many), '{}') from (
        select one.refusal, count(*) as many from registrations one join users on users.tenant_id = one.tenant_id and users.id = one.user_id
        where one.tenant_id = ${tenantId} and one.refusal is not null group by 1) as refusals))
    from registrations join users on users.tenant_id = registrations.tenant_id and users.id = registrations.user_id
    where registrations.tenant_id = ${tenantId}
    on conflict (tenant_id, date) do update set summary = excluded.summary`.execute(trx)
}

/** Registrations day by day, the present one as it is now. `goal`: the default policy's, in percent. A day before the first that was kept is not told. */
export async function summarizeRegistrations(trx: Trx, period: Period, { now }: { now: Date }) {
  if (period.byHour || period.timeZone !== 'UTC') throw refuseReport('range_invalid', { field: 'interval' })
  await keepToday(trx, now)
  const { rows } = await sql<{ date: string; summary: Summary; goal: number }>`
    select date, summary, (select (settings->>'registrationGoal')::int from reset_policies policy
      where policy.tenant_id = ${trx.tenantId} and policy.is_default) as goal
    from registration_summaries
    where tenant_id = ${trx.tenantId} and date between ${period.from} and ${period.to} order by date`.execute(trx)
  return rows.map(({ date, summary, goal }) => ({ date, ...summary, goal }))
}

/** Registrations of the people of a department; of null are those who have none. */
interface Department {
  department: string | null
  users: number
  enabled: number
  registered: number
  capable: number
  byRefusal: Record<string, number>
}

/** A name of a department is free text: so many are told, first those in which most people cannot reset. */
const DEPARTMENTS = 100

/** Registrations by department, as they are now. However a name is written, it is the same department where it is folded the same. */
export async function summarizeDepartments(trx: Trx): Promise<Department[]> {
  const { rows } = await sql<Department>`
    select min(department) as department, sum(many)::int as users, sum(enabled)::int as enabled,
      sum(registered)::int as registered, sum(capable)::int as capable,
      coalesce(json_object_agg(refusal, many) filter (where refusal is not null), '{}') as "byRefusal"
    from (
      select users.department_folded as folded, min(users.department) as department, one.refusal, count(*) as many,
        count(*) filter (where one.is_enabled) as enabled, count(*) filter (where one.is_registered) as registered,
        count(*) filter (where one.is_capable) as capable
      from registrations one join users on users.tenant_id = one.tenant_id and users.id = one.user_id
      where one.tenant_id = ${trx.tenantId} group by 1, one.refusal) as parts
    group by folded order by sum(many) filter (where refusal is not null) desc nulls last, folded
    limit ${sql.lit(DEPARTMENTS)}`.execute(trx)
  return rows
}

/** Registrations of the people of a reset policy, against its own goal in percent; of null are those whom no policy lets reset. */
interface PolicyFigures {
  policyId: string | null
  displayName: string | null
  goal: number | null
  users: number
  enabled: number
  registered: number
  capable: number
}

/** Registrations by the reset policy that fits, as they are now: the policies by their priority, then those without one. */
export async function summarizePolicies(trx: Trx): Promise<PolicyFigures[]> {
  const { rows } = await sql<PolicyFigures>`
    select policy.id as "policyId", policy.display_name as "displayName",
      (policy.settings->>'registrationGoal')::int as goal, coalesce(users, 0)::int as users,
      coalesce(enabled, 0)::int as enabled, coalesce(registered, 0)::int as registered, coalesce(capable, 0)::int as capable
    from (select * from reset_policies where tenant_id = ${trx.tenantId}) as policy full join (
      select one.policy_id, count(*) as users, count(*) filter (where one.is_enabled) as enabled,
        count(*) filter (where one.is_registered) as registered, count(*) filter (where one.is_capable) as capable
      from registrations one join users on users.tenant_id = one.tenant_id and users.id = one.user_id
      where one.tenant_id = ${trx.tenantId} group by 1) as counted on counted.policy_id = policy.id
    where policy.id is not null or counted.policy_id is null
    order by policy.priority nulls last, policy.id`.execute(trx)
  return rows
}
