import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as jose from 'jose'
import { MINUTE } from '../clock.ts'
import { PASSWORD } from '../demo/index.ts'
import { findUserByName, raiseSecurityEpoch } from '../directory/index.ts'
import { enqueue, inTenant } from '../store/index.ts'
import { openTargets } from '../targets/index.ts'
import { readEvents } from '../testing/people.ts'
import { CALLBACK, payloadOf, redeem, testProvider } from '../testing/provider.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { until } from '../testing/until.ts'
import { sendLogout } from './backChannel.ts'

const server = await testServer()
const { store } = server
const provider = await testProvider(server)
const { tenantId: acme, issuer, register, ask, signInTo } = provider
const person = 'registered@acme.example'

/** The far side: applications’ endpoints, by path. It answers with the next of `answers`, then with 200, and at `/silent` never. */
const received: { path: string; token: string; body: string; type: string | undefined }[] = []
let answers: ((response: ServerResponse) => void)[] = []
const far = createServer((request: IncomingMessage, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text
  })
  request.on('end', () => {
    const token = new URLSearchParams(body).get('logout_token') ?? ''
    received.push({ path: request.url ?? '', token, body, type: request.headers['content-type'] })
    if (request.url === '/silent') return
    const answer = answers.shift() ?? (fine => fine.end())
    answer(response)
  })
})
await new Promise<void>(resolve => far.listen(0, '127.0.0.1', resolve))
after(() => {
  far.closeAllConnections()
  far.close()
})
const farOrigin = `http://127.0.0.1:${(far.address() as AddressInfo).port}`
const endpoint = (name: string) => ({ displayName: name, backChannelLogoutUri: `${farOrigin}/${name}` })
const addresses = { web: [CALLBACK] }

const told = (path: string) => received.filter(one => one.path === `/${path}`)
const awaitTold = (path: string, times = 1) =>
  until(() => (told(path).length >= times ? told(path) : undefined), `${path} is told ${times} times`)

/** Signs in to an application, and returns its id token’s claims. */
async function open(browser: TestBrowser, app: Awaited<ReturnType<typeof register>>, username = person) {
  const asked = await ask(app)
  const tokens = await redeem(asked, await signInTo(browser, asked.to, username, PASSWORD))
  return payloadOf(tokens.id_token!) as { sub: string; sid: string }
}

/** Judges a logout token as its application does, by the keys that the provider publishes (Back-Channel Logout, §2.6). */
const verify = (token: string, appId: string) =>
  jose.jwtVerify(token, jose.createRemoteJWKSet(new URL(`${server.url}/${acme}/v2.0/keys`)), {
    issuer: issuer.href,
    audience: appId,
    typ: 'logout+jwt',
    algorithms: ['RS256'],
    requiredClaims: ['iat', 'exp', 'jti', 'sub'],
  })

/** The jobs that wait to tell an application again. */
const waiting = async (appId: string) => {
  const { rows } = await store.pool.query(
    "select id, run_at, payload from latchkey_jobs._private_jobs where payload->>'appId' = $1 and run_at > now()",
    [appId],
  )
  return rows as { id: string; run_at: Date; payload: { failed: number } }[]
}
/** Lets the time pass until the next try. */
async function goOn(appId: string): Promise<{ failed: number; wait: number }> {
  const before = Date.now()
  const [job] = await until(async () => {
    const jobs = await waiting(appId)
    return jobs.length > 0 ? jobs : undefined
  }, 'another try waits')
  await store.pool.query('select latchkey_jobs.reschedule_jobs(array[$1::bigint], run_at := now())', [job!.id])
  return { failed: job!.payload.failed, wait: Math.round((job!.run_at.getTime() - before) / MINUTE) }
}

