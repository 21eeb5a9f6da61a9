import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Act } from '../act.ts'
import { DAY, HOUR, MINUTE, plus } from '../clock.ts'
import { changeProtection } from '../policies/index.ts'
import { inSystem, inTenant, openSnapshot, type Trx } from '../store/index.ts'
import { meansAt, newTrail, readEvents, stage } from '../testing/people.ts'
import { activities } from './activities.ts'
import { findActivity, findTrail, record } from './index.ts'
import { makeAuditPartitions } from './partitions.ts'
import { removeOldEvents } from './retention.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const globex = await cast.tenant('globex.example')

const unknown = { kind: 'anyone', name: 'unknown' } as const

test('an event stands with its act, or neither does', async () => {
  const act = meansAt()
  const { trail } = act
  const event = { activity: 'signin.failed', result: 'failure', reason: 'password' } as const
  const failing = inTenant(store, acme, async trx => {
    await record(trx, act, event)
    throw new Error('the act failed')
  })
  await assert.rejects(failing, /the act failed/)
  assert.deepEqual(await readEvents(store, acme), [])
  await inTenant(store, acme, trx => record(trx, act, event, { ...event, reason: 'disabled' }))
  assert.deepEqual(await readEvents(store, acme, trail.correlationId), [
    'signin.failed failure disabled',
    'signin.failed failure password',
  ])
  assert.deepEqual(await readEvents(store, globex), [])
})

