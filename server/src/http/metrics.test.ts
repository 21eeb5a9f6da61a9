import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Fastify from 'fastify'
import { activities } from '../audit/index.ts'
import { testServer } from '../testing/server.ts'
import { countRequests, createMetrics, type FigureSources, listenForMetrics } from './metrics.ts'

const sources: FigureSources = {
  jobs: async () => [{ task: 'deliver-code', count: 3, waited: 61_000 }],
  hashes: () => 4,
  agents: () => 2,
  pools: { requests: () => ({ totalCount: 5, idleCount: 3, waitingCount: 1 }) },
}

test('figures tell requests apart by the pattern of their route, never by what a person put into the address', async t => {
  const metrics = createMetrics(sources)
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
  assert.match(text, /latchkey_hashes_waiting 4/)
  assert.match(text, /latchkey_agents_connected 2/)
  for (const [state, count] of [
    ['used', 2],
    ['idle', 3],
    ['waiting', 1],
  ])
    assert.match(text, new RegExp(`connections\\{pool="requests",state="${state}"\\} ${count}`))
  assert.match(text, /process_resident_memory_bytes/)
  assert.doesNotMatch(text, /somebody|123456/)
  for (const path of ['/', '/metrics?x', '/health/live']) assert.equal((await fetch(url + path)).status, 404, path)
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 404)
})

test('the people’s port has no figures, and those of journeys tell refusals and proofs apart, nobody’s name', async t => {
  const metrics = createMetrics(sources)
  const server = await testServer({ context: t })
  const { json: journey } = await server.post('/reset', { username: 'registered@acme.example' })
  const method = journey.methods.find((one: { kind: string }) => one.kind === 'email')
  const { json } = await server.post(`/reset/${journey.id}/challenges`, { method: method.id })
  const code = await server.code('registered@mail.example')
  const wrong = code === '000000' ? '000001' : '000000'
  for (const one of [wrong, code])
    await server.post(`/reset/${journey.id}/proofs`, { challenge: json.challenge.id, code: one })
  await server.browser().post('/reset', { username: 'new@acme.example' })
  await server.browser().post('/signin', { username: 'new@acme.example', password: 'Wrong-passphrase-2026' })
  const text = await metrics.registry.getSingleMetricAsString('latchkey_events_total')
  const counted = (activity: string, result: string, reason: string) =>
    assert.match(text, new RegExp(`\\{activity="${activity}",result="${result}",reason="${reason}"\\} 1\\n`))
  counted('reset.refused', 'failure', 'SSPR_0014')
  counted('reset.proof_passed', 'success', 'email')
  assert.match(text, /activity="reset.proof_failed",result="failure",reason="email/)
  assert.match(text, /activity="signin.failed"/)
  assert.doesNotMatch(text, /acme|registered@|\d{6}/)
  for (const headers of [{}, { via: '1.1 proxy' }, { 'x-forwarded-for': '127.0.0.1' }, { host: 'localhost' }]) {
    const { status, text } = await server.request('GET', '/metrics', { headers })
    assert.equal(status, 404)
    assert.doesNotMatch(text, /process_/)
  }
})

const deploy = new URL('../../../deploy/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, deploy), 'utf8')

test('alerts and the dashboard ask for figures that exist, and each alert has its page', async () => {
  const { registry } = createMetrics(sources)
  const known = new Set((await registry.getMetricsAsJSON()).map(({ name }) => name))
  const alerts = read('prometheus-alerts.yaml')
  const docs = readFileSync(new URL('../docs/observability.md', deploy), 'utf8')
  const { panels } = JSON.parse(read('grafana.json')) as { panels: { targets?: { expr: string }[] }[] }
  const asked = [
    ...[...alerts.matchAll(/^ +expr: (.+)$/gm)].map(([, text]) => text!),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ]
  assert.ok(asked.length > 20, `${asked.length}`)
  for (const text of asked)
    for (const [name] of text.matchAll(/\b(latchkey|process|nodejs)_\w+/g))
      assert.ok(known.has(name.replace(/_(bucket|sum|count)$/, '')) || known.has(name), `${name} in ${text}`)
  const activitiesAsked = new Set(
    asked.flatMap(text => [...text.matchAll(/activity="([^"]+)"/g)].map(([, one]) => one!)),
  )
  for (const one of activitiesAsked) assert.ok(Object.hasOwn(activities, one), one)
  const named = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)
  for (const name of named) {
    assert.ok(alerts.includes(`docs/observability.md#${name.toLowerCase()}`), name)
    assert.ok(docs.includes(`\n### ${name}\n`), name)
  }
  // Each figure of ours is in the docs.
  for (const name of known) if (name.startsWith('latchkey_')) assert.ok(docs.includes(`\`${name}\``), name)
})
