import { demand } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, plus } from '../clock.ts'
import { type Db, inPair, inTenant, sql, type Trx } from '../store/index.ts'
import { DAP_SLEEPS_AFTER } from './authority.ts'
import { demandGiving } from './deciding.ts'
import { refuse, refuseMissing } from './errors.ts'
import { nextLook } from './grants.ts'
import { type Kept, keepBoth, type Pair, type Side } from './sides.ts'

/** How long a delegation lasts at most (partners on the wire, §1). */
const DAP_LASTS = 90 * DAY

/** A delegation that stands. */
interface Dap {
  endsAt: Date
  sleepsAt: Date
  dueAt: Date | null
}

/** When a job looks at a delegation next: at a reminder, when it falls asleep, or at its end. */
function dapLook({ endsAt, sleepsAt }: Pick<Dap, 'endsAt' | 'sleepsAt'>, now: Date): Date {
  const next = nextLook(endsAt, now)
  return sleepsAt > now && sleepsAt < next ? sleepsAt : next
}

/** Gives a firm, for 90 days, all that its agents may. The company is entered. */
export async function giveDap(trx: Trx, act: Act, firmId: string): Promise<Kept> {
  const endsAt = plus(act.now, DAP_LASTS)
  const given = {
    ...{ starts_at: act.now, ends_at: endsAt, ended_at: null, awake_at: act.now, last_used_at: null },
    due_at: dapLook({ endsAt, sleepsAt: plus(act.now, DAP_SLEEPS_AFTER) }, act.now),
  }
  await trx
    .insertInto('daps')
    .values({ tenant_id: trx.tenantId, other_tenant_id: firmId, ...given })
    .onConflict(conflict => conflict.columns(['tenant_id', 'other_tenant_id']).doUpdateSet(given))
    .execute()
  return { activity: 'dap.given', news: 'dapGiven', until: endsAt }
}

/** The delegation of the company that is entered to a firm, its row locked; undefined where none stands. */
export async function lockDap(trx: Trx, firmId: string): Promise<Dap | undefined> {
  const { rows } = await sql<Dap>`
    select ends_at as "endsAt", due_at as "dueAt",
      greatest(awake_at, last_used_at) + ${`${DAP_SLEEPS_AFTER / DAY} days`}::interval as "sleepsAt"
    from daps where tenant_id = ${trx.tenantId} and other_tenant_id = ${firmId} and ended_at is null
    for no key update`.execute(trx)
  return rows[0]
}

/** The delegation of the company that is entered to a firm, as it is read; null where none stands. */
export async function readDap(trx: Trx, now: Date, firmId: string): Promise<{ endsAt: Date; asleep: boolean } | null> {
  const { rows } = await sql<{ endsAt: Date; asleep: boolean }>`
    select ends_at as "endsAt", greatest(awake_at, last_used_at) <= ${plus(now, -DAP_SLEEPS_AFTER)}::timestamptz as asleep
    from daps where tenant_id = ${trx.tenantId} and other_tenant_id = ${firmId} and ended_at is null
      and ends_at > ${now}::timestamptz`.execute(trx)
  return rows[0] ?? null
}

const setDap = (trx: Trx, firmId: string, values: { [name: string]: Date | null }) =>
  trx
    .updateTable('daps')
    .set(values)
    .where('tenant_id', '=', trx.tenantId)
    .where('other_tenant_id', '=', firmId)
    .execute()

/** Ends a delegation in the company that is entered; undefined where none stands. */
export async function endDapIn(trx: Trx, { now }: Act, firmId: string): Promise<Kept | undefined> {
  const dap = await lockDap(trx, firmId)
  if (!dap || dap.endsAt <= now) return undefined
  await setDap(trx, firmId, { ended_at: now, due_at: null })
  return { activity: 'dap.ended', news: 'dapEnded' }
}

/** Ends a delegation at once, by either side. Throws `not_found` where none stands. */
export async function endDap(db: Db, act: Act, { by, ...pair }: Pair & { by: Side }): Promise<void> {
  const tenantId = by === 'partner' ? pair.partnerId : pair.customerId
  demand(act, by === 'partner' ? 'partner.relationships.write' : 'partners.decide', { kind: 'tenant', tenantId })
  await checkServed(db, pair, by)
  await inPair(db, [pair.partnerId, pair.customerId], async enter => {
    const ended = await endDapIn(await enter(pair.customerId), act, pair.partnerId)
    if (!ended) throw refuseMissing('not_found')
    await keepBoth(enter, act, { ...pair, by }, [ended])
  })
}

/** Nobody enters a tenant by an id alone. Throws `not_found` where the two have no delegation. */
async function checkServed(db: Db, { partnerId, customerId }: Pair, by: Side): Promise<void> {
  const found = await inTenant(db, by === 'partner' ? partnerId : customerId, trx =>
    trx
      .selectFrom('daps')
      .select('ends_at')
      .where('tenant_id', '=', customerId)
      .where('other_tenant_id', '=', partnerId)
      .executeTakeFirst(),
  )
  if (!found) throw refuseMissing('not_found')
}

