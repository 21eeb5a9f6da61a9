import { type RawBuilder, sql } from 'kysely'
import { Type } from 'typebox'
import { authorize, demand, type Target } from '../access/index.ts'
import type { Act } from '../act.ts'
import { type Activity, type Places, record } from '../audit/index.ts'
import { MINUTE, plus } from '../clock.ts'
import { isUuid } from '../crypto/index.ts'
import { rankedUsers, rankOf } from '../directory/index.ts'
import { type Entity, type Options, type Property, readPage, TIMES } from '../odata/index.ts'
import type { Trx } from '../store/index.ts'
import { readSupportCode } from '../typing/index.ts'
import { browserOf, count, fromEvents, made, moment } from './events.ts'
import { type Ending, endingOf, gatesOf, methodOf, reasonOf, type Step } from './outcomes.ts'

/** What a timeline tells, in the order of events of one moment. A session shares the id of the reset that began it. */
const STEPS = [
  'reset.started',
  'reset.problem_chosen',
  'reset.challenge_issued',
  'message.sent',
  'message.delayed',
  'message.failed',
  'message.delivered',
  'message.undelivered',
  'passkey.copy_suspected',
  'reset.proof_failed',
  'reset.proof_passed',
  'reset.refused',
  'reset.blocked',
  'reset.explained',
  'reset.contacted',
  'reset.contact_dropped',
  'password.breach_check_failed',
  'reset.failed',
  'reset.finished',
  'reset.unlocked',
  'signin.succeeded',
] as const satisfies readonly Activity[]

const placeOf = ({ activity }: Step) => STEPS.indexOf(activity as (typeof STEPS)[number])

/** For SQL: what of the log is about the journey. Clocks of replicas are apart. */
const ofJourney = (tenantId: string) => sql`from audit_events step where step.tenant_id = ${tenantId}
  and step.correlation_id = audit_events.correlation_id
  and step.at between audit_events.at - interval '1 hour' and audit_events.at + interval '2 hours'
  and step.activity in (${sql.join(STEPS.map(one => sql.lit(one)))})`

const steps = (
  tenantId: string,
) => sql`(select coalesce(json_agg(json_build_object('at', step.at, 'activity', step.activity, 'result', step.result,
    'reason', step.reason, 'address', step.address, 'userAgent', step.user_agent, 'details', step.details)
  order by step.at), '[]') ${ofJourney(tenantId)})`

/** A property that is made of the steps. */
const fromSteps = (tenantId: string, read: (steps: readonly Step[]) => unknown, more: Partial<Property> = {}) =>
  made<Step[]>(
    steps(tenantId),
    found => read(found.toSorted((one, other) => (one.at === other.at ? placeOf(one) - placeOf(other) : 0))),
    more,
  )

/** The condition of the events that begin a journey. */
export const beginnings = sql<boolean>`audit_events.activity = 'reset.started'`

const Nullable = Type.Union([Type.String(), Type.Null()])

/** Resets as timelines, at this moment. `places`: as for sign-ins. */
export const journeysOf = (tenantId: string, now: Date, places: Places | undefined): Entity => {
  const endingIn = (found: readonly Step[]): Ending =>
    found[0] ? endingOf(found, new Date(found[0].at), now) : { outcome: null, detail: null }
  return {
    name: 'journeys',
    type: '#latchkey.journey',
    ...fromEvents,
    version: sql`(select count(*) || '.' || extract(epoch from max(step.at))::text ${ofJourney(tenantId)})
      || case when audit_events.at < ${plus(now, -15 * MINUTE)} then '.over' else '' end`,
    properties: {
      // A journey's id is the correlation id of all its events.
      id: { kind: 'uuid', sql: sql`audit_events.correlation_id`, unasked: true },
      supportCode: {
        kind: 'text',
        sql: sql`audit_events.support_code`,
        nullable: true,
        unasked: true,
        filter: ['eq'],
        folded: { sql: sql`audit_events.support_code`, fold: readSupportCode },
      },
      userId: { kind: 'uuid', sql: sql`audit_events.target_id`, nullable: true, unasked: true, filter: ['eq'] },
      startedDateTime: { ...moment, filter: TIMES },
      outcome: fromSteps(tenantId, found => endingIn(found).outcome, { schema: Nullable }),
      detail: fromSteps(tenantId, found => endingIn(found).detail, { schema: Nullable }),
      gates: fromSteps(tenantId, gatesOf, {
        schema: Type.Object({ required: Type.Union([Type.Integer(), Type.Null()]), passed: Type.Integer() }),
      }),
      events: fromSteps(tenantId, found => found.map(step => eventOf(step, places)), {
        schema: Type.Array(
          Type.Object({
            dateTime: Type.String({ format: 'date-time' }),
            activity: Type.String(),
            result: Type.String(),
            reason: Nullable,
            method: Nullable,
            channel: Nullable,
            ipAddress: Nullable,
            city: Nullable,
            browser: Nullable,
          }),
        ),
      }),
      count,
    },
    order: { by: 'startedDateTime', descending: true },
  }
}

