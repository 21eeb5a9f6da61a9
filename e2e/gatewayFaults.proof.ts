import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../server/src/demo/index.ts'
import { granted } from '../server/src/testing/contract.ts'
import { launch } from '../server/src/testing/program.ts'
import { SECRET, testServer } from '../server/src/testing/server.ts'
import { mailSink } from '../server/src/testing/sinks.ts'
import { openAs } from './administrator.ts'
import { openBrowser } from './browser.ts'

// A worker as operators start it, a gateway that fails in each way, and where its reason stands.

/** What the far side may take to fail: a stall is given up after ten seconds. */
const FAILS_WITHIN = 10_000
/** From then on until the reason stands everywhere. */
const TOLD_WITHIN = 10_000

let answer = (_response: ServerResponse) => {}
const far = createServer((request, response) => void request.resume().on('end', () => answer(response)))
far.listen(0, '127.0.0.1')
await once(far, 'listening')
after(() => {
  far.close()
  far.closeAllConnections()
})

const folder = await mkdtemp(join(tmpdir(), 'latchkey-faults-'))
await writeFile(join(folder, 'secret'), 'c2VjcmV0IG9mIGEgZ2F0ZXdheSwgMzIgYnl0ZXMhISE=')
await writeFile(
  join(folder, 'gateways.json'),
  JSON.stringify({
    gateways: {
      north: {
        ...{ kind: 'twilio', url: `http://127.0.0.1:${(far.address() as AddressInfo).port}`, account: 'AC01' },
        ...{ secretFile: 'secret', from: 'Latchkey' },
      },
    },
    sms: { order: ['north'] },
  }),
)
const [server, mails, browser, metricsPort] = await Promise.all([
  testServer({ roles: ['web'] }),
  mailSink(),
  openBrowser(),
  freePort(),
])
// The administrator's second step comes from the outbox of another worker, which ends before the operator's begins.
const jobs = await testServer({ beside: server, roles: ['worker'] })
const administrator = await openAs({ server, browser }, 'admin@acme.example')
await jobs.close()

const worker = launch(
  {
    ...{ DATABASE_URL: server.databaseUrl, LATCHKEY_SECRETS: SECRET, LATCHKEY_ROLES: 'worker' },
    ...{ LATCHKEY_ORIGIN: 'http://127.0.0.1:1', LATCHKEY_LISTEN: '127.0.0.1:0' },
    ...{ LATCHKEY_SMTP_URL: mails.url, LATCHKEY_MAIL_FROM: 'no-reply@id.example' },
    LATCHKEY_GATEWAYS: join(folder, 'gateways.json'),
    LATCHKEY_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
  },
  ['start'],
)
after(async () => {
  worker.child.kill('SIGTERM')
  await worker.ended
})

/** How long it took until all of it was so. Fails after `within` milliseconds. */
async function told(within: number, facts: Record<string, () => boolean | Promise<boolean>>): Promise<number> {
  const begun = performance.now()
  const left = new Map(Object.entries(facts))
  while (left.size > 0) {
    for (const [fact, isSo] of left) if (await isSo()) left.delete(fact)
    const taken = performance.now() - begun
    assert.ok(taken < within, `${[...left.keys()].join(', ')}: not told, ${worker.output.err || worker.output.out}`)
    if (left.size > 0) await sleep(50)
  }
  return performance.now() - begun
}

const figures = async () =>
  (await fetch(`http://127.0.0.1:${metricsPort}/metrics`).catch(() => undefined))?.text() ?? ''

const faults: { what: string; answers: (response: ServerResponse) => void; code: string; outcome: string }[] = [
  { what: 'says no', answers: response => response.writeHead(403).end(), code: '403', outcome: 'credentials' },
  { what: 'fails', answers: response => response.writeHead(503).end(), code: '503', outcome: 'refused' },
  {
    what: 'ends the connection',
    answers: response => response.destroy(),
    code: 'UND_ERR_SOCKET',
    outcome: 'unreachable',
  },
  { what: 'stalls', answers: () => {}, code: 'timeout', outcome: 'timeout' },
]

test('the reason of each fault of a gateway stands in log, figures, events and on the administrator’s page', async t => {
  await told(60_000, { 'the worker serves figures': async () => (await figures()) !== '' })
  const tab = await administrator.newPage()
  for (const { what, answers, code, outcome } of faults) {
    answer = answers
    const person = server.browser()
    const { id, methods } = granted(await person.post('/reset', { username: 'registered@acme.example' }), 201)
    const method = methods.find(({ kind }: { kind: string }) => kind === 'mobilePhone').id
    const asked = { method, channel: 'sms', phoneNumber: '+12065550110' }
    granted(await person.post(`/reset/${id}/challenges`, asked), 201)
    const events = async () =>
      (
        await server.store.pool.query(
          "select reason from latchkey.audit_events where correlation_id = $1 and activity in ('message.delayed', 'message.failed')",
          [id],
        )
      ).rows.map(({ reason }) => reason)
    const logged = () =>
      worker.output.out
        .split('\n')
        .some(line => line.includes('the outside failed') && line.includes(`"code":"${code}"`))
    const taken = await told(FAILS_WITHIN + TOLD_WITHIN, {
      log: logged,
      figures: async () => (await figures()).includes(`gateway="north",outcome="${outcome}"`),
      event: async () => (await events()).includes(`gateway: ${code}`),
      'the page of the person who waits': async () =>
        granted(await person.get(`/reset/${id}`)).challenge.delivery === 'failed',
    })
    await tab.goto(`/admin/journeys/${id}`)
    await tab.getByText(`gateway: ${code}`).first().waitFor({ timeout: TOLD_WITHIN })
    t.diagnostic(`${what}: ${code} after ${(taken / 1_000).toFixed(1)} s`)
  }
})
