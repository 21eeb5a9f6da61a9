import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { exportJWK, generateKeyPair } from 'jose'
import { WebSocket, WebSocketServer } from 'ws'
import { findTenantId } from '../directory/index.ts'
import { agent, agentToken, runAgent, stateFolder } from '../testing/agents.ts'
import { latchkey } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'
import { FIRST, startSlapd } from '../testing/slapd.ts'
import { seal } from './sealing.ts'

const [web, directory] = await Promise.all([testServer(), startSlapd()])
const beside = await testServer({ beside: web })
const tenantId = await findTenantId(web.store, 'acme.example')
await directory.add('alice')
const anchorOf = async (uid: string) => String((await directory.read(uid, 'entryUUID'))!.entryUUID)
const anchor = await anchorOf('alice')
const command = (...words: string[]) =>
  latchkey({ DATABASE_URL: web.databaseUrl, LATCHKEY_SECRETS: SECRET }, 'agents', ...words)

/** Stands between the agent and the server, as a proxy does, and can repeat, hold and cut what passes. */
const frames: { data: string; to: WebSocket }[] = []
const relayed = new Set<{ near: WebSocket; far: WebSocket }>()
let hold = 0
let dropAnswers = false
const doors = new WebSocketServer({ noServer: true })
const http = createServer(async (request, response) => {
  const body = await new Response(request as never).text()
  const answer = await fetch(`${web.url}${request.url}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  response.writeHead(answer.status).end(await answer.text())
})
http.on('upgrade', (request, socket, head) => {
  doors.handleUpgrade(request, socket, head, near => {
    const far = new WebSocket(`${web.url.replace('http', 'ws')}${request.url}`)
    const pair = { near, far }
    relayed.add(pair)
    far.on('message', async data => {
      frames.push({ data: data.toString(), to: near })
      if (hold > 0) await sleep(hold)
      near.send(data.toString())
    })
    near.on('message', async data => {
      if (far.readyState === WebSocket.CONNECTING) await new Promise(resolve => far.once('open', resolve))
      if (!dropAnswers || !saidIn(data.toString()).includes('"answer"')) far.send(data.toString())
      else far.terminate()
    })
    near.on('close', () => far.terminate())
    far.on('close', code => (code >= 4_000 ? near.close(code) : near.terminate()))
    far.on('error', () => near.terminate())
    near.on('error', () => {})
  })
})
const saidIn = (frame: string) => Buffer.from(frame.split('.')[1] ?? '', 'base64url').toString()
await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
after(() => {
  for (const { near } of relayed) near.terminate()
  http.close()
})
const through = `http://127.0.0.1:${(http.address() as AddressInfo).port}`

const folder = stateFolder(directory)
const reset = (newPassword: string, at = web) =>
  at.services.links.ask(tenantId, { kind: 'reset', anchor, newPassword, mustChange: false, byAdministrator: false })
const audited = async (activity: string) =>
  (await web.store.pool.query('select reason, details from latchkey.audit_events where activity = $1', [activity])).rows

test('an agent enrols by a token that works once and for an hour, and keeps its keys to itself', async () => {
  const token = await agentToken(web)
  const far = await agent('enroll', '--server', 'http://acme.example', '--token', token, '--state', folder)
  assert.deepEqual([far.code, far.out], [1, ''])
  assert.match(far.err, /https/)
  const enrolled = await agent('enroll', '--server', through, '--token', token, '--state', folder)
  assert.equal(enrolled.code, 0, enrolled.err)
  for (const name of ['signing-key.json', 'sealing-key.json', 'identity.json'])
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  const again = await agent('enroll', '--server', web.url, '--token', token, '--state', stateFolder())
  assert.deepEqual([again.code, again.out], [1, ''])
  assert.match(again.err, /used/)

  const old = await agentToken(web)
  for (const one of [web, beside]) one.clock.advance(3_601_000)
  const late = await agent('enroll', '--server', web.url, '--token', old, '--state', stateFolder())
  assert.equal(late.code, 1)
  assert.match((await command('list', 'acme.example')).out, /^[0-9a-f-]{36} {2}\S+ +unreachable +never +0\.1\.0\n$/)
  assert.deepEqual(await reset('Nobody-is-there-1'), { outcome: 'down' })
})

test('a request reaches the agent from any server, is done once, and is answered by the directory', async () => {
  const running = await runAgent(folder)
  await running.event(({ code }) => code === 31_019)
  assert.match((await command('list', 'acme.example')).out, / up +2/)
  assert.deepEqual(await reset('Quiet-harbour-dawn-1'), { outcome: 'done' })
  assert.ok(await directory.binds('alice', 'Quiet-harbour-dawn-1'))
  assert.ok(!(await directory.binds('alice', FIRST)))
  assert.deepEqual(await reset('Quiet-harbour-dawn-2', beside), { outcome: 'done' }, 'its link is at the other server')
  assert.deepEqual(await reset('short'), { outcome: 'refused', reasons: ['too_short'] })
  assert.deepEqual(await reset('Quiet-harbour-dawn-1'), { outcome: 'refused', reasons: ['in_history'] })
  assert.deepEqual((await web.store.pool.query('select from latchkey.agent_requests')).rows, [])
  const passed = frames.map(({ data }) => data).join('\n') + running.output()
  for (const written of ['utf8', 'utf16le', 'base64', 'hex'] as const)
    assert.ok(!passed.includes(Buffer.from('Quiet-harbour-dawn-2').toString(written).replace(/=+$/, '')), written)

  await running.event(({ code }) => code === 31_002)
  const repeated = frames.findLast(({ data }) => data.split('.').length === 5)!
  const state = await directory.read('alice', 'pwdChangedTime')
  repeated.to.send(repeated.data)
  await running.event(({ detail }) => detail.includes('replay'))
  await running.stop()
  const after = await runAgent(folder)
  await after.event(({ code }) => code === 31_019)
  const done = frames.findLast(({ data }) => data.split('.').length === 5)!
  ;[...relayed].at(-1)!.near.send(done.data)
  await after.event(({ detail }) => detail.includes('replay'))
  assert.deepEqual(await directory.read('alice', 'pwdChangedTime'), state, 'no write')
  assert.deepEqual(await reset('Quiet-harbour-dawn-3'), { outcome: 'done' }, 'the link lives on')
  assert.equal((await audited('agent.event')).filter(({ details }) => details.detail.includes('replay')).length, 2)

  const [{ id: agentId, sealing_key: key }] = (
    await web.store.pool.query('select id, sealing_key from latchkey.agents')
  ).rows
  const operation = {
    kind: 'reset',
    anchor,
    newPassword: 'Quiet-harbour-dawn-7',
    mustChange: false,
    byAdministrator: false,
  } as const
  const asked = { agentId, nonce: randomUUID(), expires: Date.now() + 5_000, operation }
  const near = [...relayed].at(-1)!.near
  near.send(await seal(key, { ...asked, tenantId: randomUUID() }))
  await after.event(({ detail }) => detail.includes('another tenant or agent'))
  near.send(await seal(key, { ...asked, tenantId, agentId: randomUUID() }))
  const { publicKey } = await generateKeyPair('ECDH-ES', { extractable: true })
  near.send(await seal(await exportJWK(publicKey), { ...asked, tenantId }))
  await after.event(({ code }) => code === 32_004)
  assert.ok(!(await directory.binds('alice', 'Quiet-harbour-dawn-7')), 'none of them wrote')
  assert.equal(after.events.filter(({ detail }) => detail.includes('another tenant or agent')).length, 2)

  dropAnswers = true
  const asking = reset('Quiet-harbour-dawn-4')
  await after.event(({ code, detail }) => code === 32_014 || detail.includes('ended'))
  dropAnswers = false
  assert.deepEqual(await asking, { outcome: 'done' }, 'the answer was lost, and asked for')
  assert.ok(await directory.binds('alice', 'Quiet-harbour-dawn-4'))

  const stopping = performance.now()
  assert.equal(await after.stop(), 0)
  assert.ok(performance.now() - stopping < 5_000)
  for (let tries = 0; tries < 50 && (await reset('Nobody-1')).outcome !== 'down'; tries++) await sleep(20)
  assert.deepEqual(await reset('Nobody-is-there-2'), { outcome: 'down' }, 'at once')
})

test('a request that comes after its end writes nothing, and an agent that was removed opens no link', async () => {
  const running = await runAgent(folder)
  await running.event(({ code }) => code === 31_019)
  hold = 10_200
  const asked = await reset('Quiet-harbour-dawn-9')
  hold = 0
  assert.equal(asked.outcome, 'silent')
  await running.event(({ detail }) => detail.startsWith('late'))
  assert.ok(!(await directory.binds('alice', 'Quiet-harbour-dawn-9')))
  const [id] = (await command('list', 'acme.example')).out.split(' ')
  assert.equal((await command('remove', 'acme.example', id!)).code, 0)
  await running.event(({ code }) => code === 32_014)
  await running.event(({ detail }) => detail.includes('does not know'))
  assert.deepEqual(await reset('Nobody-is-there-3'), { outcome: 'down' })
  await running.stop()
})
