import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { type HealthCheck, healthRoutes } from './health.ts'

/** A server with nothing but these checks, listening. */
async function listening(context: { after(work: () => Promise<void>): void }, checks: Record<string, HealthCheck>) {
  const app = Fastify()
  healthRoutes(app, checks)
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
  assert.ok(performance.now() - started < 20_000)
  assert.ok(answers.every(({ status }) => status === 503))
  assert.equal(asked, 1)
})
