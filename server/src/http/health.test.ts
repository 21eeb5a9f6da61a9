import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { type HealthCheck, healthRoutes, metricsRoutes } from './health.ts'

/** A server with nothing but these checks, listening. */
async function listening(context: { after(work: () => Promise<void>): void }, checks: Record<string, HealthCheck>) {
  const app = Fastify()
  metricsRoutes(app)
  healthRoutes(app, checks)
  app.get('/things/:name', async () => 'ok')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  context.after(() => app.close())
  return async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, { headers })
    return { status: response.status, text: await response.text() }
  }
}

test('readiness names the part that fails and keeps its reason to itself, while the process stays live', async t => {
  let works = true
  const database = async () => {
    if (!works) throw new Error('password authentication failed for hunter2')
  }
  const get = await listening(t, { database: { run: database, goodFor: 0 }, mail: { run: async () => {}, goodFor: 0 } })
  assert.deepEqual(await get('/health/ready'), { status: 200, text: '{"database":"ok","mail":"ok"}' })
  works = false
  assert.deepEqual(await get('/health/ready'), { status: 503, text: '{"database":"failed","mail":"ok"}' })
  assert.equal((await get('/health/live')).status, 200)
  works = true
  assert.equal((await get('/health/ready')).status, 200)
})

test('a part that hangs counts as failed, and a hundred questions at once ask it once', async t => {
  let asked = 0
  const mail = () => {
    asked++
    return new Promise<void>(() => {})
  }
  const get = await listening(t, { mail: { run: mail, goodFor: 30_000 } })
  const started = performance.now()
  const answers = await Promise.all(Array.from({ length: 100 }, () => get('/health/ready')))
  assert.ok(performance.now() - started < 6_000)
  assert.ok(answers.every(({ status }) => status === 503))
  assert.equal(asked, 1)
})

test('metrics are for this machine alone, and not for whom a proxy on it serves', async t => {
  const get = await listening(t, {})
  assert.equal((await get('/metrics')).status, 200)
  for (const name of ['Forwarded', 'Via', 'X-Forwarded-For', 'X-Real-IP']) {
    const { status, text } = await get('/metrics', { [name]: '127.0.0.1' })
    assert.equal(status, 404, name)
    assert.doesNotMatch(text, /process_/)
  }
  const app = Fastify({ trustProxy: true })
  metricsRoutes(app)
  for (const [remoteAddress, status] of [
    ['192.0.2.7', 404],
    ['::ffff:192.0.2.7', 404],
    ['fe80::1', 404],
    ['::1', 200],
    ['::ffff:127.0.0.1', 200],
  ] as const)
    assert.equal((await app.inject({ url: '/metrics', remoteAddress })).statusCode, status, remoteAddress)
})

test('metrics tell requests apart by the pattern of their route, never by what a person put into the address', async t => {
  const get = await listening(t, {})
  await get('/things/somebody@acme.example?code=123456')
  await get('/nowhere/somebody@acme.example')
  const { status, text } = await get('/metrics')
  assert.equal(status, 200)
  assert.match(text, /duration_seconds_count\{method="GET",route="\/things\/:name",status="200"\} 1/)
  assert.match(text, /route="none",status="404"\} 1/)
  assert.match(text, /process_resident_memory_bytes/)
  assert.doesNotMatch(text, /somebody|123456/)
})
