import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../demo/index.ts'
import { testServer } from '../testing/server.ts'
import { createMetrics, listenForMetrics } from './metrics.ts'

const alerts = new URL('../../../deploy/prometheus-alerts.yaml', import.meta.url).pathname

const skip = process.env.PROOF !== 'long' && 'npm run proof asks Prometheus itself'

test('Prometheus reads the figures of a reset, judges the alerts by them, and its promtool finds nothing to blame', {
  skip,
}, async t => {
  const metrics = createMetrics({
    jobs: async () => [{ task: 'deliver-code', count: 3, waited: 61_000 }],
    hashes: () => 0,
    agents: () => 0,
    pools: { requests: () => ({ totalCount: 5, idleCount: 3, waitingCount: 1 }) },
  })
  const figures = await listenForMetrics(metrics, { host: '127.0.0.1', port: 0 })
  t.after(() => figures.close())
  const server = await testServer({ context: t })
  metrics.outside.inc({ to: 'email', outcome: 'tls' })
  metrics.gateways.inc({ channel: 'sms', gateway: 'north', outcome: 'timeout' })
  await server.post('/reset', { username: 'new@acme.example' })
  const target = `127.0.0.1:${(figures.address() as AddressInfo).port}`
  const text = await (await fetch(`http://${target}/metrics`)).text()

  const judged = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  // Those of Node.js are named by the library.
  const ours = `${judged.stdout}${judged.stderr}`.split('\n').filter(line => line.includes('latchkey_'))
  assert.equal(judged.error, undefined)
  assert.deepEqual(ours, [])
  assert.equal(spawnSync('promtool', ['check', 'rules', alerts]).status, 0)

  const folder = await mkdtemp(join(tmpdir(), 'latchkey-prometheus-'))
  const config = join(folder, 'prometheus.yml')
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [alerts],
      scrape_configs: [{ job_name: 'latchkey', static_configs: [{ targets: [target] }] }],
    }),
  )
  const listen = `127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${listen}`,
  ]
  const prometheus = spawn('prometheus', args, { stdio: 'ignore' })
  t.after(async () => {
    const ended = once(prometheus, 'exit')
    prometheus.kill()
    await ended
  })
  const ask = async (query: string) => {
    const response = await fetch(`http://${listen}/api/v1/query?${new URLSearchParams({ query })}`).catch(
      () => undefined,
    )
    const answer = response?.ok
      ? ((await response.json()) as { data: { result: { value: [number, string] }[] } })
      : undefined
    return answer?.data.result.map(({ value }) => value[1]) ?? []
  }
  const becomes = async (query: string, value: string) => {
    const end = performance.now() + 60_000
    let found: string[] = []
    while (performance.now() < end) {
      found = await ask(query)
      if (found.includes(value)) return
      await sleep(200)
    }
    assert.fail(`${query} is ${found.join(', ') || 'nothing'}`)
  }
  await becomes('up{job="latchkey"}', '1')
  await becomes('latchkey_events_total{activity="reset.refused",reason="SSPR_0014"}', '1')
  await becomes('latchkey_jobs_oldest_seconds{task="deliver-code"}', '61')
  await becomes('latchkey_gateway_messages_total{gateway="north",outcome="timeout"}', '1')
  // Each alert is judged without an error.
  const rules = (await (await fetch(`http://${listen}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string }[] }[] }
  }
  const all = rules.data.groups.flatMap(group => group.rules)
  assert.ok(all.length >= 11, `${all.length}`)
  const judgedAll = async () =>
    ((await (await fetch(`http://${listen}/api/v1/rules`)).json()) as typeof rules).data.groups
      .flatMap(group => group.rules)
      .filter(({ health }) => health !== 'ok')
  for (let tries = 0; tries < 100 && (await judgedAll()).length > 0; tries++) await sleep(200)
  assert.deepEqual(await judgedAll(), [])
})
