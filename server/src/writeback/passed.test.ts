import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findTenantId } from '../directory/index.ts'
import { createLog, loadTraces } from '../http/index.ts'
import { changeWritebackPolicy } from '../policies/index.ts'
import { awaitDueJobs, inTenant } from '../store/index.ts'
import { agent, agentToken, runAgent, stateFolder } from '../testing/agents.ts'
import { testApi } from '../testing/api.ts'
import { authority, certificates, privateKey } from '../testing/certificates.ts'
import { readyToChoose } from '../testing/directoryHome.ts'
import { everythingPassed, findSecrets as findAmong } from '../testing/secrets.ts'
import { testServer } from '../testing/server.ts'
import { FIRST, SERVICE, startSlapd } from '../testing/slapd.ts'
import { openWire } from '../testing/wire.ts'

// The agent's way to the server is the one of a company: https with a certificate that is checked, through an HTTP
// proxy. Behind it stands a recorder, which reads what TLS protects.

/** Everything that was exported of traces, as it came. */
const exported: string[] = []
/** The collector says no to the agent. By 400: what else it could say is asked again for ten seconds before it is told. */
let refusesAgent = false
const collector = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', part => (text += part))
  request.on('end', () => {
    if (refusesAgent && text.includes('latchkey-agent')) return response.writeHead(400).end()
    exported.push(text)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
})
await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve))
after(() => collector.close())
process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`

const log: string[] = []
const { openTraces } = await loadTraces()
const traces = openTraces(process.env, createLog('silent'))
const [web, directory] = await Promise.all([
  testServer({ log: line => log.push(line), traces, trustedProxies: ['127.0.0.1'] }),
  startSlapd(),
])
const recorder = await openWire(Number(new URL(web.url).port), { cert: certificates.good, key: privateKey })
const proxied: string[] = []
const proxy = createServer().on('connect', ({ url = '' }, near) => {
  proxied.push(url)
  const far = connect(recorder.port, '127.0.0.1', () => {
    near.write('HTTP/1.1 200 Connection established\r\n\r\n')
    near.pipe(far).pipe(near)
  })
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const)
    one.on('error', () => {}).on('close', () => other.destroy())
})
await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
after(() => proxy.close())
for (const name of ['no_proxy', 'NO_PROXY', 'https_proxy']) delete process.env[name]
process.env.HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`

const ANNA = 'registered@acme.example'
const api = testApi(web)
const tenantId = await findTenantId(web.store, 'acme.example')
const folder = stateFolder(directory)
writeFileSync(join(folder, 'server-ca.pem'), authority)

/** Every password that was typed or made. */
const secrets = [FIRST, SERVICE.password]
const secret = (text: string) => {
  secrets.push(text)
  return text
}

const findSecrets = (written: Buffer | string) => findAmong(secrets, written)

interface Exported {
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  links?: { traceId: string }[]
  attributes: { key: string; value: { stringValue?: string } }[]
}

/** The spans among what was exported, each with the program that it is of. */
const spans = (): Exported[] =>
  exported
    .flatMap(text => JSON.parse(text).resourceSpans)
    .flatMap(({ resource, scopeSpans }) => {
      const service = resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue
      // biome-ignore lint/suspicious/noExplicitAny: read as it came
      return scopeSpans.flatMap((scope: any) => scope.spans.map((span: Exported) => ({ ...span, service })))
    })

/** Every row of every table, jobs included. */
async function rows(): Promise<string> {
  const { pool } = web.store
  const tables = await pool.query(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname like 'latchkey%'",
  )
  const all = await Promise.all(
    tables.rows.map(({ name }) => pool.query(`select row_to_json(t)::text as row from ${name} t`)),
  )
  return all.flatMap(({ rows }) => rows.map(({ row }) => row)).join('\n')
}

