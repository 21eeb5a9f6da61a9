import { sql } from 'kysely'
import { isAdministrator } from '../access/index.ts'
import type { Act } from '../act.ts'
import { DAY, MINUTE, plus } from '../clock.ts'
import { findUsers, readName, type User } from '../directory/index.ts'
import { counterKeysOf } from '../limits/index.ts'
import type { MethodKind } from '../policies/index.ts'
import { type Readiness, readinessOf } from '../readiness/index.ts'
import { type Db, inSystem, inTenant, type Trx } from '../store/index.ts'

/** People whose rows one transaction holds: what changes their methods waits for it. */
const BATCH = 200

/** How many are marked at once. */
const MARKED = 1_000

/** How many a report judges itself before it answers; the job does the rest. */
const BEFORE_ANSWER = 1_000

/** How long a judgement stands unless something changes. A method that cools off changes it by time alone. */
const STANDS = DAY
const COOLS = 15 * MINUTE

type Means = Pick<Act, 'now' | 'keys' | 'random'>

/** Judges the people again who are due, before a report is read: all of a small tenant, some of a large one. */
export async function refreshRegistrations(db: Db, act: Means, tenantId: string, atMost = BEFORE_ANSWER) {
  await inTenant(db, tenantId, markRound)
  for (let judged = 0; judged < atMost; ) {
    const some = await inTenant(db, tenantId, trx => judgeDue(trx, act))
    judged += some
    if (some < BATCH) return
  }
}

/** The same for every tenant, until nobody is due: a job. */
export async function refreshAllRegistrations(db: Db, actNow: () => Means): Promise<void> {
  const { rows } = await inSystem(db, trx =>
    sql<{ tenantId: string }>`
      select tenant_id as "tenantId" from registration_rounds
      union select tenant_id from registrations where due_at <= ${actNow().now}`.execute(trx),
  )
  for (const { tenantId } of rows) {
    while (await inTenant(db, tenantId, markRound));
    while ((await inTenant(db, tenantId, trx => judgeDue(trx, actNow()))) === BATCH);
  }
}

/**
 * Whoever marks or judges people of a tenant waits for another who does: a report that passed over what is being judged
 * beside it would tell of a company where nobody was judged yet.
 */
const takeTurn = (trx: Trx) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`registrations ${trx.tenantId}`}, 0))`.execute(trx)

/** Marks the next people of a round as due. Returns whether there are more. A round that is being begun is left to the next look. */
async function markRound(trx: Trx): Promise<boolean> {
  const { tenantId } = trx
  const [, { rows }] = await Promise.all([
    takeTurn(trx),
    sql<{ marked: number }>`
    with round as materialized (
      select marked_to from registration_rounds where tenant_id = ${tenantId} for update skip locked),
    next as materialized (
      select user_id from registrations where tenant_id = ${tenantId} and exists(select from round)
        and user_id > coalesce((select marked_to from round), '00000000-0000-0000-0000-000000000000')
      order by user_id limit ${sql.lit(MARKED)}),
    marked as (
      update registrations set due_at = '-infinity'
      where tenant_id = ${tenantId} and user_id in (select user_id from next) returning user_id),
    ended as (
      delete from registration_rounds
      where tenant_id = ${tenantId} and exists(select from round) and (select count(*) from next) < ${sql.lit(MARKED)}),
    moved as (
      update registration_rounds set marked_to = (select user_id from next order by user_id desc limit 1)
      where tenant_id = ${tenantId} and (select count(*) from next) = ${sql.lit(MARKED)})
    select count(*)::int as marked from marked`.execute(trx),
  ])
  return rows[0]!.marked === MARKED
}

/** Judges the next people who are due. Their rows are locked first: what changes afterwards marks them again. */
async function judgeDue(trx: Trx, act: Means): Promise<number> {
  const { tenantId } = trx
  const [, { rows }] = await Promise.all([
    takeTurn(trx),
    sql<{ id: string }>`
    select user_id as id from registrations where tenant_id = ${tenantId} and due_at <= ${act.now}
    order by due_at limit ${sql.lit(BATCH)} for update skip locked`.execute(trx),
  ])
  if (rows.length === 0) return 0
  const users = await findUsers(
    trx,
    rows.map(({ id }) => id),
  )
  const judged = await readinessOf(trx, act, users)
  const values = judged.map((one, place) => rowOf(act, one, users[place]!))
  await sql`
    update registrations set due_at = judged.due, judged_at = ${act.now}, policy_id = judged.policy,
      is_administrator = judged.administrator, is_enabled = judged.enabled, is_registered = judged.registered,
      is_capable = judged.capable, refusal = judged.refusal, subject = decode(judged.subject, 'hex'), methods = array(select jsonb_array_elements_text(judged.methods)),
      usable_methods = array(select jsonb_array_elements_text(judged.usable))
    from jsonb_to_recordset(${JSON.stringify(values)}::jsonb) as judged(
      id uuid, due timestamptz, policy uuid, administrator boolean, enabled boolean, registered boolean, capable boolean,
      refusal text, subject text, methods jsonb, usable jsonb)
    where tenant_id = ${tenantId} and user_id = judged.id`.execute(trx)
  // Somebody deleted is judged when they come back.
  const gone = rows.map(({ id }) => id).filter(id => !users.some(user => user.id === id))
  if (gone.length > 0)
    await sql`update registrations set due_at = 'infinity' where tenant_id = ${tenantId} and user_id = any(${gone}::uuid[])`.execute(
      trx,
    )
  return rows.length
}

function rowOf(act: Means, readiness: Readiness, user: User) {
  const { userId, policyId, isEnabled, isRegistered, isCapable, refusal, methodsRegistered, methodsOn } = readiness
  const cools = isRegistered && !isCapable
  return {
    id: userId,
    due: plus(act.now, cools ? COOLS : STANDS),
    policy: policyId,
    administrator: isAdministrator(user),
    enabled: isEnabled,
    registered: isRegistered,
    capable: isCapable,
    refusal,
    subject: counterKeysOf(act, user.tenantId, readName(user.userPrincipalName).folded)[0]!.toString('hex'),
    methods: methodsRegistered.map(kind => GRAPH_NAMES[kind]),
    usable: methodsOn.map(kind => GRAPH_NAMES[kind]),
  }
}

/** Our kinds of methods, as reports call them (administration on the wire, §2.6). */
export const GRAPH_NAMES: Record<MethodKind, string> = {
  mobilePhone: 'mobilePhone',
  officePhone: 'officePhone',
  email: 'email',
  securityQuestions: 'securityQuestion',
  authenticatorCode: 'softwareOneTimePasscode',
  passkey: 'fido2',
  recoveryCode: 'recoveryCode',
}