test('more events than one statement takes are all written, or none', async () => {
  const umbrella = await cast.tenant('umbrella.example')
  const event = { activity: 'group.member_added', result: 'success', target: { name: 'Nurses' } } as const
  const many = Array.from({ length: 4_001 }, () => event)
  const failing = inTenant(store, umbrella, async trx => {
    await record(trx, { ...meansAt(), actor: { kind: 'operator' }, trail: newTrail() }, ...many)
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from audit_events`.execute(trx)
    assert.equal(rows[0]!.count, many.length)
    throw new Error('the act failed')
  })
  await assert.rejects(failing, /the act failed/)
  assert.deepEqual(await readEvents(store, umbrella), [])
})

test('somebody’s own activity is what happened to their account, newest first, and only what is shown', async () => {
  const [user, colleague] = [
    await cast.person(acme, 'person@acme.example', { password: false }),
    await cast.person(acme, 'colleague@acme.example', { password: false }),
  ]
  const happened = (at: number, activity: 'signin.failed' | 'signin.succeeded' | 'proof.failed', to = user) =>
    inTenant(store, acme, trx =>
      record(
        trx,
        { ...meansAt(at), actor: unknown, trail: { ...newTrail(), userAgent: 'x'.repeat(1_000) } },
        { activity, result: 'success', target: { id: to.id, name: to.userPrincipalName } },
      ),
    )
  await happened(MINUTE, 'signin.failed')
  await happened(3 * MINUTE, 'signin.failed')
  await happened(2 * MINUTE, 'signin.succeeded')
  await happened(4 * MINUTE, 'proof.failed')
  await happened(5 * MINUTE, 'signin.failed', colleague)
  const lines = (limit: number) =>
    inTenant(store, acme, trx => findActivity(trx, user.id, ['signin.failed', 'signin.succeeded'], { limit }))
  const found = await lines(10)
  assert.deepEqual(
    found.map(line => [line.activity, line.at.getTime() - meansAt().now.getTime()]),
    [
      ['signin.failed', 3 * MINUTE],
      ['signin.succeeded', 2 * MINUTE],
      ['signin.failed', MINUTE],
    ],
  )
  assert.deepEqual([found[0]?.address, found[0]?.userAgent?.length], ['192.0.2.7', 400])
  assert.equal((await lines(2)).length, 2)
})

test('months are made ahead, as often as one likes', async () => {
  await makeAuditPartitions(store, { now: new Date() })
  await makeAuditPartitions(store, { now: new Date() })
  const { rows } = await store.pool.query(
    "select relname from pg_class where relname ~ '^audit_events_\\d{4}_\\d{2}$' and relispartition and relkind = 'r'",
  )
  assert.equal(rows.length, 3)
})

test('the system role makes no months and drops none', async () => {
  for (const work of [sql`select audit_partition(current_date)`, sql`select drop_audit_month(now(), 800)`])
    await assert.rejects(
      inSystem(store, trx => work.execute(trx)),
      { code: '42501' },
    )
})

test('a trail is looked for from when its id was made, give or take an hour', async () => {
  const user = await cast.person(acme, 'trail@acme.example')
  const trail = newTrail()
  const target = { id: user.id, name: user.userPrincipalName }
  const event = { activity: 'signin.succeeded', result: 'success', target } as const
  for (const at of [-61 * MINUTE, -59 * MINUTE, 12 * HOUR])
    await inTenant(store, acme, trx => record(trx, { ...meansAt(at), actor: { kind: 'operator' }, trail }, event))
  const found = await inTenant(store, acme, trx => findTrail(trx, user.id, trail.correlationId, ['signin.succeeded']))
  assert.deepEqual(
    found.map(({ at }) => at),
    [meansAt(-59 * MINUTE).now, meansAt(12 * HOUR).now],
  )
})

/** A failed sign-in for a name of nobody. */
const failNobody = (at: number, address: string, activity: 'signin.failed' | 'signin.blocked' = 'signin.failed') =>
  inTenant(store, globex, trx =>
    record(
      trx,
      { ...meansAt(at), actor: unknown, trail: { ...newTrail(), address } },
      { activity, result: 'failure', reason: 'unknown name' },
    ),
  )
const counted = async () =>
  (
    await inTenant(store, globex, trx =>
      trx
        .selectFrom('audit_events')
        .select(['at', 'activity', 'address', 'user_agent', 'count'])
        .where('tenant_id', '=', globex)
        .orderBy('at')
        .orderBy('activity')
        .orderBy('address')
        .execute(),
    )
  ).map(({ at, activity, address, user_agent, count }) => [
    at.getTime() - meansAt().now.getTime(),
    activity,
    address,
    user_agent,
    count,
  ])

test('what names of nobody do is one entry for a network and hour, without the name', async () => {
  await Promise.all(Array.from({ length: 5 }, (_, n) => failNobody(n * MINUTE, `192.0.2.${n}`)))
  await failNobody(MINUTE, '2001:db8:1:2::1')
  await failNobody(MINUTE, '2001:db8:1:ffff::2')
  await failNobody(MINUTE, '::ffff:192.0.2.9')
  await failNobody(MINUTE, '192.0.2.1', 'signin.blocked')
  await failNobody(61 * MINUTE, '192.0.2.1')
  assert.deepEqual(await counted(), [
    [0, 'signin.blocked', '192.0.2.0/24', null, 1],
    [0, 'signin.failed', '192.0.2.0/24', null, 6],
    [0, 'signin.failed', '2001:db8:1::/48', null, 2],
    [60 * MINUTE, 'signin.failed', '192.0.2.0/24', null, 1],
  ])
})

test('a thousand networks an hour have an entry of their own, and all others share one', async () => {
  for (let n = 0; n < 1_000; n += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, m) => failNobody(3 * HOUR, `10.${(n + m) >> 8}.${(n + m) & 255}.1`)),
    )
  for (let n = 0; n < 5; n++) await failNobody(3 * HOUR, `172.16.${n}.1`)
  await failNobody(3 * HOUR, '10.0.0.9')
  const rows = (await counted()).filter(([at]) => at === 3 * HOUR)
  assert.equal(rows.length, 1_001)
  assert.deepEqual(
    rows.filter(([, , address, , count]) => address === null || (count as number) > 1),
    [
      [3 * HOUR, 'signin.failed', '10.0.0.0/24', null, 2],
      [3 * HOUR, 'signin.failed', null, null, 5],
    ],
  )
})

test('events are kept as long as the tenant chose, and dropped by the month where nobody keeps them', async () => {
  const acmeNow = new Date()
  const at = (daysAgo: number): Act => ({
    ...meansAt(),
    now: plus(acmeNow, -daysAgo * DAY),
    actor: { kind: 'operator' },
  })
  const month = (date: Date) => `audit_events_${date.toISOString().slice(0, 7).replace('-', '_')}`
  const old = at(800).now
  await sql`select audit_partition(${old.toISOString().slice(0, 10)}::date)`.execute(store.owner)
  const initech = await cast.tenant('initech.example')
  const hooli = await cast.tenant('hooli.example')
  await inTenant(store, hooli, trx => changeProtection(trx, hooli, { auditRetentionDays: 30 }))
  const event = { activity: 'signin.succeeded', result: 'success' } as const
  for (const tenantId of [initech, hooli])
    for (const daysAgo of [800, 720, 31, 29]) await inTenant(store, tenantId, trx => record(trx, at(daysAgo), event))
  const left = async (tenantId: string) => (await readEvents(store, tenantId)).length
  const hasMonth = async () =>
    (await store.pool.query('select from pg_class where relname = $1', [month(old)])).rows.length === 1
  assert.ok(await hasMonth())

  await removeOldEvents(store, { now: plus(acmeNow, -780 * DAY) })
  assert.deepEqual([await left(initech), await left(hooli), await hasMonth()], [4, 4, true])
  // While a backup reads the log the month is not dropped: others would wait behind the drop.
  const snapshot = await openSnapshot(store)
  await removeOldEvents(store, { now: acmeNow })
  assert.deepEqual([await left(initech), await hasMonth()], [4, true])
  await snapshot.close()
  // A clock that has jumped ahead costs nothing that is not old by the database's.
  await removeOldEvents(store, { now: plus(acmeNow, 3_650 * DAY) })
  assert.deepEqual([await left(initech), await left(hooli), await hasMonth()], [3, 1, false])
})

test('a tenant’s role removes no event that is younger than thirty days', async () => {
  const now = new Date()
  const recent: Act = { ...meansAt(), now: plus(now, -29 * DAY), actor: { kind: 'operator' } }
  const event = { activity: 'signin.succeeded', result: 'success' } as const
  const tenantId = await cast.tenant('kept.example')
  await inTenant(store, tenantId, trx => record(trx, recent, event))
  await inTenant(store, tenantId, trx => trx.deleteFrom('audit_events').where('tenant_id', '=', tenantId).execute())
  assert.equal((await readEvents(store, tenantId)).length, 1)
})

test('every activity has a name for reports', () => {
  for (const [activity, name] of Object.entries(activities)) assert.ok(name.length > 5, activity)
})

test('lesson 37: strangers of one network write in turn, whether or not the name is known', async () => {
  const user = await cast.person(acme, 'in-turn@acme.example', { password: false })
  const known = { target: { id: user.id, name: user.userPrincipalName } }
  const write = (trx: Trx, address: string, about: object) =>
    record(
      trx,
      { ...meansAt(), actor: unknown, trail: { ...newTrail(), address } },
      { activity: 'reset.started', result: 'success', ...about },
    )
  const waits = (address: string, about: object) =>
    inTenant(store, acme, async trx => {
      await sql`set local lock_timeout = '100ms'`.execute(trx)
      await write(trx, address, about)
    }).then(
      () => false,
      error => error.code === '55P03',
    )
  for (const first of [known, {}]) {
    const seen = await inTenant(store, acme, async trx => {
      await write(trx, '192.0.2.1', first)
      return store.transacting.exit(() =>
        Promise.all([
          waits('192.0.2.99', known),
          waits('192.0.2.99', {}),
          // Of a network each, or one of these would wait for the other.
          waits('198.51.100.1', known),
          waits('203.0.113.1', {}),
        ]),
      )
    })
    assert.deepEqual(seen, [true, true, false, false])
  }
})
