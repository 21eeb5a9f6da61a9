import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import { findTenantId, listTenants, NOBODYS_TENANT } from './directory/index.ts'
import { inTenant } from './store/index.ts'
import { testApi } from './testing/api.ts'
import { testServer } from './testing/server.ts'

const PASSWORD = 'Demo-passphrase-2026!'

test('every answer carries the security headers, errors and files too', async t => {
  const server = await testServer({ context: t, roles: ['web'] })
  const tenantId = await findTenantId(server.store, 'acme.example')
  const style = /href="(\/assets\/[^"]+\.css)"/.exec((await server.page('/signin')).text)![1]!
  const answers = [
    await server.page('/'),
    await server.page('/signin'),
    await server.get('/reset/unknown'),
    await server.post('/signin', { username: 'x' }),
    await server.request('POST', '/signin', { json: {}, headers: { 'sec-fetch-site': 'cross-site' } }),
    await server.get(style),
    await server.get(`/branding/${tenantId}/style.css`),
    await server.get('/health/ready'),
    await server.page('/nowhere'),
  ]
  for (const { headers } of answers) {
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none'/)
    for (const kind of ['script', 'worker', 'connect', 'style', 'img'])
      assert.match(policy, new RegExp(`; ${kind}-src 'self'(;|$)`))
    assert.doesNotMatch(policy, /unsafe|blob:|data:|\*/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'same-origin')
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
    assert.equal(headers.get('strict-transport-security'), null)
  }
})

test('what the door for programs answers loads nothing when it is opened', async t => {
  const server = await testServer({ context: t, roles: ['web'] })
  const policyOf = async (token: string | undefined, path: string) => {
    const { status, headers } = await testApi(server).with(token)('GET', path, undefined, { accept: 'text/html' })
    return [status, headers.get('content-security-policy'), headers.get('cache-control')]
  }
  const alone = ["default-src 'none'; frame-ancestors 'none'", 'no-store']
  assert.deepEqual(await policyOf(undefined, '/users/nobody'), [401, ...alone])
  const token = await testApi(server).tokenOf('registered@acme.example')
  assert.deepEqual(await policyOf(token, '/users/nobody'), [404, ...alone])
  assert.deepEqual(await policyOf(token, '/me'), [200, ...alone])
})

test('behind https browsers are told to stay there, and cookies have names that no sub-domain can plant', async t => {
  const server = await testServer({
    context: t,
    roles: ['web'],
    seed: false,
    demo: false,
    origin: 'https://id.contoso.example',
  })
  const { headers } = await server.page('/signin?lang=fr')
  assert.match(headers.get('strict-transport-security') ?? '', /^max-age=\d{8}$/)
  assert.match(headers.get('set-cookie') ?? '', /^__Host-latchkey_lang=fr;.*HttpOnly; Secure/)
})

test('the first page leads on: to the account, to sign-in, or to the demonstration’s accounts', async t => {
  const demo = await testServer({ context: t, roles: ['web'] })
  assert.match((await demo.page('/')).text, /href="\/admin"[\s\S]*registered@acme\.example/)
  await demo.post('/signin', { username: 'registered@acme.example', password: PASSWORD })
  assert.equal((await demo.page('/')).headers.get('location'), '/account')
  const plain = await testServer({ context: t, roles: ['web'], seed: false, demo: false })
  const { status, headers } = await plain.page('/')
  assert.deepEqual([status, headers.get('location')], [303, '/signin'])
  for (const path of ['/demo', '/demo/outbox']) assert.equal((await plain.get(path)).status, 404)
})