function eventOf(step: Step, places: Places | undefined) {
  const { at, activity, result, address, userAgent } = step
  const { browser, operatingSystem } = browserOf(userAgent)
  return {
    dateTime: new Date(at).toISOString(),
    activity,
    result,
    reason: reasonOf(step),
    ...methodOf(step),
    ipAddress: address,
    city: places?.find(address, 'en')?.city ?? null,
    browser: browser ? [browser, operatingSystem].filter(name => name !== '').join(', ') : null,
  }
}

/** A person without rights. */
const PLAIN = {
  kind: 'user',
  id: '00000000-0000-0000-0000-000000000000',
  roles: [],
  roleAssignable: false,
  settlingUntil: null,
} as const

/**
 * The conditions of the journeys that the caller may read: all of the tenant, or those of the people whom they may reset.
 * Throws `forbidden` where there are none.
 */
async function readableJourneys(trx: Trx, act: Act): Promise<RawBuilder<boolean>[]> {
  const { tenantId } = trx
  if (authorize(act, 'journeys.read', { kind: 'tenant', tenantId }).allowed) return [beginnings]
  demand(act, 'journeys.read', { ...PLAIN, tenantId })
  const ranked = await rankedUsers(trx)
  const beyond = ranked.filter(user => !authorize(act, 'journeys.read', user).allowed).map(({ id }) => id)
  return [beginnings, sql`audit_events.target_id is not null and audit_events.target_id <> all(${beyond}::uuid[])`]
}

/** A journey that the caller may read, and the condition of its row. Undefined where there is none. Throws `protected_target`. */
export async function readableJourney(
  trx: Trx,
  act: Act,
  id: string,
): Promise<(Read & { where: RawBuilder<boolean> }) | undefined> {
  const { tenantId } = trx
  if (!isUuid(id)) return undefined
  const where = sql<boolean>`audit_events.correlation_id = ${id}::uuid and ${beginnings}`
  const { rows } = await sql<{ userId: string | null }>`
    select target_id as "userId" from audit_events where tenant_id = ${tenantId} and ${where} limit 1`.execute(trx)
  if (!rows[0]) return undefined
  const { userId } = rows[0]
  const tenant: Target = { kind: 'tenant', tenantId }
  if (!authorize(act, 'journeys.read', tenant).allowed)
    demand(act, 'journeys.read', userId === null ? tenant : await rankOf(trx, userId))
  return { id, userId, where }
}

/** A journey as it was read. */
interface Read {
  id: string
  userId: string | null
}

/** Writes whose journeys were read: one event for each person, so that the log tells of each who has read theirs. */
export async function recordReading(trx: Trx, act: Act, journeys: readonly Read[]): Promise<void> {
  const people = new Map<string, string[]>()
  for (const { id, userId } of journeys) if (userId) people.set(userId, [...(people.get(userId) ?? []), id])
  if (people.size === 0) return
  const { rows } = await sql<{ id: string; name: string }>`
    select id, user_principal_name as name from accounts
    where tenant_id = ${trx.tenantId} and id = any(${[...people.keys()]}::uuid[])`.execute(trx)
  const events = rows.map(target => {
    const read = people.get(target.id)!
    const details = read.length === 1 ? { journey: read[0]! } : { journeys: String(read.length) }
    return { activity: 'journey.read', result: 'success', target, details } as const
  })
  await record(trx, act, ...events)
}

/** A page of journeys, whose reading is written with it. */
export async function readJourneys(trx: Trx, act: Act, entity: Entity, options: Options) {
  const { id, userId } = entity.properties
  const shown = options.properties.map(([name]) => name)
  const page = await readPage(
    trx,
    entity,
    { ...options, properties: [...new Map([...options.properties, ['id', id], ['userId', userId!]])] },
    await readableJourneys(trx, act),
  )
  await recordReading(trx, act, page.value as unknown as Read[])
  for (const row of page.value) for (const name of ['id', 'userId']) if (!shown.includes(name)) delete row[name]
  return page
}