test('no password passes between server and agent, or stays with either, whatever is done', async () => {
  const seen = Buffer.from('Quiet-harbour-seen-0')
  for (const written of [seen, Buffer.from(seen.toString(), 'utf16le')].flatMap(bytes => [
    ...[bytes.toString('latin1'), bytes.toString('hex'), `xx${bytes.toString('base64')}`],
    ...[`{"a":"${bytes.toString('latin1')}"}`].flatMap(text => [
      text,
      Buffer.from(text, 'latin1').toString('base64url'),
    ]),
  ])) {
    secrets.push(seen.toString())
    assert.ok(findSecrets(written).length > 0, `it would be seen in ${written}`)
    secrets.pop()
  }

  const token = await agentToken(web)
  const server = ['--server', `https://127.0.0.1:${recorder.port}`]
  const stranger = await agent('enroll', ...server, '--token', token, '--state', stateFolder())
  assert.match(stranger.err, /cannot be reached/, 'a certificate that nobody has vouched for')
  const ca = ['--ca', join(folder, 'server-ca.pem')]
  const enrolled = await agent('enroll', ...server, ...ca, '--token', token, '--state', folder)
  assert.equal(enrolled.code, 0, enrolled.err)
  await Promise.all(['registered', 'newcomer'].map(uid => directory.add(uid, { mobile: '+1 206 555 0131' })))
  const synchronized = await agent('sync', '--state', folder, '--once')
  assert.equal(synchronized.code, 0, synchronized.err)
  const running = await runAgent(folder)
  await running.event(({ code }) => code === 31_019)

  const first = secret('Quiet-harbour-reset-1')
  const strange = '4bf92f3577b34da6a3ce929d0e0e4736'
  const told = '5cf92f3577b34da6a3ce929d0e0e4737'
  const traceparent = (trace: string) => ({ traceparent: `00-${trace}-00f067aa0ba902b7-01` })
  await web.browser().request('GET', '/signin?username=registered', { page: true, headers: traceparent(strange) })
  const forwarded = { ...traceparent(told), 'x-forwarded-for': '203.0.113.9' }
  await web.browser().request('GET', '/signin', { page: true, headers: forwarded })

  assert.equal((await (await readyToChoose(web)).choose(secret('Quiet-h1'))).status, 422)
  assert.equal((await (await readyToChoose(web)).choose(first)).json.state, 'finished')
  const browser = web.browser()
  assert.equal((await browser.post('/signin', { username: ANNA, password: first })).json.state, 'signed-in')
  const guess = { username: ANNA, password: secret('Wrong-harbour-guess-1') }
  assert.equal((await web.browser().post('/signin', guess)).status, 401)
  const newPassword = secret('Quiet-harbour-change-2')
  const changed = await browser.post('/account/password', { currentPassword: first, newPassword })
  assert.equal(changed.status, 204, changed.text)
  await inTenant(web.store, tenantId, trx => changeWritebackPolicy(trx, tenantId, { unlockWithoutReset: true }))
  for (let n = 0; n < 3; n++) await directory.binds('registered', `Wrong-${n}`)
  const { browser: locked, path } = await readyToChoose(web, 'unlock')
  assert.equal((await locked.post(`${path}/unlock`)).json.state, 'finished')
  const admin = await api.as('admin@acme.example')
  const given = `/users/${ANNA}/authentication/methods/28c10230-6103-485e-b985-444c60001490/resetPassword`
  const temporary = await admin('POST', given, { newPassword: secret('Quiet-harbour-given-3') })
  assert.equal(temporary.status, 202, temporary.text)

  // While it is under way too: the directory has it, and the answer is not there yet.
  const { choose } = await readyToChoose(web)
  const isTold = () => spans().some(({ name }) => name === 'carry out reset')
  for (let tries = 0; tries < 1_000 && !isTold(); tries++) await sleep(10)
  refusesAgent = true
  directory.pause()
  const choosing = choose(secret('Quiet-harbour-underway-4'))
  const isSent = async () =>
    (await web.store.pool.query('select from latchkey.agent_requests where sent_at is not null')).rowCount
  for (let tries = 0; tries < 1_000 && !(await isSent()); tries++) await sleep(10)
  const underway = await rows()
  directory.goOn()
  assert.equal((await choosing).json.state, 'finished')
  assert.match(underway, /"sealed":"ey/)
  const untold = await running.event(({ code }) => code === 32_015)
  assert.match(untold.detail, /^traces could not be exported: \w+$/)
  assert.equal(await running.stop(), 0)
  assert.equal(running.events.filter(({ code }) => code === 32_015).length, 1, 'once a minute at most')
  assert.ok(await awaitDueJobs(web.store, 20_000), 'the notices leave')

  assert.ok(new Set(proxied).size === 1 && proxied.length >= 4, 'each connection came through the proxy')
  const bytes = everythingPassed(recorder)
  assert.ok(bytes.some(part => part.includes('"kind":"hello"')) && bytes.some(part => part.includes('newcomer')))
  for (const part of bytes) assert.deepEqual(findSecrets(part), [], part.toString('latin1').slice(0, 200))
  assert.deepEqual(findSecrets(`${underway}${await rows()}`), [], 'in a row')
  assert.match(log.join(''), /account.password/)
  assert.deepEqual(findSecrets(log.join('\n')), [], 'in the log')
  const kept = readdirSync(folder)
    .filter(name => name !== 'password')
    .map(name => readFileSync(join(folder, name), 'latin1'))
  assert.deepEqual(findSecrets([running.output(), ...kept].join('\n')), [], 'at the agent')

  await web.close()
  await traces.close()
  assert.deepEqual(findSecrets(exported.join('\n')), [], 'in the traces')
  // A random id or a time in nanoseconds may hold the digits of a phone number.
  const drawn = /"(traceId|spanId|parentSpanId|startTimeUnixNano|endTimeUnixNano)":"[0-9a-f]+"|[0-9a-f-]{36}/g
  const readable = exported.join('\n').replace(drawn, '')
  assert.deepEqual(readable.match(/.{0,80}(registered|newcomer|acme|206 ?555|203\.0\.113|\?).{0,20}/), null)
  const carried = spans().filter(({ name }) => name === 'carry out reset')
  const whole = carried.map(({ traceId }) => spans().filter(span => span.traceId === traceId))
  const named = whole.map(trace => new Set(trace.map(({ service, name }) => `${service}: ${name}`)))
  const way = [
    ...['latchkey: POST /reset/:id/password', 'latchkey: transaction', 'latchkey: agent reset'],
    ...['latchkey-agent: carry out reset', 'latchkey-agent: directory reset'],
    ...['latchkey: job send-notice', 'latchkey: call email'],
  ]
  const at = named.findIndex(names => way.every(part => names.has(part)))
  assert.notEqual(at, -1, [...named.map(names => [...names].join(', '))].join('\n'))
  const ids = new Set(whole[at]!.map(({ spanId }) => spanId))
  const roots = whole[at]!.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''))
  assert.deepEqual(
    roots.map(({ name, parentSpanId }) => [name, parentSpanId]),
    [['POST /reset/:id/password', undefined]],
  )
  const journey = roots[0]!.attributes.find(({ key }) => key === 'latchkey.journey')
  assert.match(journey?.value.stringValue ?? '', /^[0-9a-f-]{36}$/)
  const statements = whole[at]!.flatMap(({ attributes }) => attributes.filter(({ key }) => key === 'db.query.summary'))
  assert.ok(statements.some(({ value }) => /\bupdate journeys\b/.test(value.stringValue!)))
  const traceIds = spans().map(({ traceId }) => traceId)
  const linked = spans().flatMap(({ links = [] }) => links.map(({ traceId }) => traceId))
  assert.deepEqual(linked, [told], 'what a proxy that is believed passes on is a link')
  assert.ok(!traceIds.includes(told) && !traceIds.includes(strange), 'and nobody outside names a trace')
})
