import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { DAY, plus } from '../clock.ts'
import { readOptions, readPage } from '../odata/index.ts'
import { inTenant } from '../store/index.ts'
import { testDatabaseUrl } from '../testing/database.ts'
import { asking } from '../testing/lists.ts'
import { explainedStore } from '../testing/plans.ts'
import { directoryAuditsOf } from './directoryAudits.ts'
import { beginnings, journeysOf } from './journeys.ts'
import { eventsOf } from './logs.ts'
import { signInsOf } from './signIns.ts'

// What a page of a log or of journeys reads of 40,000 events, under row-level security: of either log the other is left out, and each
// filter that names somebody or something is led to it by an index.

const EVENTS = 20_000
const NOW = new Date()
const caller = asking(randomUUID(), NOW)
const rare = randomUUID()

const { store, skip, judge, forget } = await explainedStore(await testDatabaseUrl(), async first => {
  await first.pool.query(
    "insert into latchkey.tenants (tenant_id, display_name, created_at) values ($1, 'Acme', now())",
    [caller.tenantId],
  )
  const write = (activities: string, minutes: string, more: Record<string, string> = {}, many = EVENTS) => {
    const columns = {
      id: 'gen_random_uuid()',
      at: `$2::timestamptz - (${minutes}) * interval '1 minute'`,
      activity: activities,
      result: "'success'",
      actor_kind: "'user'",
      actor_id: "md5('person' || n % 500)::uuid",
      actor_name: "'person' || n % 500",
      target_id: "md5('person' || n % 500)::uuid",
      target_name: "'person' || n % 500",
      correlation_id: "md5('session' || n)::uuid",
      address: "'192.0.2.' || n % 250",
      ...more,
    }
    return first.pool.query(
      `insert into latchkey.audit_events (tenant_id, ${Object.keys(columns)})
       select $1, ${Object.values(columns)} from generate_series(1, ${many}) n`,
      [caller.tenantId, NOW],
    )
  }
  await write("case n % 20 when 0 then 'signin.failed' else 'signin.succeeded' end", 'n', {
    reason: "case n % 20 when 0 then 'password' end",
  })
  await write("case n % 3 when 0 then 'user.created' when 1 then 'reset.started' else 'securityInfo.saved' end", 'n')
  // What is searched below is old: an index has to lead to it.
  const old = `${EVENTS} + n`
  await write("'signin.failed'", old, { reason: "'disabled'", target_id: `'${rare}'`, address: "'203.0.113.9'" }, 3)
  await write("'signin.succeeded'", old, { app_id: `'${rare}'`, support_code: "'ABCDEFGH0J'" }, 3)
  await write("'role.assigned'", old, { actor_id: `'${rare}'`, target_id: `'${rare}'`, correlation_id: `'${rare}'` }, 3)
  const begun = { actor_id: 'null', actor_name: "'rare'", target_id: `'${rare}'`, support_code: "'KBCDEFGH0J'" }
  await write("'reset.started'", old, begun, 3)
})

const lists = {
  signIns: { entity: signInsOf(caller.tenantId, undefined), within: eventsOf('signIns') },
  directoryAudits: { entity: directoryAuditsOf(caller.tenantId), within: eventsOf('directoryAudits') },
  journeys: { entity: journeysOf(caller.tenantId, NOW, undefined), within: beginnings },
}
type Log = keyof typeof lists

const read = async (log: Log, options: Record<string, string>) => {
  const { entity, within } = lists[log]
  const query = readOptions(entity, Object.entries(options), { ...caller, path: `/${log}` })
  return inTenant(store, caller.tenantId, trx => readPage(trx, entity, query, [within]))
}

/** Asks until PostgreSQL has settled on a plan for any value, or on one for each, which takes five. */
async function settled(log: Log, options: Record<string, string>) {
  for (let time = 0; time < 6; time += 1) await read(log, options)
  forget()
  return read(log, options)
}

for (const log of ['signIns', 'directoryAudits', 'journeys'] as const)
  test(`an index leads to each page of ${log}, to a late one too`, { skip }, async () => {
    // What is told beside the event is read of each row by its key.
    const $select = log === 'journeys' ? 'id,userId' : 'id,correlationId'
    await settled(log, { $select })
    judge(log)
    let token: string | undefined
    for (let page = 0; page < (log === 'journeys' ? 4 : 12); page += 1)
      token = (await read(log, { $select, $top: '1000', ...(token && { $skiptoken: token }) })).next
    const { value } = await settled(log, { $select, $top: '1000', $skiptoken: token! })
    judge(`${log}, late`, 1000)
    assert.equal(value.length, 1000)
    const moment = { signIns: 'createdDateTime', directoryAudits: 'activityDateTime', journeys: 'startedDateTime' }[log]
    const since = `${moment} ge ${plus(NOW, -20 * DAY).toISOString()} and ${moment} lt ${plus(NOW, -DAY).toISOString()}`
    await settled(log, { $select, $filter: since })
    judge(since)
  })

test('an index leads to what a filter of a log names', { skip }, async () => {
  for (const [log, $filter, count] of [
    ['signIns', `userId eq '${rare}'`, 3],
    ['signIns', `appId eq '${rare}'`, 3],
    ['signIns', "ipAddress eq '203.0.113.9'", 3],
    ['signIns', "supportCode eq 'ABCDEFGH0J'", 3],
    ['directoryAudits', `initiatedBy/user/id eq '${rare}'`, 3],
    ['directoryAudits', "initiatedBy/user/userPrincipalName eq 'rare'", 3],
    ['directoryAudits', `targetResources/any(t:t/id eq '${rare}')`, 6],
    ['directoryAudits', `correlationId eq '${rare}'`, 3],
    ['directoryAudits', "activityDisplayName eq 'Add member to role'", 3],
    ['directoryAudits', "activity eq 'role.assigned'", 3],
    ['directoryAudits', "startsWith(activityDisplayName,'Add member to r')", 3],
    ['directoryAudits', "category eq 'RoleManagement'", 3],
    ['directoryAudits', "loggedByService eq 'Core Directory'", 100],
    ['journeys', `userId eq '${rare}'`, 3],
    ['journeys', "supportCode eq 'KBCDEFGH0J'", 3],
  ] as const) {
    const { value } = await settled(log, { $filter, $select: 'id' })
    judge($filter)
    assert.equal(value.length, count, $filter)
  }
})
