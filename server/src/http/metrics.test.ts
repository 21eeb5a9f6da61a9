import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Fastify from 'fastify'
import { testServer } from '../testing/server.ts'
import { countRequests, createMetrics, listenForMetrics } from './metrics.ts'

test('figures tell requests apart by the pattern of their route, never by what a person put into the address', async t => {
  const metrics = createMetrics(async () => [{ task: 'deliver-code', count: 3, waited: 61_000 }])
  const app = Fastify()
  countRequests(app, metrics)
  app.get('/things/:name', async () => 'ok')
  const figures = await listenForMetrics(metrics, { host: '127.0.0.1', port: 0 })
  t.after(() => figures.close())
  await app.inject('/things/somebody@acme.example?code=123456')
  await app.inject('/nowhere/somebody@acme.example')
  metrics.outside.inc({ to: 'email', outcome: 'tls' })
  const url = `http://127.0.0.1:${(figures.address() as AddressInfo).port}`
  const response = await fetch(`${url}/metrics`)
  const text = await response.text()
  assert.equal(response.status, 200)
  assert.match(text, /duration_seconds_count\{method="GET",route="\/things\/:name",status="200"\} 1/)
  assert.match(text, /route="none",status="404"\} 1/)
  assert.match(text, /latchkey_outside_calls_total\{to="email",outcome="tls"\} 1/)
  assert.match(text, /latchkey_jobs_waiting\{task="deliver-code"\} 3/)
  assert.match(text, /latchkey_jobs_oldest_seconds\{task="deliver-code"\} 61/)
  assert.match(text, /process_resident_memory_bytes/)
  assert.doesNotMatch(text, /somebody|123456/)
  for (const path of ['/', '/metrics?x', '/health/live']) assert.equal((await fetch(url + path)).status, 404, path)
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 404)
})

test('the people’s port has no figures, whatever a proxy says or leaves out', async t => {
  const server = await testServer({ context: t, seed: false })
  for (const headers of [{}, { via: '1.1 proxy' }, { 'x-forwarded-for': '127.0.0.1' }, { host: 'localhost' }]) {
    const { status, text } = await server.request('GET', '/metrics', { headers })
    assert.equal(status, 404)
    assert.doesNotMatch(text, /process_/)
  }
})
