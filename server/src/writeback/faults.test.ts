import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { agent, agentToken, lastingAgents, type RunningAgent, stateFolder } from '../testing/agents.ts'
import { certificates, privateKey } from '../testing/certificates.ts'
import { keptThere, readyToChoose } from '../testing/directoryHome.ts'
import { startedServer } from '../testing/program.ts'
import { SECRET, testBrowser, testServer } from '../testing/server.ts'
import { PEOPLE, SERVICE, type Slapd, startSlapd } from '../testing/slapd.ts'
import { until } from '../testing/until.ts'
import { openWire } from '../testing/wire.ts'

// What goes wrong between a person and the directory: what they are told, what administrators are, and what is true.

const [web, directory] = await Promise.all([testServer(), startSlapd()])
const ANNA = 'registered@acme.example'
await keptThere(web, directory, ANNA)
const toDirectory = await openWire(directory.port)
const toServer = await openWire(Number(new URL(web.url).port))
const folder = stateFolder(directory)
const inClear = (port: number) => ({ servers: [`ldap://127.0.0.1:${port}`] })
const usual = {
  ...{ kind: 'openldap', caFile: join(directory.folder, 'ca.pem'), bindDN: SERVICE.dn },
  ...{ passwordFile: 'password', base: PEOPLE, ...inClear(toDirectory.port) },
}
const configure = (changes: object = {}) =>
  writeFileSync(join(folder, 'agent.json'), JSON.stringify({ ...usual, ...changes }))
configure()
const through = `http://127.0.0.1:${toServer.port}`
const enrolled = await agent('enroll', '--server', through, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)
const runAgent = lastingAgents()
const started = async (ahead?: number) => {
  const running = await runAgent(folder, ahead)
  await running.event(({ code }) => code === 31_019)
  return running
}
let running: RunningAgent = await started()
const tenantId = await findTenantId(web.store, 'acme.example')

const query = async (text: string, values: unknown[] = []) => (await web.store.pool.query(text, values)).rows
/** What administrators read of the last reset. */
const told = async () => {
  const [event] = await query(
    "select activity, details from latchkey.audit_events where activity in ('reset.failed', 'reset.refused') order by at desc, id desc limit 1",
  )
  return `${event.activity}: ${event.details.directory}`
}
let used = 0
const another = () => `Quiet-harbour-dawn-${++used}`

test('a fault of the directory has a sentence for the person, and one for administrators that says what to mend', async () => {
  const [reader, expired, misnamed] = await Promise.all([
    startSlapd({ of: directory }),
    openWire(directory.port, { cert: certificates.expired, key: privateKey }),
    openWire(directory.port, { cert: certificates.other, key: privateKey }),
  ])
  writeFileSync(join(folder, 'wrong'), 'not its password')
  const secure = (port: number) => ({ servers: [`ldaps://127.0.0.1:${port}`] })
  let { choose, browser, path } = await readyToChoose(web)
  const silent: [string, object, RegExp][] = [
    ['down', inClear(1), /^reset\.failed: the directory cannot be reached: 127\.0\.0\.1:1: nothing listens there/],
    ['certificate expired', secure(expired.port), /certificate has expired, renew it/],
    ['certificate of another', secure(misnamed.port), /certificate is for another name/],
    ['certificate of nobody', { servers: [directory.url], caFile: undefined }, /not trusted, look at caFile/],
  ]
  for (const [name, changes, says] of silent) {
    configure(changes)
    const answer = await choose(another())
    assert.deepEqual([answer.status, answer.json.code, answer.json.retryAfter], [503, 'SSPR_0030', 60], name)
    assert.match(answer.json.detail, /Try again/)
    assert.match(await told(), says)
    assert.equal((await browser.get(path)).json.state, 'choose-password', name)
  }
  const refusing: [string, object, RegExp][] = [
    ['a wrong password of its own', { passwordFile: 'wrong' }, /33009: the directory does not let the agent in/],
    ['no configuration', { kind: 'paper' }, /32005: .*"kind" is one of/],
    ['read-only', { servers: [reader.url] }, /33009: only a read-only server answered/],
  ]
  for (const [name, changes, says] of refusing) {
    configure(changes)
    const answer = await choose(another())
    assert.deepEqual([answer.json.state, answer.json.refusal?.code], ['refused', 'SSPR_0029'], name)
    assert.match(answer.json.refusal.detail, /Ask your administrator/)
    assert.match(await told(), says)
    ;({ choose, browser, path } = await readyToChoose(web))
  }
  // Renamed, locked by wrong passwords, and beside a server that only reads: the reset is written all the same.
  await directory.rename('registered', 'renamed')
  for (let n = 0; n < 3; n++) await directory.binds('renamed', `Wrong-harbour-${n}`)
  configure({ servers: [reader.url, directory.url] })
  const written = another()
  assert.equal(
    (await choose(written)).json.state,
    'finished',
    'the anchor stays, a reset unlocks, the next server writes',
  )
  assert.ok(await directory.binds('renamed', written))
  // The reader has it a moment later, and judges the bind by which a person changes it. No bind asks: three wrong ones lock.
  const hashIn = async (one: Slapd) =>
    String((await one.read('renamed', 'userPassword').catch(() => undefined))?.userPassword)
  const hash = await hashIn(directory)
  await until(async () => (await hashIn(reader)) === hash)
  assert.ok(await reader.binds('renamed', written))
  const [{ anchor }] = await query(
    'select directory_anchor as anchor from latchkey.accounts where user_principal_name = $1',
    [ANNA],
  )
  const changed = another()
  const change = { kind: 'change', anchor, currentPassword: written, newPassword: changed } as const
  assert.deepEqual(await web.services.links.ask(tenantId, change), { outcome: 'done' }, 'the next server writes')
  assert.ok(await directory.binds('renamed', changed))
  await directory.rename('renamed', 'registered')
  configure()

  const open = await readyToChoose(web)
  await directory.remove('registered')
  assert.equal((await open.choose(another())).json.refusal?.code, 'SSPR_0029')
  assert.match(await told(), /33002: no entry has this anchor/)
  await keptThere(web, directory, ANNA)
})

