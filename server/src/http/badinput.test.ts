import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { PASSWORD } from '../demo/index.ts'
import { findTenantId } from '../directory/index.ts'
import { get, granted, post, refused } from '../testing/contract.ts'
import { type TestBrowser, testServer } from '../testing/server.ts'
import { readState as stateOf } from '../testing/state.ts'

// A bad request gets a clear answer, and changes nothing.
const server = await testServer()
const database = new pg.Client({ connectionString: server.databaseUrl })
await database.connect()
after(() => database.end())
const NEW_PASSWORD = 'Quite another 1'

const readState = () => stateOf(database)

/** A journey that waits for a proof, a session with nothing to do first, and every address that they post to. */
async function openEverything() {
  const browser = server.browser()
  const journey = granted(await post(browser, '/reset', { username: 'registered@acme.example' }), 201)
  const method = journey.methods.find((one: { kind: string }) => one.kind === 'email').id
  const { challenge } = granted(await post(browser, `/reset/${journey.id}/challenges`, { method }), 201)
  granted(await post(browser, '/signin', { username: 'registered@acme.example', password: PASSWORD }))
  const { methods } = granted(await get(browser, '/security-info'))
  const own = methods.find((one: { kind: string }) => one.kind === 'email').id
  const tenantId = await findTenantId(server.store, 'acme.example')
  // A tenant's signing key is made at its first use.
  assert.equal((await browser.get(`/${tenantId}/v2.0/keys`)).status, 200)
  const places = server.routes
    .filter(route => route.method !== 'GET')
    .map(route => ({
      ...route,
      path: route.url
        .replace(/^\/reset\/:id/, `/reset/${journey.id}`)
        .replace(':id', own)
        .replace(':tenant', tenantId),
    }))
  return { browser, journey, method, challenge, places }
}

const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const large = JSON.stringify({ username: 'x'.repeat(1_000_000), newPassword: 'x' })

// Each is wrong for every address: the type, the body and the status that answers it.
const bodies: [string, string, number][] = [
  ['application/json', '{', 400],
  ['application/json', '', 400],
  ['application/json', '"text"', 400],
  ['application/json', '5', 400],
  ['application/json', 'true', 400],
  ['application/json', 'null', 400],
  ['application/json', '[]', 400],
  ['application/json', '[{}]', 400],
  ['application/json', deep(10_000), 400],
  ['application/json', '{"unknown":1}', 400],
  ['application/json', '{"__proto__":{"username":"x"}}', 400],
  ['application/json', '{"constructor":{"prototype":{"username":"x"}}}', 400],
  ['application/json', '{"username":["registered@acme.example"],"password":["x"]}', 400],
  ['application/json', '{"username":{"$ne":null},"password":{"$ne":null}}', 400],
  [
    'application/json',
    '{"username":1,"code":123456,"newPassword":true,"challenge":null,"method":{},"answers":"x"}',
    400,
  ],
  ['application/json', large, 413],
  ['application/x-www-form-urlencoded', 'unknown=1', 400],
  ['application/x-www-form-urlencoded', '__proto__=x&constructor=y', 400],
  ['application/x-www-form-urlencoded', 'username=a&username=b&code=1&code=2&newPassword=a&newPassword=b', 400],
  ['application/x-www-form-urlencoded', 'username%5B%5D=a&answers.x=1&answers.x=2&methods.x=1&methods.x=2', 400],
  ['application/x-www-form-urlencoded', `username=${'x'.repeat(1_000_000)}`, 413],
  ['application/x-www-form-urlencoded', '%', 400],
  ['text/plain', '{"username":"registered@acme.example"}', 415],
  ['application/xml', '<username>registered@acme.example</username>', 415],
  ['multipart/form-data; boundary=x', '--x\r\n\r\n--x--', 415],
  ['nonsense', 'x', 415],
]

const LONG = process.env.PROOF === 'long'