/** Brings the end of a delegation forward, or wakes it. Throws `not_found`, `end_later`. */
export async function changeDap(
  db: Db,
  act: Act,
  { endsAt, awake, ...pair }: Pair & { endsAt?: Date | undefined; awake?: true | undefined },
): Promise<void> {
  const { partnerId, customerId } = pair
  demand(act, 'partners.decide', { kind: 'tenant', tenantId: customerId })
  await checkServed(db, pair, 'customer')
  await inPair(db, [partnerId, customerId], async enter => {
    const customer = await enter(customerId)
    if (awake) await demandGiving(customer, act)
    const dap = await lockDap(customer, partnerId)
    if (!dap || dap.endsAt <= act.now) throw refuseMissing('not_found')
    if (endsAt && endsAt > dap.endsAt) throw refuse('end_later', { field: 'endDateTime' })
    const changed = {
      endsAt: endsAt ?? dap.endsAt,
      sleepsAt: awake ? plus(act.now, DAP_SLEEPS_AFTER) : dap.sleepsAt,
    }
    await setDap(customer, partnerId, {
      ...{ ends_at: changed.endsAt, due_at: dapLook(changed, act.now) },
      ...(awake && { awake_at: act.now }),
    })
    await keepBoth(enter, act, { ...pair, by: 'customer' }, [
      ...(endsAt ? [{ activity: 'dap.reduced', news: 'dapReduced', until: changed.endsAt } as const] : []),
      ...(awake ? [{ activity: 'dap.woken', news: 'dapWoken', until: changed.endsAt } as const] : []),
    ])
  })
}

/** Reminds of a delegation, says that it fell asleep, or ends it, where that is due. */
export async function moveDap(db: Db, act: Act, pair: Pair): Promise<void> {
  const { partnerId, customerId } = pair
  const { now } = act
  await inPair(db, [partnerId, customerId], async enter => {
    const customer = await enter(customerId)
    const dap = await lockDap(customer, partnerId)
    if (!dap?.dueAt || dap.dueAt > now) return
    const { endsAt, sleepsAt, dueAt } = dap
    if (endsAt <= now) {
      await setDap(customer, partnerId, { ended_at: endsAt, due_at: null })
      await keepBoth(enter, act, { ...pair, by: undefined }, [{ activity: 'dap.expired', news: 'dapExpired' }])
      return
    }
    await setDap(customer, partnerId, { due_at: dapLook(dap, now) })
    // A look after it fell asleep is one at a reminder; who has used it since has put the sleep off.
    const fellAsleep = sleepsAt <= now && dueAt <= sleepsAt
    const isReminder = nextLook(endsAt, plus(dueAt, -1)).getTime() === dueAt.getTime()
    await keepBoth(enter, act, { ...pair, by: undefined }, [
      ...(fellAsleep ? [{ activity: 'dap.asleep', news: 'dapAsleep', until: endsAt } as const] : []),
      ...(isReminder ? [{ activity: 'dap.reminded', news: 'dapReminded', until: endsAt } as const] : []),
    ])
  })
}

/** A delegation as the firm watches it (Partner Center and work accounts, §5.3). */
export interface Delegation {
  customerId: string
  displayName: string
  startsAt: Date
  endsAt: Date
  lastUsedAt: Date | null
  asleep: boolean
  /** The firm's enabled Admin and Helpdesk agents, who can use it. */
  agents: number
  /** Of its people, those who have acted for the customer, and the Admin agents of them. */
  people: number
  adminAgents: number
}

/** The delegations of a firm that stand, by the customers' names. `customerId`: of this one alone. */
export async function listDelegations(
  db: Db,
  { now }: Pick<Act, 'now'>,
  homeId: string,
  customerId?: string,
): Promise<Delegation[]> {
  const agent = (user: string, ...roles: string[]) => sql`exists (
    select from partner_agent_groups agents
      join group_members theirs on theirs.tenant_id = agents.tenant_id and theirs.group_id = agents.group_id
    where agents.tenant_id = ${homeId} and agents.role = any(${roles}) and theirs.tenant_id = ${homeId}
      and theirs.user_id = ${sql.ref(user)})`
  return inTenant(db, homeId, async trx => {
    const { rows } = await sql<Delegation>`
      with used as (
        select tenant_id, count(*)::int as people,
          (count(*) filter (where ${agent('partner_uses.user_id', 'Admin agent')}))::int as admins
        from partner_uses where other_tenant_id = ${homeId} group by tenant_id
      )
      select daps.tenant_id as "customerId", served.display_name as "displayName", daps.starts_at as "startsAt",
        daps.ends_at as "endsAt", daps.last_used_at as "lastUsedAt",
        greatest(daps.awake_at, daps.last_used_at) <= ${plus(now, -DAP_SLEEPS_AFTER)}::timestamptz as asleep,
        (select count(*)::int from users where users.tenant_id = ${homeId} and users.account_enabled
          and ${agent('users.id', 'Admin agent', 'Helpdesk agent')}) as agents,
        coalesce(used.people, 0) as people, coalesce(used.admins, 0) as "adminAgents"
      from daps
        join served_companies served on served.tenant_id = daps.tenant_id and served.other_tenant_id = ${homeId}
        left join used on used.tenant_id = daps.tenant_id
      where daps.other_tenant_id = ${homeId} and daps.ended_at is null and daps.ends_at > ${now}::timestamptz
        and (${customerId ?? null}::uuid is null or daps.tenant_id = ${customerId ?? null}::uuid)
      order by served.display_name_folded, daps.tenant_id`.execute(trx)
    return rows
  })
}