const EXOP = '1.3.6.1.4.1.4203.1.11.1'

test('an answer that was lost after the directory’s yes is found out, whatever broke in between', async () => {
  /** Chooses a password, and breaks something once the directory has set it. */
  const breaking = async (name: string, breaks: () => unknown) => {
    const { choose } = await readyToChoose(web)
    const newPassword = another()
    const held = toDirectory.holdAfter(EXOP)
    const choosing = choose(newPassword)
    await held
    assert.ok(await directory.binds('registered', newPassword), 'the directory has said yes')
    await breaks()
    const answer = await choosing
    assert.deepEqual([answer.status, answer.json.state], [200, 'finished'], `${name}: ${answer.text}`)
    assert.deepEqual(await query('select from latchkey.agent_requests'), [], name)
  }
  await breaking('the link to the directory', () => toDirectory.cut())
  await breaking('the link to the server', async () => {
    toServer.cut()
    await running.event(({ code }) => code === 32_014)
    toDirectory.release()
  })
  await breaking('the agent', async () => {
    await running.stop('SIGKILL')
    toDirectory.release()
    running = await started()
  })
})

test('operations share a connection to the directory, and one that was cut while it rested is not missed', async () => {
  const [{ anchor }] = await query(
    'select directory_anchor as anchor from latchkey.accounts where user_principal_name = $1',
    [ANNA],
  )
  const look = async () => (await web.services.links.ask(tenantId, { kind: 'look', anchor })).outcome
  assert.equal(await look(), 'done')
  const opened = toDirectory.passed.length
  for (let n = 0; n < 3; n++) assert.equal(await look(), 'done')
  assert.equal(toDirectory.passed.length, opened)
  toDirectory.cut()
  assert.equal(await look(), 'done')
  assert.equal(toDirectory.passed.length, opened + 1)
})

test('a server that is killed loses no answer: another takes it, and the person learns it by trying again', async () => {
  const other = await startedServer({
    ...{ DATABASE_URL: web.databaseUrl, LATCHKEY_SECRETS: SECRET, LATCHKEY_ROLES: 'web' },
  })
  const { browser, path } = await readyToChoose(web)
  toServer.to = other.port
  toServer.cut()
  await until(() => running.events.filter(({ code }) => code === 31_019).length >= 2)
  const there = testBrowser(`http://127.0.0.1:${other.port}`, web.origin)
  for (const [name, value] of browser.cookies) there.cookies.set(name, value)
  const newPassword = another()
  const held = toDirectory.holdAfter(EXOP)
  const choosing = there.post(`${path}/password`, { newPassword }).catch(() => 'cut')
  await held
  other.child.kill('SIGKILL')
  assert.equal(await choosing, 'cut')
  toServer.to = Number(new URL(web.url).port)
  toDirectory.release()
  // The other server asks for it.
  await until(async () => (await query('select answer from latchkey.agent_requests'))[0]?.answer)
  assert.equal((await browser.get(path)).json.state, 'choose-password', 'nobody has told it yet')
  const again = await browser.post(`${path}/password`, { newPassword })
  assert.equal(again.json.state, 'finished', again.text)
  assert.ok(await directory.binds('registered', newPassword))
})

test('an agent whose clock is wrong writes nothing, and says so', async () => {
  const { choose } = await readyToChoose(web)
  await running.stop()
  for (const [ahead, says] of [
    [3_600_000, /late: .*nothing was written: this machine's clock is 3600 seconds ahead of the server's/],
    [-3_600_000, /late: .*this machine's clock is 3600 seconds behind the server's/],
  ] as const) {
    const wrong = await started(ahead)
    const newPassword = another()
    const answer = await choose(newPassword)
    assert.deepEqual([answer.status, answer.json.code], [503, 'SSPR_0030'])
    assert.match(await told(), says)
    assert.ok(!(await directory.binds('registered', newPassword)))
    await wrong.stop()
  }
})