test('a body that does not fit is refused everywhere, and nothing is changed', async () => {
  const { browser, places } = await openEverything()
  const before = await readState()
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  let refusals = 0
  for (const [place, { method, path, url }] of places.entries())
    for (const accept of ['application/json', 'text/html'])
      for (const [number, [type, body, usual]] of bodies.entries()) {
        // The short run has every address and every body, but a seventh of their pairs.
        if (!LONG && (place + number) % 7 !== 0) continue
        const takesFile = /branding\/pictures(\/previews)?$/.test(url)
        const status = takesFile && type.startsWith('multipart') ? 400 : usual
        if (accept === 'application/json' && type.includes('form-urlencoded')) continue
        const headers = {
          accept,
          cookie,
          'content-type': type,
          'sec-fetch-site': 'same-origin',
          'accept-language': 'en',
        }
        const answer = await fetch(server.url + path, { method, headers, body, redirect: 'manual' })
        const text = await answer.text()
        const about = `${method} ${url} as ${accept} with ${type} ${body.slice(0, 60)}`
        // A readable form is answered on its page.
        if (accept === 'text/html' && answer.status === 303 && status === 400 && method === 'POST') {
          assert.match(answer.headers.get('set-cookie') ?? '', /^latchkey_notice=[\w-]+;/, about)
          refusals++
          continue
        }
        assert.equal(answer.status, status, `${about}: ${text.slice(0, 300)}`)
        if (accept === 'application/json') {
          const { code } = JSON.parse(text)
          assert.equal(code, { 400: 'invalid_request', 413: 'too_large', 415: 'unsupported_media_type' }[status], about)
        } else assert.match(text, /<h1>[^<]{5,}<\/h1>/, about)
        refusals++
      }
  console.log(`${refusals} bodies were refused at ${places.length} addresses`)
  assert.deepEqual(await readState(), before)
})

test('a field that does not fit is named, and nothing is changed', async () => {
  const { browser, journey, challenge } = await openEverything()
  const before = await readState()
  const signIn = { username: 'registered@acme.example', password: PASSWORD }
  const reset = `/reset/${journey.id}`
  const cases: [string, unknown, { field: string; code: string }[]][] = [
    ['/signin', { ...signIn, remember: true }, [{ field: 'remember', code: 'unknown' }]],
    ['/signin', { username: signIn.username }, [{ field: 'password', code: 'required' }]],
    ['/signin', { ...signIn, password: '' }, [{ field: 'password', code: 'required' }]],
    ['/signin', { ...signIn, password: 12345678 }, [{ field: 'password', code: 'invalid' }]],
    ['/signin', { ...signIn, username: ['a', 'b'] }, [{ field: 'username', code: 'invalid' }]],
    ['/signin', { ...signIn, username: 'x'.repeat(257) }, [{ field: 'username', code: 'too_long' }]],
    ['/signin', { ...signIn, username: `${signIn.username}\u0000` }, [{ field: 'username', code: 'invalid' }]],
    ['/signin', { ...signIn, password: `${PASSWORD}\r\n` }, [{ field: 'password', code: 'invalid' }]],
    ['/reset', { username: 'a\u0085b@acme.example' }, [{ field: 'username', code: 'invalid' }]],
    ['/reset', { username: 'a@acme.example\nBcc: b@acme.example' }, [{ field: 'username', code: 'invalid' }]],
    [`${reset}/problem`, { problem: 'guess' }, [{ field: 'problem', code: 'invalid' }]],
    [`${reset}/challenges`, { method: '../../x' }, [{ field: 'method', code: 'invalid' }]],
    [`${reset}/challenges`, { method: 'x', channel: 'fax' }, [{ field: 'channel', code: 'invalid' }]],
    [`${reset}/password`, { newPassword: `${NEW_PASSWORD}\u0007` }, [{ field: 'newPassword', code: 'invalid' }]],
    [
      '/account/password',
      { currentPassword: PASSWORD, newPassword: 'a\tb C3' },
      [{ field: 'newPassword', code: 'invalid' }],
    ],
    ['/security-info/confirmations', { methods: ['a', 'a'] }, [{ field: 'methods', code: 'invalid' }]],
  ]
  for (const [path, body, errors] of cases)
    assert.deepEqual(
      refused(await post(browser, path, body), 400, 'invalid_request').errors,
      errors,
      JSON.stringify(body),
    )
  for (const proof of [
    { challenge: challenge.id },
    { challenge: challenge.id, code: ['1'] },
    { challenge: challenge.id, code: 123456 },
    { challenge: challenge.id, code: '1'.repeat(41) },
    { challenge: challenge.id, code: '123456', answers: [] },
    { challenge: challenge.id, answers: [] },
    { challenge: challenge.id, answers: [{ question: 'x', answer: { $gt: '' } }] },
  ])
    refused(await post(browser, `${reset}/proofs`, proof), 400, 'invalid_request')
  assert.deepEqual(await readState(), before)
})

