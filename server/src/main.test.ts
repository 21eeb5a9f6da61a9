import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import { DAY, HOUR } from './clock.ts'
import { keyring } from './crypto/index.ts'
import { createLog, loadMetrics } from './http/index.ts'
import { serve } from './main.ts'
import { gatewaySender, SendError, telling } from './notifications/index.ts'
import { checksOf } from './runtime/health.ts'
import { noteOutcomes, tellOutcomes } from './runtime/outside.ts'
import { checkKeys, claimDatabase, prepareDatabase } from './runtime/purpose.ts'
import { findWaitingJobs, openStore } from './store/index.ts'
import { asMaintainer, emptyDatabaseUrl, testDatabase, testDatabaseUrl } from './testing/database.ts'
import { testServer } from './testing/server.ts'

const PASSWORD = 'Demo-passphrase-2026!'

test('readiness asks the mail server, and says no where it is gone, silent, or refuses the account', async t => {
  const { store } = await testServer({ context: t, seed: false })
  const mail = (url: string) => checksOf({ smtp: { url, from: 'no-reply@contoso.example' } }, store).mail!.run()
  const smtp = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    authOptional: true,
    onAuth: ({ password }, _session, done) =>
      password === 'right' ? done(null, { user: 'latchkey' }) : done(new Error('no')),
  })
  smtp.listen(0, '127.0.0.1')
  await once(smtp.server, 'listening')
  const { port } = smtp.server.address() as { port: number }
  await mail(`smtp://127.0.0.1:${port}`)
  await mail(`smtp://latchkey:right@127.0.0.1:${port}`)
  await assert.rejects(mail(`smtp://latchkey:wrong@127.0.0.1:${port}`))
  await new Promise<void>(resolve => smtp.close(() => resolve()))
  await assert.rejects(mail(`smtp://127.0.0.1:${port}`))

  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const started = performance.now()
  await assert.rejects(mail(`smtp://127.0.0.1:${(silent.address() as { port: number }).port}`))
  assert.ok(performance.now() - started < 20_000)
  silent.close()
  await checksOf({ smtp: undefined }, store).mail!.run()
})

test('readiness says no where the database only reads, as a primary that was demoted', async () => {
  const databaseUrl = await testDatabaseUrl()
  const ready = async () => {
    const store = await openStore({ databaseUrl })
    await checksOf({ smtp: undefined }, store)
      .database!.run()
      .finally(() => store.close())
  }
  await ready()
  await asMaintainer(databaseUrl, client =>
    client.query(`alter database ${new URL(databaseUrl).pathname.slice(1)} set default_transaction_read_only = on`),
  )
  await assert.rejects(ready(), /only reads/)
})

test('readiness says no where codes wait for a minute, and lets notices wait longer', async t => {
  const store = await testDatabase(t)
  const ready = () => checksOf({ smtp: undefined }, store).jobs!.run()
  const add = (task: string, minutes: number) =>
    store.pool.query("select latchkey_jobs.add_job($1, run_at := now() - $2 * interval '1 minute')", [task, minutes])
  await add('deliver-call', 0.5)
  await add('send-notice', 14)
  await add('deliver-text-message', -5)
  await ready()
  await add('deliver-call', 1.1)
  await assert.rejects(ready(), /deliver-call waits/)
  await store.pool.query('delete from latchkey_jobs._private_jobs')
  await add('send-notice', 16)
  await assert.rejects(ready(), /send-notice waits/)
})

test('what fails outside stands in the log with its code, and nothing of the message does', async t => {
  const { store } = await testServer({ context: t, seed: false })
  const lines: string[] = []
  const metrics = (await loadMetrics()).createMetrics({
    jobs: () => findWaitingJobs(store),
    hashes: () => 0,
    agents: () => 0,
    pools: {},
  })
  const note = noteOutcomes(createLog('info', { write: line => lines.push(line) }), metrics)
  const tell = tellOutcomes(store, note)
  const senders = telling({ sms: gatewaySender('http://127.0.0.1:2/') }, tell)
  const number = '+12065550110'
  const message = {
    channel: 'sms',
    kind: 'code',
    to: number,
    from: 'Acme',
    text: 'code 123456',
    language: 'en',
  } as const
  await assert.rejects(senders.sms!.send(message), SendError)
  assert.equal(lines.length, 1)
  const { to, code, level } = JSON.parse(lines[0]!)
  assert.deepEqual([to, code, level], ['sms', 'ECONNREFUSED', 40])
  assert.doesNotMatch(lines[0]!, /5550110|123456/)
  assert.match(await metrics.registry.metrics(), /outside_calls_total\{to="sms",outcome="unreachable"\} 1/)
})