test('files are kept for ever under a name made of their content, and a tenant’s looks for minutes', async t => {
  const server = await testServer({ context: t, roles: ['web'] })
  const style = /href="(\/assets\/[^"]+\.css)"/.exec((await server.page('/signin')).text)![1]!
  const whole = await server.get(style)
  assert.equal(whole.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  assert.equal(whole.headers.get('vary'), 'Accept-Encoding')
  const raw = await bytes(`${server.url}${style}`, { 'accept-encoding': 'gzip' })
  assert.equal(raw.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(raw.body).toString(), whole.text)
  const plain = await bytes(`${server.url}${style}`, {})
  assert.equal(plain.headers['content-encoding'], undefined)
  assert.equal(plain.body.toString(), whole.text)
  assert.notEqual(plain.headers.etag, raw.headers.etag)

  const tenantId = await findTenantId(server.store, 'acme.example')
  for (const path of [`/branding/${tenantId}/style.css`, `/branding/${tenantId}/logo`]) {
    const found = await bytes(server.url + path, {})
    assert.equal(found.status, 200)
    assert.equal(found.headers['cache-control'], 'public, max-age=300')
    assert.equal(found.headers.vary, undefined)
    const again = await bytes(server.url + path, { 'if-none-match': found.headers.etag! })
    assert.deepEqual([again.status, again.body.length], [304, 0])
  }
  const logo = await bytes(`${server.url}/branding/${tenantId}/logo`, {})
  assert.equal(logo.headers['content-type'], 'image/png')
  assert.match(String(logo.headers['content-security-policy']), /sandbox/)
  assert.equal(logo.body.subarray(1, 4).toString(), 'PNG')
  const other = await findTenantId(server.store, 'globex.example')
  assert.notEqual(
    (await server.get(`/branding/${tenantId}/style.css`)).text,
    (await server.get(`/branding/${other}/style.css`)).text,
  )
  for (const unknown of [NOBODYS_TENANT, '01890000-0000-7000-8000-000000000000', 'acme.example', "x';select 1--"])
    for (const file of ['style.css', 'logo'])
      assert.equal((await server.get(`/branding/${encodeURIComponent(unknown)}/${file}`)).status, 404, unknown)
})

test('lesson 2: a forwarded address is believed from listed proxies alone, and a forwarded host never', async t => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'evil.example', host: 'evil.example' }
  const seenBy = async (trustedProxies: string[]) => {
    const server = await testServer({ context: t, roles: ['web'], demo: false, trustedProxies })
    const body = JSON.stringify({ username: 'new@acme.example', password: 'wrong' })
    const headers = { ...forwarded, 'content-type': 'application/json' }
    await bytes(`${server.url}/signin`, headers, body)
    const page = await bytes(`${server.url}/signin`, { ...forwarded, accept: 'text/html' })
    assert.doesNotMatch(page.body.toString(), /evil/)
    const [acme] = await listTenants(server.store)
    const row = await inTenant(server.store, acme!.id, trx =>
      trx
        .selectFrom('audit_events')
        .select('address')
        .where('activity', '=', 'signin.failed')
        .executeTakeFirstOrThrow(),
    )
    return row.address
  }
  assert.equal(await seenBy([]), '127.0.0.1')
  assert.equal(await seenBy(['10.0.0.0/8']), '127.0.0.1')
  assert.equal(await seenBy(['127.0.0.0/8']), '203.0.113.9')
})

test('lesson 29: the log, down to trace, holds no code, password, name, cookie or query', async t => {
  const lines: string[] = []
  const server = await testServer({ context: t, log: line => lines.push(line) })
  const username = 'registered@acme.example'
  await server.page(`/signin?username=${username}&note=queried`)
  await server.post('/signin', { username, password: 'Wrong-passphrase-2026' })
  const { json: journey } = await server.post('/reset', { username })
  const method = journey.methods.find((one: { kind: string }) => one.kind === 'email')
  const issued = await server.post(`/reset/${journey.id}/challenges`, { method: method.id })
  const code = await server.code('registered@mail.example')
  await server.post(`/reset/${journey.id}/proofs`, { challenge: issued.json.challenge.id, code })
  await server.post(`/reset/${journey.id}/password`, { newPassword: 'Chosen-passphrase-2026' })
  await server.post('/signin', { username, password: 'Chosen-passphrase-2026' })
  await server.request('POST', '/signin', { headers: { 'content-type': 'application/json' } })
  await server.get(`/nowhere/${username}`)
  await server.get('/%zz-queried')
  await speak(server.url, `GET /queried HTTP/1.1\r\nBroken header of ${username}\r\n\r\n`)
  // Errors that no one foresaw: the database refuses, and its message quotes what it was given.
  await server.store.pool.query(
    `create function latchkey.refuse() returns trigger language plpgsql as
       'begin raise exception ''refused: %'', new.user_principal_name; end';
     create trigger refuse before update on latchkey.accounts for each row execute function latchkey.refuse()`,
  )
  const change = { currentPassword: 'Chosen-passphrase-2026', newPassword: 'Another-passphrase-2026' }
  assert.equal((await server.post('/account/password', change)).status, 500)
  await server.store.pool.query('alter table latchkey.sessions rename to sessions_gone')
  assert.equal((await server.post('/signin', { username, password: 'Chosen-passphrase-2026' })).status, 500)

  const log = lines.join('')
  const logged = lines.map(line => JSON.parse(line))
  const done = logged.find(line => line.route === '/reset/:id/proofs')
  assert.deepEqual([done.method, done.status, typeof done.ms, typeof done.reqId], ['POST', 200, 'number', 'string'])
  // The lines of a journey are found by its id, also the one that began it.
  const ofJourney = logged.filter(line => line.journey === journey.id).map(line => `${line.method} ${line.route}`)
  assert.deepEqual(ofJourney, [
    'POST /reset',
    'POST /reset/:id/challenges',
    'POST /reset/:id/proofs',
    'POST /reset/:id/password',
  ])
  const failed = logged.findLast(line => line.msg === 'request failed')
  assert.equal(failed.err.code, '42P01')
  assert.ok(failed.err.at.length > 0)
  assert.equal(failed.reqId, logged.findLast(line => line.status !== undefined).reqId)
  // Times and ids hold any six digits.
  assert.doesNotMatch(log, new RegExp(`(?<![\\da-f-])${code}(?![\\da-f-])`))
  const secrets = ['passphrase', 'registered', 'mail.example', 'queried', 'Broken', 'sessions_gone']
  for (const secret of [...secrets, ...server.cookies.values()]) assert.ok(!log.includes(secret), `logged: ${secret}`)
})

