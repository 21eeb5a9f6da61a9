// Attacks on the edge of products like this one, tried on a whole server over HTTP. A long file, because one
// server and its people serve every test. A lesson that one module can guard by itself is tested beside that module.

import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { test } from 'node:test'
import { PASSWORD } from '../demo/index.ts'
import { createTenant, createUser, findTenantId, NOBODYS_TENANT } from '../directory/index.ts'
import { changeDefaultPolicy, listPolicies } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { testApi } from '../testing/api.ts'
import { granted, refused } from '../testing/contract.ts'
import { type TestBrowser, type TestResponse, type TestServer, testServer } from '../testing/server.ts'
import { jobsDone } from '../testing/state.ts'

const ORIGIN = 'https://id.acme.example'
const server = await testServer({ demo: false, origin: ORIGIN, trustedProxies: ['127.0.0.1'] })
const { store } = server
const acme = await findTenantId(store, 'acme.example')
const globex = await findTenantId(store, 'globex.example')
const REGISTERED = 'registered@acme.example'
const OWN = 'registered@mail.example'
const means = () => ({ ...server.services, now: server.clock.now() })

const signIn = async (username: string, password = PASSWORD) => {
  const browser = server.browser()
  granted(await browser.post('/signin', { username, password }))
  return browser
}
const byMail = (methods: { kind: string; id: string }[]) => methods.find(({ kind }) => kind === 'email')?.id ?? ''

/** A reset that waits for its code. */
async function beginReset(username = REGISTERED, address = OWN, at: TestServer = server, browser = at.browser()) {
  const journey = granted(await browser.post('/reset', { username }), 201)
  const path = `/reset/${journey.id}`
  const [before] = await at.outbox()
  const asked = await browser.post(`${path}/challenges`, { method: byMail(journey.methods) })
  const { challenge } = granted(asked, 201)
  const code = await at.code(address, before)
  return { browser, path, asked, challenge: challenge.id as string, code }
}

/** A reset to its end. Returns every answer on the way. */
async function reset(newPassword: string, at = server) {
  const { browser, path, asked, challenge, code } = await beginReset(REGISTERED, OWN, at)
  const proved = await browser.post(`${path}/proofs`, { challenge, code })
  const page = await browser.page(path)
  const done = await browser.post(`${path}/password`, { newPassword })
  granted(done)
  return { path, code, answers: [asked, proved, page, done, await browser.get(path), await browser.page(path)] }
}

/** A request with these headers as they are, `Host` too. */
function raw(method: string, path: string, headers: Record<string, string>, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(server.url + path, { method, headers, timeout: 10_000 }, response => {
      const parts: Buffer[] = [Buffer.from(`${response.statusCode} ${JSON.stringify(response.headers)} `)]
      response.on('data', part => parts.push(part)).once('end', () => resolve(Buffer.concat(parts).toString()))
    })
    request.once('error', reject).end(body)
  })
}

test('lesson 1: links in mails begin with the configured origin, whatever a request says of its host', async () => {
  const evil = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-server': 'evil.example',
    'x-original-host': 'evil.example',
    'x-host': 'evil.example',
    forwarded: 'for=192.0.2.1;host=evil.example;proto=http',
    'x-original-url': 'http://evil.example/',
    'x-forwarded-prefix': '//evil.example',
  }
  const browser = await signIn('two-gates@globex.example')
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const answers = [
    await raw('GET', '/account', { ...evil, accept: 'text/html', cookie }),
    await raw('GET', '/signin', { ...evil, accept: 'text/html' }),
    await raw('GET', '/', { ...evil, accept: 'text/html' }),
    await raw('GET', '/nowhere', { ...evil, accept: 'text/html' }),
    await raw(
      'POST',
      '/account/password',
      { ...evil, accept: 'application/json', 'content-type': 'application/json', cookie },
      JSON.stringify({ currentPassword: PASSWORD, newPassword: 'Kestrel over marsh 41' }),
    ),
  ]
  assert.match(answers.at(-1)!, /^204 /)
  for (const answer of answers) assert.doesNotMatch(answer, /evil/)
  const { text } = await server.message(one => one.kind === 'notice' && one.to === 'two-gates@mail.example')
  assert.deepEqual(text.match(/https?:\/\/\S+/g), [`${ORIGIN}/account/activity`])
  for (const message of await server.outbox()) assert.doesNotMatch(JSON.stringify(message), /evil/)
})