test('a database keeps its purpose and its keys, and is refused for others before anything changes', async t => {
  const store = await openStore({ databaseUrl: await emptyDatabaseUrl() })
  t.after(() => store.close())
  const [first, second, third] = ['first', 'second', 'third'].map(name => `the ${name} secret that only tests have`)
  await prepareDatabase(store, keyring([first!]), 'production')
  await prepareDatabase(store, keyring([first!]), 'production')
  // Were the tables made anew, PostgreSQL would say that they exist.
  await store.pool.query('delete from latchkey.kysely_migration')
  const inUse = { name: 'ConfigError', message: /^This database is in production use.+\.$/ }
  await assert.rejects(prepareDatabase(store, keyring([first!]), 'demonstration'), inUse)

  const others = { name: 'ConfigError', message: /written with none of these secrets.+LATCHKEY_SECRETS/ }
  await assert.rejects(claimDatabase(store, keyring([second!, third!]), 'production'), others)
  await assert.rejects(checkKeys(store, keyring([second!])), others)
  // A secret is rotated in two steps: the new one before the old one, then without it.
  await claimDatabase(store, keyring([second!, first!]), 'production')
  await claimDatabase(store, keyring([second!]), 'production')
  await checkKeys(store, keyring([third!, second!]))
  await assert.rejects(checkKeys(store, keyring([first!])), others)
})

test('what has expired is removed, and what still counts stays', async t => {
  const server = await testServer({ context: t })
  const { store, clock } = server
  const count = async (table: string) =>
    Number((await store.pool.query(`select count(*) from latchkey.${table}`)).rows[0].count)
  const clean = async () => {
    await store.pool.query("select latchkey_jobs.add_job('remove-expired')")
    const end = performance.now() + 60_000
    const left = "select from latchkey_jobs.jobs where task_identifier = 'remove-expired'"
    while ((await store.pool.query(left)).rowCount! > 0 && performance.now() < end) await sleep(10)
  }
  await server.post('/signin', { username: 'registered@acme.example', password: PASSWORD })
  await server.post('/signin', { username: 'nobody@nowhere.example', password: 'wrong' })
  const { json: journey } = await server.post('/reset', { username: 'registered@acme.example' })
  const method = journey.methods.find((one: { kind: string }) => one.kind === 'email').id
  await server.post(`/reset/${journey.id}/challenges`, { method })
  await server.code('registered@mail.example')
  const all = async () =>
    Object.fromEntries(
      await Promise.all(
        ['sessions', 'devices', 'journeys', 'challenges', 'counters'].map(async name => [name, await count(name)]),
      ),
    )
  const begun = await all()
  assert.deepEqual(begun, { sessions: 1, devices: 1, journeys: 1, challenges: 1, counters: 2 })
  clock.advance(6 * HOUR)
  await clean()
  assert.deepEqual(await all(), begun)
  clock.advance(3 * DAY)
  await clean()
  // The lock of an account has no end.
  assert.deepEqual(await all(), { sessions: 0, devices: 1, journeys: 1, challenges: 1, counters: 1 })
  clock.advance(30 * DAY)
  await clean()
  assert.deepEqual(await all(), { sessions: 0, devices: 1, journeys: 0, challenges: 0, counters: 1 })
  clock.advance(60 * DAY)
  await clean()
  assert.equal(await count('devices'), 0)
})

test('a replica that only works listens to nobody, and one that only serves works nothing off', async t => {
  const both = await testServer({ context: t })
  const options = {
    listen: { host: '127.0.0.1', port: 0 },
    trustedProxies: [],
    senders: {},
    log: createLog('silent'),
    checks: {},
  }
  // The lanes of a process sign one connection with their id.
  const listening = async () => {
    const lines = 'select from pg_stat_activity where datname = current_database() and application_name like $1'
    return (await both.store.pool.query(lines, ['lanes-%'])).rowCount
  }
  const comesTo = async (count: number) => {
    for (let tries = 0; (await listening()) !== count; tries++) {
      assert.ok(tries < 3_000)
      await sleep(20)
    }
  }
  const worker = await serve(both.services, { ...options, roles: ['worker'] })
  assert.equal(worker.port, 0)
  await comesTo(2)
  await worker.close()
  await comesTo(1)
  const web = await serve(both.services, { ...options, roles: ['web'] })
  const socket = connect(web.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  const beside = await listening()
  await web.close()
  assert.equal(beside, 1)
})