test('what is too large, or cannot be read, is refused before any of our code sees it', async t => {
  const server = await testServer({ context: t, roles: ['web'], seed: false })
  const large = await server.post('/signin', { username: 'x'.repeat(70_000), password: 'x' })
  assert.deepEqual([large.status, large.json.code], [413, 'too_large'])
  const odd = await server.get('/%zz')
  assert.deepEqual([odd.status, odd.json.code], [400, 'invalid_request'])
  assert.doesNotMatch(odd.text, /zz/)
  const xml = await server.request('POST', '/signin', { headers: { 'content-type': 'text/xml' }, json: '<x/>' })
  assert.equal(xml.status, 415)
})

test('a server that is told to end answers what it has begun, and takes no more', async () => {
  const server = await testServer()
  // Another connection holds a lock that the sign-in needs, until the end has begun.
  const blocker = new pg.Client({ connectionString: server.databaseUrl })
  await blocker.connect()
  await blocker.query('begin; lock table latchkey.counters in access exclusive mode')
  const running = server.post('/signin', { username: 'registered@acme.example', password: PASSWORD })
  const waiting = `select from pg_locks where not granted and relation = 'latchkey.counters'::regclass
    and database = (select oid from pg_database where datname = current_database())`
  const patience = performance.now() + 60_000
  while ((await blocker.query(waiting)).rowCount === 0 && performance.now() < patience) await sleep(10)
  const ended = server.close()
  await sleep(100)
  await blocker.query('commit')
  await blocker.end()
  const started = performance.now()
  assert.equal((await running).status, 200)
  await ended
  // It would be for a minute.
  assert.ok(performance.now() - started < 30_000, 'the connection was kept open after its last answer')
  await assert.rejects(server.get('/health/live'))
})

interface Bytes {
  status: number
  headers: Record<string, string | undefined>
  body: Buffer
}

/** A request that sends just these headers, `Host` too, and leaves the answer as it came. */
function bytes(url: string, headers: Record<string, string>, body?: string): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers, method: body === undefined ? 'GET' : 'POST', timeout: 10_000 })
    request.once('error', reject).once('response', response => {
      const parts: Buffer[] = []
      response
        .on('data', part => parts.push(part))
        .once('end', () => {
          const found = response.headers as Record<string, string | undefined>
          resolve({ status: response.statusCode ?? 0, headers: found, body: Buffer.concat(parts) })
        })
    })
    request.end(body)
  })
}

/** Sends bytes that no HTTP library would, and waits for the end. */
function speak(url: string, text: string): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    socket.setTimeout(2_000, () => socket.destroy())
    socket
      .on('error', () => {})
      .on('data', () => socket.end())
      .once('close', () => resolve())
  })
}