test('names that look like another’s lead to nobody', async () => {
  const looks = [
    'regist\u0435red@acme.example',
    'registered@\u0430cme.example',
    'registered@acme.example.',
    'helpdes\u212a@acme.example',
    'regi\u017ftered@acme.example',
    'registered@@acme.example',
    'registered',
    '@',
    '%',
    "' or '1'='1",
    '../etc',
    '__proto__',
    'constructor@acme.example',
  ]
  for (const username of looks) {
    const journey = granted(await post(server.browser(), '/reset', { username }), 201)
    assert.equal(journey.refusal?.code, 'SSPR_0014', username)
    refused(await post(server.browser(), '/signin', { username, password: PASSWORD }), 401, 'invalid_credentials')
  }
  for (const username of [
    ' Registered@ACME.example ',
    'registered\uff20acme.example',
    'registered@acme.example\u200b',
    '\u2068registered@acme\u3002example\u2069',
  ]) {
    assert.equal(granted(await post(server.browser(), '/reset', { username }), 201).state, 'verify', username)
    granted(await post(server.browser(), '/signin', { username, password: PASSWORD }))
  }
})

test('other ways to ask get a clear answer, and change nothing', async () => {
  const { browser, journey, places } = await openEverything()
  const before = await readState()
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const pages = server.routes
    .filter(route => route.method === 'GET')
    .map(({ url }) => url.replace(':id', journey.id).replace(':kind', 'email'))
  for (const path of new Set([...places.map(place => place.path), ...pages]))
    for (const method of ['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'GET']) {
      const answer = await fetch(server.url + path, {
        method,
        headers: { cookie, accept: 'application/json', 'sec-fetch-site': 'same-origin' },
        redirect: 'manual',
      })
      const text = await answer.text()
      // 403: a page where security info is changed asks for a fresh proof.
      const allowed = ['HEAD', 'GET'].includes(method) ? [200, 303, 403, 404, 405] : [404, 405]
      assert.ok(allowed.includes(answer.status), `${method} ${path}: ${answer.status} ${text.slice(0, 200)}`)
      assert.equal(answer.headers.get('access-control-allow-origin'), null)
    }
  for (const path of [
    '/reset/x',
    `/reset/${journey.id.toUpperCase()}`,
    '/reset/%00',
    '/%ff',
    '/security-info/set-up/nothing',
    '/security-info/methods/%2e%2e/removal',
    '//signin',
    `/${'x'.repeat(5000)}`,
  ]) {
    const answer = await browser.page(path)
    assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`)
  }
  const meant: Record<string, string> = {
    [`/reset/${journey.id}/`]: `/reset/${journey.id}`,
    '/signin/': '/signin',
    '/Signin?next=/account': '/signin?next=/account',
    '/RESET/?username=a%40acme.example': '/reset?username=a%40acme.example',
    '/Account/activity': '/account/activity',
  }
  for (const [path, to] of Object.entries(meant)) {
    const answer = await browser.page(path)
    assert.deepEqual([answer.status, answer.headers.get('location')], [308, to], path)
  }
  for (const path of ['/Evil.example/', '//evil.example/', '/signin//', '/\\evil.example/', '/signin/%2f/'])
    assert.notEqual((await browser.page(path)).status, 308, path)
  assert.deepEqual(await readState(), before)
})

test('a form that was left open in another tab, or sent again, says so and changes nothing', async () => {
  const browser = server.browser()
  const first = await browser.submit('/reset', { username: 'stale@acme.example' })
  const path = first.headers.get('location') ?? ''
  const idsOf = (text: string, name: string) =>
    [...text.matchAll(new RegExp(`name="${name}" value="([^"]+)"`, 'g'))].map(([, id]) => id ?? '')
  const mail = idsOf((await browser.page(path)).text, 'method').at(-1) ?? ''
  const send = (tab: TestBrowser) => tab.submit(`${path}/challenges`, { method: mail })

  // Two clicks at once: one challenge, one mail.
  const clicks = await Promise.all([send(browser), send(browser)])
  assert.deepEqual(
    clicks.map(({ status }) => status),
    [303, 303],
  )
  const old = await server.code('stale@mail.example')
  await readState()
  assert.equal((await server.outbox()).filter(({ to }) => to === 'stale@mail.example').length, 1)
  const [oldChallenge = ''] = idsOf((await browser.page(path)).text, 'challenge')

  // A second tab asks for a code of its own: the first tab's is void.
  server.clock.advance(10_000)
  const [before] = await server.outbox()
  await send(browser)
  const code = await server.code('stale@mail.example', before)
  const stale = await browser.submit(`${path}/proofs`, { challenge: oldChallenge, code: old })
  assert.match((await browser.follow(stale)).text, /no longer valid/)
  const [challenge = ''] = idsOf((await browser.page(path)).text, 'challenge')
  assert.equal((await browser.submit(`${path}/proofs`, { challenge, code })).status, 303)

  // The back button: the same proof again goes on, and so does asking for an address of a form.
  assert.equal((await browser.submit(`${path}/proofs`, { challenge, code })).status, 303)
  assert.equal((await browser.page(`${path}/proofs`)).headers.get('location'), path)

  // Two clicks on "Finish": one new password, one notice.
  const choose = () => browser.submit(`${path}/password`, { newPassword: NEW_PASSWORD, password2: NEW_PASSWORD })
  const finishes = await Promise.all([choose(), choose()])
  assert.deepEqual(
    finishes.map(({ status, headers }) => [status, headers.get('location')]),
    [
      [303, path],
      [303, path],
    ],
  )
  const done = await readState()
  const again = await browser.submit(`${path}/password`, { newPassword: 'Yet another 2', password2: 'Yet another 2' })
  assert.match((await browser.follow(again)).text, /Your password has been reset/)
  for (const [step, form] of Object.entries({
    proofs: { challenge, code },
    challenges: { method: mail },
    problem: { problem: 'forgot' },
    unlock: {},
  }))
    assert.equal(
      (await browser.submit(`${path}/${step}`, form as Record<string, string>)).headers.get('location'),
      path,
      step,
    )
  assert.deepEqual(await readState(), done)
  const notices = (await server.outbox()).filter(({ kind, to }) => kind === 'notice' && to === 'stale@mail.example')
  assert.equal(notices.length, 1)
})