test('lesson 4: one goes on to pages of our own that are known by name, and nowhere else', async () => {
  const elsewhere = [
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/%2f%2fevil.example',
    '/account@evil.example',
    '/account/../../evil.example',
    '/security-info/methods/../../evil.example/removal',
    '/security-info//evil.example',
    '/security-info/set-up/email?next=//evil.example',
    '/security-info/set-up/email#@evil.example',
    '/security-info/set-up/email\r\nlocation: //evil.example',
    'javascript:alert(1)',
    'data:text/html,evil',
    '/signout',
    '/nowhere',
    '',
  ]
  const form = { username: REGISTERED, password: PASSWORD }
  const after = (next: string) => `?next=${encodeURIComponent(next)}`
  const browser = await signIn(REGISTERED)
  const methods = granted(await browser.get('/security-info')).methods
  const [before] = await server.outbox()
  const { challenge } = granted(await browser.post('/session/challenges', { method: byMail(methods) }), 201)
  const proof = { challenge: challenge.id as string, code: await server.code(OWN, before) }
  // The repeat of an accepted proof leads on like the first.
  const proved = async (next: string) =>
    (await browser.submit(`/session/proofs${after(next)}`, proof)).headers.get('location')
  for (const next of elsewhere) {
    const signedIn = await server.browser().submit(`/signin${after(next)}`, form)
    assert.deepEqual([signedIn.status, signedIn.headers.get('location')], [303, '/account'], next)
    assert.equal(granted(await server.browser().post(`/signin${after(next)}`, form)).next, '/account', next)
    assert.equal(await proved(next), '/security-info', next)
    for (const page of [
      await server.browser().page(`/signin${after(next)}`),
      await browser.page(`/session/proof${after(next)}`),
    ])
      assert.doesNotMatch(page.text, /(href|action)="(?!\/(?![/\\])|#)/, next)
  }
  const own = await server.browser().submit(`/signin${after('/security-info')}`, form)
  assert.equal(own.headers.get('location'), '/security-info')
  assert.equal(await proved('/security-info/set-up/email'), '/security-info/set-up/email')
})

test('lesson 9: a policy that cannot be read, an empty form or a broken header opens no step', async () => {
  const { browser, path } = await beginReset()
  const newPassword = 'Kestrel over marsh 42'
  const closed = async (about: string, headers: Record<string, string> = {}) => {
    const set = await browser.request('POST', `${path}/password`, { json: { newPassword }, headers })
    assert.ok(set.status >= 400, `${about}: ${set.status}`)
    const seen = await browser.request('GET', path, { headers })
    assert.ok(seen.status >= 500 || seen.json.state === 'verify', `${about}: ${seen.text}`)
  }
  const forwarded = ['', ',', 'x', '::::', '999.1.1.1', 'unknown', "'; --", '1.2.3.4,', ','.repeat(5_000), '[::1']
  for (const value of forwarded) {
    await closed(`X-Forwarded-For: ${value.slice(0, 20)}`, { 'x-forwarded-for': value })
    const name = { username: REGISTERED, password: 'Wrong marsh 42' }
    const guess = await server
      .browser()
      .request('POST', '/signin', { json: name, headers: { 'x-forwarded-for': value } })
    assert.equal(guess.status, 401, value.slice(0, 20))
  }
  for (const step of ['problem', 'challenges', 'proofs', 'password', 'unlock']) {
    const empty = [await browser.post(`${path}/${step}`, {}), await browser.post(`${path}/${step}`)]
    assert.equal((await browser.submit(`${path}/${step}`, {})).headers.get('location'), path)
    for (const answer of empty) assert.ok(answer.status >= 400 && answer.status < 500, `${step}: ${answer.status}`)
    await closed(`an empty form for ${step}`)
  }

  const { rows } = await store.pool.query(
    'select settings from latchkey.reset_policies where tenant_id = $1 and is_default',
    [acme],
  )
  const good = rows[0].settings
  const write = (settings: unknown) =>
    store.pool.query('update latchkey.reset_policies set settings = $2 where tenant_id = $1 and is_default', [
      acme,
      JSON.stringify(settings),
    ])
  try {
    for (const damage of [
      { gates: 0 },
      { gates: null },
      { gates: -1 },
      { gates: 'one' },
      { gates: [] },
      { gates: false },
      { methods: null },
      { methods: {} },
    ]) {
      await write({ ...good, ...damage })
      await closed(JSON.stringify(damage))
      const fresh = await server.browser().post('/reset', { username: REGISTERED })
      assert.notEqual(fresh.json.state, 'choose-password', JSON.stringify(damage))
    }
    for (const whole of [{}, [], 'x', 0]) {
      await write(whole)
      await closed(JSON.stringify(whole))
    }
  } finally {
    await write(good)
  }
  assert.equal(granted(await browser.get(path)).state, 'verify')
  granted(await server.browser().post('/signin', { username: REGISTERED, password: PASSWORD }))
})

test('lesson 10: nothing that can be asked for sets a server up, and a tenant is set up once', async t => {
  const empty = await testServer({ context: t, seed: false, demo: false })
  const wishes = { username: 'admin@acme.example', userPrincipalName: 'admin@acme.example', displayName: 'Admin' }
  const json = {
    ...wishes,
    password: PASSWORD,
    newPassword: PASSWORD,
    domain: 'acme.example',
    role: 'Global Administrator',
  }
  const guessed = ['/setup', '/install', '/initial-setup', '/register', '/tenants/new', '/admin']
  // The administrators' application is a page like any other: it opens nothing.
  for (const path of guessed)
    for (const method of path === '/admin' ? ['POST', 'PUT'] : ['GET', 'POST', 'PUT'])
      assert.equal(
        (await empty.request(method, path, method === 'GET' ? {} : { json })).status,
        404,
        `${method} ${path}`,
      )
  for (const path of [
    '/v1.0/users',
    '/v1.0/tenants',
    '/v1.0/organization',
    '/v1.0/roleManagement/directory/roleAssignments',
  ])
    for (const method of ['GET', 'POST'])
      assert.equal(
        (await empty.request(method, path, method === 'GET' ? {} : { json })).status,
        401,
        `${method} ${path}`,
      )
  // Whoever may sign a company up is the operator's word, and at first nobody may.
  assert.equal((await empty.get('/signup')).json.open, 'closed')
  refused(await empty.post('/signup', { address: 'somebody@company.example', for: 'company' }), 403, 'signup_closed')
  for (const { method, url } of empty.routes) {
    const path = url.replace(/:\w+/, 'email')
    await empty.request(method, path, method === 'GET' ? {} : { json })
    await empty.request(method, path, method === 'GET' ? { page: true } : { form: json })
  }
  const { rows } = await empty.store.pool.query(
    `select (select count(*) from latchkey.users) + (select count(*) from latchkey.role_assignments)
       + (select count(*) from latchkey.domains) + (select count(*) from latchkey.tenants where tenant_id <> $1) as made`,
    [NOBODYS_TENANT],
  )
  assert.equal(Number(rows[0].made), 0)
  refused(await empty.post('/signin', { username: wishes.username, password: PASSWORD }), 401, 'invalid_credentials')

  // An operator makes the first administrator by a command. The loss of every administrator does not open it again.
  const seeded = await testServer({ context: t, demo: false })
  await seeded.store.pool.query('delete from latchkey.role_assignments')
  const tenantId = seeded.services.random.uuid(seeded.clock.now())
  const again = inTenant(seeded.store, tenantId, async trx => {
    await createTenant(trx, { ...seeded.services, now: seeded.clock.now() }, tenantId, {
      displayName: 'Acme',
      domain: 'acme.example',
    })
  })
  await assert.rejects(again, { code: 'domain_taken' })
})

test('lesson 18: no answer holds a code that was sent', async () => {
  const answers: [string, TestResponse][] = []
  const keep = (code: string, ...some: TestResponse[]) =>
    answers.push(...some.map(one => [code, one] as [string, TestResponse]))
  const { browser, path, asked, challenge, code } = await beginReset()
  const wrong = code === '000000' ? '000001' : '000000'
  keep(code, asked, await browser.get(path), await browser.page(path))
  keep(code, await browser.post(`${path}/challenges?returnCode=true`, { method: 'x', returnCode: true }))
  keep(code, await browser.post(`${path}/proofs`, { challenge, code: wrong }))
  const form = await browser.submit(`${path}/proofs`, { challenge, code: wrong })
  keep(code, form, await browser.follow(form))
  keep(
    code,
    await browser.post(`${path}/proofs`, { challenge, code }),
    await browser.get(path),
    await browser.page(path),
  )

  const signedIn = await signIn(REGISTERED)
  const methods = granted(await signedIn.get('/security-info')).methods
  const codeOf = async (to: string, ask: () => Promise<TestResponse>) => {
    const [before] = await server.outbox()
    const answer = await ask()
    const sent = await server.code(to, before)
    keep(sent, answer, await signedIn.page('/session/proof'), await signedIn.page('/security-info/code'))
    return { challenge: answer.json.challenge?.id ?? answer.json.id, code: sent }
  }
  const proof = await codeOf(OWN, () => signedIn.post('/session/challenges', { method: byMail(methods) }))
  keep(proof.code, await signedIn.post('/session/proofs', proof))
  const address = 'fresh@mail.example'
  const registration = await codeOf(address, () =>
    signedIn.post('/security-info/challenges', { kind: 'email', address }),
  )
  keep(registration.code, await signedIn.get('/security-info'), await signedIn.page('/account'))
  assert.ok(answers.length >= 18)
  for (const [sent, { status, text, headers }] of answers) {
    // Between letters and digits of an id six digits may stand by chance.
    const told = `${text} ${JSON.stringify([...headers])}`
    assert.doesNotMatch(told, new RegExp(`(?<![\\w-])${sent}(?![\\w-])`), `${status} ${text.slice(0, 200)}`)
  }
})

test('lesson 19: whose tenant it is comes from what was proved, and from nothing else in a request', async () => {
  const browser = await signIn(REGISTERED)
  const cookies = (changed: Record<string, string>) => {
    const other = server.browser()
    for (const [name, value] of browser.cookies) other.cookies.set(name, changed[name.split('_').at(-1)!] ?? value)
    return other
  }
  const { path } = await beginReset(REGISTERED, OWN, server, browser)
  const session = browser.cookies.get('__Host-latchkey_session') ?? ''
  const journeys = browser.cookies.get('__Host-latchkey_browser') ?? ''
  assert.ok(session.startsWith(acme) && journeys.includes(acme))
  const swapped = cookies({ session: session.replace(acme, globex), browser: journeys.replace(acme, globex) })
  refused(await swapped.get('/session'), 401, 'not_signed_in')
  refused(await swapped.get(path), 404, 'not_found')
  for (const tenantId of [NOBODYS_TENANT, acme.toUpperCase(), `${acme}%00`, ''])
    refused(await cookies({ session: session.replace(acme, tenantId) }).get('/session'), 401, 'not_signed_in')

  // A tenant that a request names changes at most the looks of a page.
  const claims = { host: 'globex.example', 'x-tenant-id': globex, 'x-forwarded-host': 'globex.example' }
  const asked = `?whr=globex.example&tenantId=${globex}&username=two-gates@globex.example`
  const told = await browser.request('GET', `/session${asked}`, { headers: claims })
  assert.equal(granted(told).user.tenantId, acme)
  const theirs = granted(await (await signIn('outside@globex.example')).get('/session')).user
  assert.equal(theirs.tenantId, globex)
  const read = await testApi(server).as(REGISTERED)
  for (const id of [theirs.id, 'outside@globex.example'])
    assert.equal((await read('GET', `/users/${id}${asked}`, undefined, claims)).status, 404)
})

test('lesson 27: when a reset has finished, nothing of its codes is left', async t => {
  const other = await testServer({ context: t, demo: false })
  const { path, code } = await reset('Kestrel over marsh 43', other)
  const id = path.split('/')[2]
  const { rows } = await other.store.pool.query(
    `select 'challenge' as left from latchkey.challenges where journey_id = $1
     union all select payload::text from latchkey_jobs._private_jobs where task_id in
       (select id from latchkey_jobs._private_tasks where identifier like 'deliver-%')`,
    [id],
  )
  assert.deepEqual(rows, [])
  const tables = await other.store.pool.query(
    "select tablename as name from pg_tables where schemaname = 'latchkey' and tablename !~ '^(demo_outbox|audit_events_)'",
  )
  for (const { name } of tables.rows) {
    const found = await other.store.pool.query(`select t::text as line from latchkey."${name}" t`)
    const hex = Buffer.from(code).toString('hex')
    for (const { line } of found.rows)
      assert.doesNotMatch(line, new RegExp(`(?<![\\w.-])(${code}|.*${hex}.*)(?![\\w-])`), name)
  }
})

test('lesson 30: what opens one thing opens no other', async () => {
  const { browser, path } = await beginReset('stale@acme.example', 'stale@mail.example')
  granted(await browser.post('/signin', { username: REGISTERED, password: PASSWORD }))
  const value = (name: string) => browser.cookies.get(`__Host-latchkey_${name}`) ?? ''
  const kinds = ['session', 'device', 'browser'] as const
  const [session, device, journeys] = kinds.map(value) as [string, string, string]
  const token = (ticket: string) => ticket.split('.')[2] ?? ''
  const as = (name: string, ticket: string): TestBrowser => {
    const other = server.browser()
    other.cookies.set(`__Host-latchkey_${name}`, ticket)
    return other
  }
  const [secret = '', tenantId = ''] = journeys.split('.')
  const [, sessionId] = session.split('.')
  for (const ticket of [
    device,
    journeys,
    `${tenantId}.${sessionId}.${secret}`,
    `${tenantId}.${sessionId}.${token(device)}`,
  ])
    refused(await as('session', ticket).get('/session'), 401, 'not_signed_in')
  for (const ticket of [session, device, `${token(session)}.${tenantId}`, `${token(device)}.${tenantId}`])
    refused(await as('browser', ticket).get(path), 404, 'not_found')
  for (const ticket of [session, journeys]) {
    const stranger = as('device', ticket)
    granted(await stranger.post('/signin', { username: REGISTERED, password: PASSWORD }))
    assert.notEqual(stranger.cookies.get('__Host-latchkey_device'), ticket, 'the browser was no familiar one')
  }
  granted(await as('session', session).get('/session'))

  // Even where a familiar browser's row is put among the sessions: its hash was made for something else.
  await store.pool.query(
    `insert into latchkey.sessions
     select (jsonb_populate_record(s, jsonb_build_object('id', d.id, 'token_hash', d.token_hash))).*
     from latchkey.sessions s, latchkey.devices d where s.id = $1 and d.id = $2`,
    [sessionId, device.split('.')[1]],
  )
  refused(await as('session', device).get('/session'), 401, 'not_signed_in')
})

test('lesson 35: a name leads to the account that has it, and nobody else’s address gets in its way', async () => {
  await store.pool.query("update latchkey.users set mail = $1 where user_principal_name = 'new@acme.example'", [
    REGISTERED,
  ])
  await store.pool.query("update latchkey.users set mail = 'boss@mail.example' where user_principal_name = $1", [
    'onpremises@acme.example',
  ])
  const found = granted(await (await signIn(REGISTERED)).get('/session'))
  assert.equal(found.user.userPrincipalName, REGISTERED)
  const journey = granted(await server.browser().post('/reset', { username: REGISTERED }), 201)
  assert.ok(byMail(journey.methods), 'it is the one with methods on record')
  for (const username of ['boss@mail.example', OWN]) {
    refused(await server.browser().post('/signin', { username, password: PASSWORD }), 401, 'invalid_credentials')
    const { refusal } = granted(await server.browser().post('/reset', { username }), 201)
    assert.equal(refusal.code, 'SSPR_0014', username)
  }
  // Guesses at the name lock the name, and not the account that has it for its address.
  for (let n = 0; n < 11; n++)
    await server.browser().post('/signin', { username: REGISTERED, password: `Wrong marsh ${n}` })
  refused(
    await server.browser().post('/signin', { username: REGISTERED, password: PASSWORD }),
    401,
    'invalid_credentials',
  )
  await signIn('new@acme.example')
  await store.pool.query('delete from latchkey.counters')
  // Nor can anybody take a name under somebody else's domain, or one that holds another.
  for (const userPrincipalName of ['boss@globex.example', `${REGISTERED}@acme.example`, REGISTERED.toUpperCase()])
    await assert.rejects(
      inTenant(store, acme, trx => createUser(trx, means(), acme, { userPrincipalName, displayName: 'X' })),
      { name: 'DirectoryError' },
    )
})

test('lesson 51: no mail holds a password, and none but its own a code', async t => {
  const other = await testServer({ context: t, demo: false })
  const { code } = await reset('Kestrel over marsh 44', other)
  const browser = other.browser()
  granted(await browser.post('/signin', { username: REGISTERED, password: 'Kestrel over marsh 44' }))
  const change = { currentPassword: 'Kestrel over marsh 44', newPassword: 'Kestrel over marsh 45' }
  granted(await browser.post('/account/password', change), 204)
  await other.message(({ kind, subject }) => kind === 'notice' && /changed/i.test(subject ?? ''))
  await jobsDone(other.store.pool)
  const messages = await other.outbox()
  assert.equal(messages.filter(({ kind }) => kind === 'notice').length, 2)
  for (const { kind, text, subject = '' } of messages) {
    assert.doesNotMatch(`${subject} ${text}`, /kestrel|marsh/i)
    if (kind !== 'code') assert.ok(!`${subject} ${text}`.includes(code))
    else assert.doesNotMatch(`${subject} ${text}`, /acme\.example/, 'nor does a code say whose account it is')
  }
})

test('lesson 52: where another directory keeps the password, it is said that nothing was changed', async () => {
  const name = 'onpremises@acme.example'
  const browser = await signIn(name)
  const change = { currentPassword: PASSWORD, newPassword: 'Kestrel over marsh 46' }
  refused(await browser.post('/account/password', change), 422, 'password_refused_by_directory')
  const page = await browser.follow(
    await browser.submit('/account/password', { ...change, password2: change.newPassword }),
  )
  const { t } = server.services.words.in('en')
  assert.ok(page.text.includes(t('problems.password_refused_by_directory.title')), page.text)
  assert.equal(page.headers.get('location'), null)
  granted(await browser.get('/session'))
  await signIn(name)
  refused(
    await server.browser().post('/signin', { username: name, password: change.newPassword }),
    401,
    'invalid_credentials',
  )
  const events = await store.pool.query(
    "select from latchkey.audit_events where activity = 'password.changed' and target_name = $1",
    [name],
  )
  assert.equal(events.rowCount, 0)
  assert.equal(granted(await server.browser().post('/reset', { username: name }), 201).refusal.code, 'SSPR_0010')
})

test('lesson 55: markup in names, questions and browsers’ words is text on every page', async t => {
  const other = await testServer({ context: t })
  const evil = `"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}`
  await other.store.pool.query('update latchkey.users set display_name = $1, given_name = $1, surname = $1', [evil])
  await other.store.pool.query('update latchkey.tenants set display_name = $1', [evil])
  await other.store.pool.query('update latchkey.security_answers set question_text = $1', [evil])
  const browser = other.browser()
  const headers = { 'user-agent': `Mozilla/5.0 ${evil} Firefox/140.0` }
  const login = { username: REGISTERED, password: PASSWORD }
  granted(await browser.request('POST', '/signin', { json: login, headers }))
  const journey = granted(await browser.post('/reset', { username: REGISTERED }), 201)
  const questions = journey.methods.find(({ kind }: { kind: string }) => kind === 'securityQuestions').id
  granted(await browser.post(`/reset/${journey.id}/challenges`, { method: questions }), 201)
  const { activity } = granted(await browser.get('/account/activity'))
  const pages = [await browser.page(`/signin?username=${encodeURIComponent(`${evil}@acme.example`)}&next=${evil}`)]
  pages.push(
    await browser.follow(await browser.submit('/signin', { username: `${evil}@acme.example`, password: evil })),
  )
  pages.push(await browser.follow(await browser.submit('/reset', { username: `${evil}@acme.example` })))
  let shown = 0
  for (const { method, url, hasPage } of other.routes) {
    if (method !== 'GET' || !hasPage) continue
    const id = url.startsWith('/reset') ? journey.id : activity[0].id
    const path = url.replace(':id', id).replace(':kind', 'email')
    for (const lang of ['en', 'fr', 'ja']) pages.push(await browser.page(`${path}?lang=${lang}&whr=acme.example`))
  }
  for (const { status, text, headers } of pages) {
    if (status === 303) continue
    const about = `${status} ${/<title>[^<]*/.exec(text)?.[0]}`
    assert.doesNotMatch(text, /<img src=x|<script>/i, about)
    assert.doesNotMatch(text.replace(/"[^"]*"/g, '""'), /<[^>]+\s(on\w+|style)=/i, about)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'.*script-src 'self'(;|$)/, about)
    if (text.includes('&lt;img src=x onerror=alert(1)&gt;')) shown++
  }
  assert.ok(shown > 25, `only ${shown} of ${pages.length} pages show it`)
})

test('lesson 58: an act is told to its own person alone, and an edited policy that is off stays off', async t => {
  const other = await testServer({ context: t, demo: false })
  const before = (await other.outbox()).length
  const browser = other.browser()
  granted(await browser.post('/signin', { username: REGISTERED, password: PASSWORD }))
  const change = { currentPassword: PASSWORD, newPassword: 'Kestrel over marsh 47' }
  granted(await browser.post('/account/password', change), 204)
  await other.message(({ kind }) => kind === 'notice')
  // A message arrives before its row is marked.
  await jobsDone(other.store.pool)
  const { rowCount } = await other.store.pool.query('select from latchkey.notices where sent_at is null')
  assert.equal(rowCount, 0)
  const readers = (await other.outbox()).slice(0, -before || undefined).map(({ to }) => to)
  assert.deepEqual(readers, [OWN])

  const initech = await findTenantId(other.store, 'initech.example')
  const start = () => other.browser().post('/reset', { username: 'someone@initech.example' })
  assert.equal(granted(await start(), 201).refusal.code, 'SSPR_0009')
  await inTenant(other.store, initech, async trx => {
    const now = other.clock.now()
    await changeDefaultPolicy(trx, { ...other.services, now }, initech, { gates: 2, helpdesk: 'https://help.example' })
    const [policy] = await listPolicies(trx, initech)
    assert.deepEqual([policy?.settings.enabled, policy?.settings.gates], [false, 2])
  })
  assert.equal(granted(await start(), 201).refusal.code, 'SSPR_0009')
})
