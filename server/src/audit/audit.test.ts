import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE } from '../clock.ts'
import { inTenant } from '../store/index.ts'
import { testDatabase } from '../testing/database.ts'
import { castIn, meansAt, newTrail, readEvents } from '../testing/people.ts'
import { activities, findActivity, record } from './index.ts'
import { makeAuditPartitions } from './partitions.ts'

const store = await testDatabase()
const cast = await castIn(store)
const acme = await cast.tenant('acme.example')
const globex = await cast.tenant('globex.example')

test('an event stands with its act, or neither does', async () => {
  const trail = newTrail()
  const event = { activity: 'signin.failed', result: 'failure', reason: 'password', actor: { kind: 'system' } } as const
  const failing = inTenant(store, acme, async trx => {
    await record(trx, meansAt(), acme, trail, event)
    throw new Error('the act failed')
  })
  await assert.rejects(failing, /the act failed/)
  assert.deepEqual(await readEvents(store, acme), [])
  await inTenant(store, acme, trx => record(trx, meansAt(), acme, trail, event, { ...event, reason: 'disabled' }))
  assert.deepEqual(await readEvents(store, acme, trail.correlationId), [
    'signin.failed failure disabled',
    'signin.failed failure password',
  ])
  assert.deepEqual(await readEvents(store, globex), [])
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
        meansAt(at),
        acme,
        { ...newTrail(), userAgent: 'x'.repeat(1_000) },
        {
          activity,
          result: 'success',
          actor: { kind: 'user', name: 'unknown' },
          target: { id: to.id, name: to.userPrincipalName },
        },
      ),
    )
  await happened(MINUTE, 'signin.failed')
  await happened(3 * MINUTE, 'signin.failed')
  await happened(2 * MINUTE, 'signin.succeeded')
  await happened(4 * MINUTE, 'proof.failed')
  await happened(5 * MINUTE, 'signin.failed', colleague)
  const lines = (limit: number) =>
    inTenant(store, acme, trx => findActivity(trx, acme, user.id, ['signin.failed', 'signin.succeeded'], limit))
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
  await makeAuditPartitions(store)
  await makeAuditPartitions(store)
  const { rows } = await store.pool.query(
    "select relname from pg_class where relname ~ '^audit_events_\\d{4}_\\d{2}$' and relispartition and relkind = 'r'",
  )
  assert.equal(rows.length, 3)
})

test('every activity has a name for reports', () => {
  for (const [activity, name] of Object.entries(activities)) assert.ok(name.length > 5, activity)
})