test('two clicks on the forms of security info send one code', async () => {
  const { browser } = await openEverything()
  const [before] = await server.outbox()
  const { methods } = granted(await get(browser, '/security-info'))
  const method = methods.find((one: { kind: string }) => one.kind === 'email').id
  const prove = () => browser.submit('/session/challenges', { method })
  await Promise.all([prove(), prove()])
  await readState()
  const sent = (await server.outbox()).filter(({ id }) => before === undefined || id > before.id)
  assert.equal(sent.length, 1)
  const fresh = server.browser()
  granted(await post(fresh, '/signin', { username: 'new@acme.example', password: PASSWORD }))
  const begin = () => fresh.submit('/security-info/challenges', { kind: 'email', address: 'twice@mail.example' })
  await Promise.all([begin(), begin()])
  await readState()
  assert.equal((await server.outbox()).filter(({ to }) => to === 'twice@mail.example').length, 1)
})

test('codes and journeys end in time', async () => {
  const { browser, journey, challenge, method } = await openEverything()
  const path = `/reset/${journey.id}`
  const code = await server.code('registered@mail.example')
  await readState()
  server.clock.advance(5 * 60_000)
  refused(await post(browser, `${path}/proofs`, { challenge: challenge.id, code }), 410, 'challenge_expired')
  server.clock.advance(10 * 60_000)
  assert.equal(granted(await get(browser, path)).state, 'expired')
  const before = await readState()
  const steps = {
    problem: { problem: 'forgot' },
    challenges: { method },
    proofs: { challenge: challenge.id, code },
    password: { newPassword: NEW_PASSWORD },
    unlock: {},
  }
  for (const [step, body] of Object.entries(steps)) {
    refused(await post(browser, `${path}/${step}`, body), 410, 'journey_expired')
    const form = await browser.submit(`${path}/${step}`, {
      ...body,
      ...('newPassword' in body && { password2: NEW_PASSWORD }),
    } as Record<string, string>)
    assert.match((await browser.follow(form)).text, /This took too long/)
  }
  assert.deepEqual(await readState(), before)
})
