import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, plus } from '../clock.ts'
import { queueNotices } from '../notifications/index.ts'
import { enqueue, inTenant } from '../store/index.ts'
import { meansAt, stage } from '../testing/people.ts'
import { enqueueLostJobs } from './lostJobs.ts'

const { store, cast } = await stage()
const means = meansAt()

/** What the queue holds, by the ids in its payloads. */
async function queued(): Promise<Record<string, string>> {
  const { rows } = await store.pool.query(
    `select j.task_identifier as task, coalesce(p.payload->>'noticeId', p.payload->>'challengeId') as id, p.attempts
     from latchkey_jobs.jobs j join latchkey_jobs._private_jobs p using (id)`,
  )
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'one job each')
  return Object.fromEntries(rows.map(({ id, task, attempts }) => [id, `${task} ${attempts}`]))
}

test('a code and a notice whose job was lost get another, and those that have one keep it', async () => {
  const tenantId = await cast.tenant('lost.example')
  const user = await cast.person(tenantId, 'somebody@lost.example')
  const notice = {
    to: 'somebody@mail.example',
    language: 'en',
    template: 'guessing',
    variables: { organization: 'Lost' },
  } as const
  await inTenant(store, tenantId, trx => queueNotices(trx, means, [notice, notice]))
  const codes = await inTenant(store, tenantId, async trx => {
    const ids = []
    for (const [channel, code] of [
      ['email', 'sealed'],
      ['sms', 'sealed'],
      ['voice', 'sealed'],
      // A decoy, whose code nobody sends.
      ['email', null],
    ] as const) {
      const id = means.random.uuid(means.now)
      ids.push(id)
      await trx
        .insertInto('challenges')
        .values({
          tenant_id: tenantId,
          id,
          purpose: 'session',
          session_id: id,
          user_id: user.id,
          security_epoch: 0,
          kind: channel === 'email' ? 'email' : 'mobilePhone',
          channel,
          code_sealed: code && Buffer.from(code),
          language: 'en',
          created_at: means.now,
          expires_at: plus(means.now, 5 * MINUTE),
          delivery: 'pending',
        })
        .execute()
    }
    await enqueue(trx, 'deliver-code', { tenantId, challengeId: ids[0]! })
    return ids
  })
  const [kept, lost] = Object.keys(await queued()).filter(id => !codes.includes(id))
  // One is tried for the second time, and has no key.
  await store.pool.query('update latchkey_jobs._private_jobs set attempts = 2')
  await store.pool.query("delete from latchkey_jobs._private_jobs where payload->>'noticeId' = $1", [lost])
  const find = (milliseconds: number) => enqueueLostJobs({ db: store, clock: () => meansAt(milliseconds).now })

  await find(0.9 * MINUTE)
  assert.deepEqual(await queued(), { [kept!]: 'send-notice 2', [codes[0]!]: 'deliver-code 2' })
  const all = {
    [kept!]: 'send-notice 2',
    [lost!]: 'send-notice 0',
    [codes[0]!]: 'deliver-code 2',
    [codes[1]!]: 'deliver-text-message 0',
    [codes[2]!]: 'deliver-call 0',
  }
  for (const time of [1.1, 1.2]) {
    await find(time * MINUTE)
    assert.deepEqual(await queued(), all)
  }
  await store.pool.query('delete from latchkey_jobs._private_jobs')
  await store.pool.query('update latchkey.notices set sent_at = now()')
  await find(5.1 * MINUTE)
  assert.deepEqual(await queued(), {}, 'nothing is sent twice, nor once it is of no use')
})