test('a sign-out tells every application that the session opened, by the session’s id in its id token', async () => {
  const [one, two, silent] = [
    await register(addresses, endpoint('one')),
    await register(addresses, endpoint('two')),
    await register(addresses),
  ]
  const elsewhere = await open(server.browser(), one)
  const browser = server.browser()
  const claims = await open(browser, one)
  assert.equal((await open(browser, one)).sid, claims.sid, 'the session keeps it')
  assert.equal((await open(browser, two)).sid, claims.sid)
  await open(browser, silent)
  assert.notEqual(claims.sid, elsewhere.sid)
  assert.equal((await browser.post('/signout')).status, 204)
  for (const [name, { appId }] of [
    ['one', one],
    ['two', two],
  ] as const) {
    const [{ token, body, type }] = (await awaitTold(name)) as [(typeof received)[number]]
    assert.equal(type, 'application/x-www-form-urlencoded')
    assert.deepEqual([...new URLSearchParams(body).keys()], ['logout_token'])
    const { payload } = await verify(token, appId)
    assert.deepEqual(Object.keys(payload).sort(), ['aud', 'events', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub'])
    assert.deepEqual(
      [payload.sub, payload.sid, payload.exp! - payload.iat!, payload.events],
      [claims.sub, claims.sid, 120, { 'http://schemas.openid.net/event/backchannel-logout': {} }],
    )
  }
  assert.equal((await browser.post('/signout')).status, 401)
  await sleep(200)
  assert.deepEqual([told('one').length, told('two').length], [1, 1], 'once, and of this session alone')
})

test('another account in the same browser tells the former one’s applications, the same account does not', async () => {
  const app = await register(addresses, endpoint('switch'))
  const browser = server.browser()
  const claims = await open(browser, app)
  await browser.post('/signin', { username: person, password: PASSWORD })
  assert.equal((await open(browser, app)).sid, claims.sid, 'the next session goes on')
  assert.equal(told('switch').length, 0)
  await browser.post('/signin', { username: 'admin@acme.example', password: PASSWORD })
  const [{ token }] = (await awaitTold('switch')) as [(typeof received)[number]]
  assert.equal((await verify(token, app.appId)).payload.sid, claims.sid)
})

test('what raises a person’s epoch tells every application that they opened, once, of all sessions', async () => {
  const app = await register(addresses, endpoint('epoch'))
  const claims = await open(server.browser(), app)
  const browser = server.browser()
  await open(browser, app)
  await browser.post('/signout')
  await awaitTold('epoch')
  const raise = () =>
    inTenant(store, acme, async trx => {
      const user = await findUserByName(trx, acme, person)
      await raiseSecurityEpoch(trx, acme, user!.id)
    })
  await Promise.all([raise(), raise()])
  const [, { token }] = (await awaitTold('epoch', 2)) as [unknown, (typeof received)[number]]
  const { payload } = await verify(token, app.appId)
  assert.deepEqual([payload.sub, payload.sid], [claims.sub, undefined])
  await sleep(200)
  assert.equal(told('epoch').length, 2)
})

test('an application that fails is told again after a minute, and after eight', async () => {
  const app = await register(addresses, endpoint('again'))
  const browser = server.browser()
  await open(browser, app)
  answers = [
    response => response.writeHead(500).end(),
    response => response.writeHead(302, { location: '/followed' }).end(),
  ]
  await browser.post('/signout')
  await awaitTold('again')
  assert.deepEqual(await goOn(app.appId), { failed: 1, wait: 1 })
  await awaitTold('again', 2)
  assert.deepEqual(await goOn(app.appId), { failed: 2, wait: 8 })
  const tokens = (await awaitTold('again', 3)).map(({ token }) => payloadOf(token).jti)
  assert.equal(new Set(tokens).size, 3, 'each token is good once')
  await sleep(200)
  assert.deepEqual([told('followed').length, (await waiting(app.appId)).length], [0, 0])
  assert.ok(!(await readEvents(store, acme)).some(event => event.startsWith('logout.not_delivered')))
})

test('after the third try the audit log says who was not told, and why', async () => {
  const app = await register(addresses, endpoint('broken'))
  const browser = server.browser()
  const { sub } = await open(browser, app)
  const gone = (response: ServerResponse) => response.writeHead(503).end()
  answers = [gone, gone, gone]
  await browser.post('/signout')
  await goOn(app.appId)
  await goOn(app.appId)
  await awaitTold('broken', 3)
  await until(
    async () => (await readEvents(store, acme)).find(event => event === 'logout.not_delivered failure 503'),
    'the event stands',
  )
  const { rows } = await store.pool.query(
    "select target_id, details from latchkey.audit_events where activity = 'logout.not_delivered'",
  )
  assert.deepEqual(rows, [{ target_id: sub, details: { application: 'broken' } }])
  assert.deepEqual(await waiting(app.appId), [])
})

test('a company whose applications never answer keeps others’ from hearing of an end for one call at most', async () => {
  const globex = await testProvider(server, 'globex.example')
  const app = await register(addresses, endpoint('heard'))
  const { sub, sid } = await open(server.browser(), app)
  const silent = await globex.register(addresses, endpoint('silent'))
  await fetch(`${globex.issuer.href}/keys`)
  const { tenantId } = globex
  const silence = { tenantId, appId: silent.appId, userId: sub, issuer: globex.issuer.href, failed: 2 }
  await inTenant(store, tenantId, async trx => {
    for (let calls = 0; calls < 40; calls++) await enqueue(trx, 'send-logout', silence)
  })
  // There are eight places: the calls that took them first have ended.
  await awaitTold('silent', 9)
  await inTenant(store, acme, trx =>
    enqueue(trx, 'send-logout', { tenantId: acme, appId: app.appId, userId: sub, issuer: issuer.href, sid }),
  )
  await awaitTold('heard')
  assert.ok((await waiting(silent.appId)).length > 20, 'the others wait for their turn')
  await store.pool.query("delete from latchkey_jobs._private_jobs where payload->>'appId' = $1 and locked_at is null", [
    silent.appId,
  ])
})

test('an address in the operator’s network is not called unless it is listed', async () => {
  const app = await register(addresses, endpoint('private'))
  const { sub, sid } = await open(server.browser(), app)
  const act = { ...provider.act(), actor: { kind: 'system' } } as const
  const logout = { tenantId: acme, appId: app.appId, userId: sub, issuer: issuer.href, sid, failed: 2 }
  await sendLogout(store, act, openTargets([]), logout)
  assert.ok((await readEvents(store, acme)).includes('logout.not_delivered failure private'))
  assert.deepEqual([told('private').length, await waiting(app.appId)], [0, []])
})

test('a server that ends between the sign-out and the call leaves the call to the next', async t => {
  const web = await testServer({ context: t, roles: ['web'] })
  const own = await testProvider(web)
  const app = await own.register(addresses, endpoint('later'))
  const browser = web.browser()
  const asked = await own.ask(app)
  await redeem(asked, await own.signInTo(browser, asked.to, person, PASSWORD))
  assert.equal((await browser.post('/signout')).status, 204)
  await web.close()
  assert.equal(told('later').length, 0)
  await testServer({ context: t, beside: web, roles: ['worker'], origin: 'https://elsewhere.example' })
  const [{ token }] = (await awaitTold('later')) as [(typeof received)[number]]
  assert.equal(payloadOf(token).iss, own.issuer.href, 'under the issuer that the application knows')
})

test('no secret of an end stands in its job', async () => {
  const app = await register(addresses, endpoint('payload'))
  const browser = server.browser()
  const { sub, sid } = await open(browser, app)
  answers = [response => response.writeHead(500).end()]
  await browser.post('/signout')
  await awaitTold('payload')
  const [job] = await until(async () => {
    const jobs = await waiting(app.appId)
    return jobs.length > 0 ? jobs : undefined
  }, 'another try waits')
  assert.deepEqual(job!.payload, { sid, appId: app.appId, issuer: issuer.href, userId: sub, tenantId: acme, failed: 1 })
})
