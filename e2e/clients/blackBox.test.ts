// This file is long because each case of the contract begins with a whole sign-in (single sign-on, §8).

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as jose from 'jose'
import { granted } from '../../server/src/testing/contract.ts'
import { payloadOf } from '../../server/src/testing/provider.ts'
import { type TestBrowser, type TestResponse, testBrowser } from '../../server/src/testing/server.ts'
import { takeStep } from '../../server/src/testing/steps.ts'
import { distance, shuffled } from '../../server/src/testing/times.ts'
import {
  addressOf,
  answerSignIn,
  appId,
  idIn,
  messagesAt,
  PASSWORD,
  SIGNER,
  secretOf,
  signIn,
  startDemonstration,
} from './demonstration.ts'

// It speaks to a demonstration by HTTP alone, as strangers test it. The operator's command stands for administration.

const { origin, issuer, command } = await startDemonstration()
const i = issuer.href
const tenantId = issuer.pathname.split('/')[1]!

interface Client {
  id: string
  secret?: string
  address: string
}

const expenses: Client = { id: appId(1), secret: secretOf('expenses'), address: 'http://localhost:3999/callback' }
const notes: Client = { id: appId(2), address: 'http://localhost:3998/' }
const nightJob: Client = { id: appId(3), secret: secretOf('night-job'), address: '' }
const screen: Client = { id: appId(4), address: 'http://127.0.0.1:51234/callback' }
const payroll: Client = { id: appId(5), secret: secretOf('payroll'), address: 'http://localhost:3999/payroll' }
const directory: Client = { id: appId(6), secret: secretOf('directory'), address: 'http://localhost:3999/directory' }
const orders: Client = { id: appId(8), secret: secretOf('globex'), address: 'http://localhost:3999/callback' }

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

/** An authorization request, with PKCE, state and nonce. A parameter that is undefined is left out. */
function asked({ id, address }: Client, more: Record<string, string | undefined> = {}, at = i): string {
  const parameters = {
    client_id: id,
    redirect_uri: address,
    response_type: 'code',
    scope: 'openid profile offline_access User.Read',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'the state',
    nonce: 'the nonce',
    ...more,
  }
  const sent = Object.entries(parameters).filter((one): one is [string, string] => one[1] !== undefined)
  return `${at}/authorize?${new URLSearchParams(sent)}`
}

/** Where an authorization request leads at once. */
async function ask(browser: TestBrowser, to: string) {
  const { pathname, search } = new URL(to)
  const answer = await browser.page(pathname + search)
  return { ...answer, location: answer.headers.get('location') }
}

async function post(path: string, form: Record<string, string>, at = i) {
  const response = await fetch(`${at}${path}`, { method: 'POST', body: new URLSearchParams(form) })
  const text = await response.text()
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
}

const asClient = ({ id, secret }: Client) => ({ client_id: id, ...(secret && { client_secret: secret }) })

const redeem = (client: Client, answer: URL, more: Record<string, string> = {}) =>
  post('/token', {
    grant_type: 'authorization_code',
    code: answer.searchParams.get('code') ?? '',
    redirect_uri: client.address,
    code_verifier: verifier,
    ...asClient(client),
    ...more,
  })

const refresh = (client: Client, token: string, more: Record<string, string> = {}) =>
  post('/token', { grant_type: 'refresh_token', refresh_token: token, ...asClient(client), ...more })

const codes = ({ status, json }: { status: number; json: { error: string; error_codes: number[] } }) => [
  status,
  json.error,
  json.error_codes?.[0],
]

/** The usual request (R): the application's answer, and the tokens that it gets for it. */
async function usual(browser = testBrowser(origin), client = expenses, username = SIGNER) {
  const answer = await signIn(browser, origin, asked(client), { username })
  const { status, json: tokens } = await redeem(client, answer)
  assert.equal(status, 200, JSON.stringify(tokens))
  return { browser, answer, tokens, claims: payloadOf(tokens.id_token) }
}

const parametersOf = (address: string | null) => new URL(address ?? 'none:').searchParams

test('1. discovery by id and by domain is the same document', async () => {
  const byDomain = await (await fetch(`${origin}/ACME.example/v2.0/.well-known/openid-configuration`)).json()
  const byId = await (await fetch(`${i}/.well-known/openid-configuration`)).json()
  assert.deepEqual(byDomain, byId)
  assert.equal(byId.issuer, i)
  const endpoints = ['authorization', 'token', 'userinfo', 'introspection', 'revocation', 'end_session']
  const paths = ['authorize', 'token', 'userinfo', 'introspect', 'revoke', 'logout']
  assert.deepEqual(
    endpoints.map(name => byId[`${name}_endpoint`]),
    paths.map(path => `${i}/${path}`),
  )
  assert.deepEqual(byId.response_modes_supported.toSorted(), ['form_post', 'fragment', 'query'])
  assert.deepEqual(byId.code_challenge_methods_supported, ['S256'])
  assert.equal(byId.backchannel_logout_session_supported, true)
})

test('2. an unknown tenant and "common" are told 90002', async () => {
  for (const name of ['common', 'consumers', crypto.randomUUID()]) {
    const answer = await fetch(`${origin}/${name}/v2.0/.well-known/openid-configuration`)
    assert.deepEqual(codes({ status: answer.status, json: await answer.json() }), [400, 'invalid_tenant', 90002])
  }
})

test('3. the address of all organizations leads to the tenant of the application', async () => {
  const everybody = `${origin}/organizations/v2.0`
  const answer = await signIn(testBrowser(origin), origin, asked(expenses, {}, everybody))
  const form = { grant_type: 'authorization_code', code: answer.searchParams.get('code')!, code_verifier: verifier }
  const { json } = await post('/token', { ...form, redirect_uri: expenses.address, ...asClient(expenses) }, everybody)
  assert.deepEqual([payloadOf(json.id_token).tid, payloadOf(json.id_token).iss], [tenantId, i])
})

test('4. and 5. the answer has code, state and iss, and its tokens say who the person is', async () => {
  const { answer, tokens, claims } = await usual()
  assert.equal(answer.origin + answer.pathname, expenses.address)
  assert.deepEqual([answer.searchParams.get('state'), answer.searchParams.get('iss')], ['the state', i])
  assert.deepEqual(
    [claims.sub === claims.oid, claims.tid, claims.nonce, claims.acr, claims.amr],
    [true, tenantId, 'the nonce', 'pwd', ['pwd']],
  )
  assert.equal(jose.decodeProtectedHeader(tokens.access_token).typ, 'at+jwt')
  const access = payloadOf(tokens.access_token)
  assert.deepEqual([access.exp - access.iat, access.scp, access.aud], [600, 'User.Read', `${origin}/v1.0`])
  const keys = jose.createRemoteJWKSet(new URL(`${i}/keys`))
  await jose.jwtVerify(tokens.id_token, keys, { issuer: i, audience: expenses.id, algorithms: ['RS256'] })
})

test('6. a code is used once, and its second use ends what came of it', async () => {
  const { answer, tokens } = await usual()
  assert.deepEqual(codes(await redeem(expenses, answer)), [400, 'invalid_grant', 54005])
  assert.deepEqual(codes(await refresh(expenses, tokens.refresh_token)), [400, 'invalid_grant', 70000])
})

test('7. an address that is not registered is answered with a page', async () => {
  const { address } = expenses
  const others = [
    `${address}/`,
    `${address}?x=1`,
    address.replace('callback', 'CALLBACK'),
    address.replace('3999', '4000'),
  ]
  for (const redirect_uri of [...others, undefined]) {
    const { status, location, text } = await ask(testBrowser(origin), asked(expenses, { redirect_uri }))
    assert.deepEqual([status, location], [400, null], redirect_uri)
    assert.match(text, redirect_uri === undefined ? /AADSTS\d+/ : /AADSTS50011/)
  }
})

test('8. a native application is answered on any port of this machine, at its path', async () => {
  const there = async (redirect_uri: string) => (await ask(testBrowser(origin), asked(screen, { redirect_uri }))).status
  assert.deepEqual(
    [
      await there('http://127.0.0.1:51234/callback'),
      await there('http://127.0.0.1:51234/other'),
      await there('https://127.0.0.1:51234/callback'),
    ],
    [303, 400, 400],
  )
})

test('9. without a code challenge by S256, or a nonce in its place, a request is refused', async () => {
  const none = { code_challenge: undefined, code_challenge_method: undefined }
  for (const to of [
    asked(notes, none),
    asked(notes, { code_challenge_method: 'plain' }),
    asked(expenses, { ...none, nonce: undefined }),
  ]) {
    const parameters = parametersOf((await ask(testBrowser(origin), to)).location)
    assert.deepEqual(
      [parameters.get('error'), parameters.get('state'), parameters.get('iss')],
      ['invalid_request', 'the state', i],
    )
  }
})

test('10. a code needs the verifier of its challenge, and no other', async () => {
  const browser = testBrowser(origin)
  const again = async (more: Record<string, string | undefined> = {}) => signIn(browser, origin, asked(expenses, more))
  const wrong = { code_verifier: randomBytes(32).toString('base64url') }
  assert.deepEqual(codes(await redeem(expenses, await again(), wrong)).slice(0, 2), [400, 'invalid_grant'])
  assert.deepEqual(codes(await redeem(expenses, await again(), { code_verifier: '' })).slice(0, 2), [
    400,
    'invalid_grant',
  ])
  const without = await again({ code_challenge: undefined, code_challenge_method: undefined })
  assert.deepEqual(codes(await redeem(expenses, without)).slice(0, 2), [400, 'invalid_grant'])
})

test('11. a refresh token rotates, and the former one ends the family', async () => {
  const { tokens } = await usual()
  const renewed = await refresh(expenses, tokens.refresh_token)
  assert.equal(renewed.status, 200)
  assert.deepEqual(codes(await refresh(expenses, tokens.refresh_token)), [400, 'invalid_grant', 70000])
  assert.deepEqual(codes(await refresh(expenses, renewed.json.refresh_token)).slice(0, 2), [400, 'invalid_grant'])
})

test('12. of twenty uses of one refresh token at once at most one is served, and then none lives', async () => {
  const { tokens } = await usual()
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(expenses, tokens.refresh_token)))
  const served = answers.filter(({ status }) => status === 200)
  assert.ok(served.length <= 1)
  for (const { json } of [{ json: tokens }, ...served])
    assert.deepEqual(codes(await refresh(expenses, json.refresh_token)).slice(0, 2), [400, 'invalid_grant'])
})

test('13. a refresh token serves its own application, and no more than it was granted', async () => {
  const { tokens } = await usual()
  assert.deepEqual(codes(await refresh(payroll, tokens.refresh_token)).slice(0, 2), [400, 'invalid_grant'])
  const more = await refresh(expenses, tokens.refresh_token, { scope: 'openid User.Read User.ReadWrite.All' })
  assert.deepEqual(codes(more).slice(0, 2), [400, 'invalid_scope'])
})

test('15. and 16. a program gets a token for itself by its own secret', async () => {
  const form = { grant_type: 'client_credentials', scope: '.default' }
  const { status, json } = await post('/token', { ...form, ...asClient(nightJob) })
  const { idtyp, roles } = payloadOf(json.access_token)
  assert.deepEqual([status, idtyp, roles, json.refresh_token], [200, 'app', ['User.Read.All'], undefined])
  const wrong = await post('/token', { ...form, ...asClient({ ...nightJob, secret: 'wrong' }) })
  assert.deepEqual(codes(wrong), [401, 'invalid_client', 7000215])
  const asNotes = { grant_type: 'refresh_token', refresh_token: 'none', client_id: notes.id, client_secret: 'one' }
  assert.deepEqual(codes(await post('/token', asNotes)).slice(1), ['invalid_client', 700025])
})

test('17. an assertion is for this provider, and is used once', async () => {
  const { publicKey, privateKey } = await jose.generateKeyPair('RS256', { extractable: true })
  const keys = JSON.stringify([{ ...(await jose.exportJWK(publicKey)), alg: 'RS256', use: 'sig' }])
  const named = ['--name', 'By key', '--web', expenses.address, '--set', `publicKeys=${keys}`]
  const id = idIn(await command('applications', 'create', 'acme.example', ...named))
  const assertion = (audience: string) =>
    new jose.SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('5 minutes')
      .sign(privateKey)
  const use = (client_assertion: string) =>
    post('/token', {
      grant_type: 'client_credentials',
      scope: '.default',
      client_id: id,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion,
    })
  const one = await assertion(i)
  assert.equal((await use(one)).status, 200)
  assert.deepEqual(codes(await use(one)), [401, 'invalid_client', 700027])
  assert.deepEqual(codes(await use(await assertion('https://elsewhere.example'))), [401, 'invalid_client', 700027])
})

test('18. and 19. silently only who is signed in here is told, and is asked nothing', async () => {
  const silent = asked(expenses, { prompt: 'none' })
  const nobody = parametersOf((await ask(testBrowser(origin), silent)).location)
  assert.equal(nobody.get('error'), 'login_required')
  assert.match(nobody.get('error_description')!, /AADSTS50058/)
  const { browser } = await usual()
  for (const to of [silent, asked(expenses)]) {
    const { location } = await ask(browser, to)
    assert.ok(location?.startsWith(`${expenses.address}?code=`), location ?? '')
  }
  const { tokens: others } = await usual(testBrowser(origin), expenses, 'registered@acme.example')
  const hint = await ask(browser, asked(expenses, { prompt: 'none', id_token_hint: others.id_token }))
  assert.equal(parametersOf(hint.location).get('error'), 'login_required')
})

test('20. a password is asked for again by prompt=login and by max_age, and the time is new', async () => {
  const { browser, claims } = await usual()
  await sleep(1_100)
  for (const more of [{ prompt: 'login' }, { max_age: '0' }] as Record<string, string>[]) {
    assert.match((await ask(browser, asked(expenses, more))).location!, /^\/signin\//)
    const { json } = await redeem(expenses, await signIn(browser, origin, asked(expenses, more)))
    assert.ok(payloadOf(json.id_token).auth_time > claims.auth_time)
  }
})

const messages = messagesAt(origin)

/** Begins a sign-in, and answers name and password. Returns its page and the state that follows. */
async function begin(browser: TestBrowser, to: string, username = SIGNER, password = PASSWORD) {
  const at = (await ask(browser, to)).location!
  await browser.post(`${at}/name`, { username })
  const { status, text, json } = await browser.post(`${at}/password`, { password })
  assert.equal(status, 200, text)
  return { at, state: json.state as string }
}

test('21. an application asks for a second step, and its tokens tell of it', async () => {
  const browser = testBrowser(origin)
  const { at, state } = await begin(browser, asked(expenses, { acr_values: 'mfa' }))
  assert.equal(state, 'second-step')
  const answer = await signIn(browser, origin, at, { outbox: messages })
  const { json: tokens } = await redeem(expenses, answer)
  const { acr, amr } = payloadOf(tokens.id_token)
  assert.deepEqual([acr, amr.includes('mfa'), amr.includes('pwd')], ['mfa', true, true])
})

test('22. an administrator’s session opens nothing before the second step', async () => {
  const browser = testBrowser(origin)
  const { json } = await browser.post('/signin', { username: 'admin@acme.example', password: PASSWORD })
  assert.equal(json.state, 'second-step')
  assert.equal((await browser.get('/v1.0/me')).status, 401, 'a cookie is no token')
  for (const path of ['/account', '/security-info']) {
    const { status, json } = await browser.get(path)
    assert.equal(status, 403, path)
    assert.equal(json.code ?? json.error?.code, 'session_restricted', path)
  }
})

test('23. a remembered browser takes no step where everyone must, and still proves nothing', async () => {
  await command('tenant', 'signin', 'acme.example', '--set', 'secondStep=everyone')
  try {
    const browser = testBrowser(origin)
    const { at, state } = await begin(browser, asked(expenses))
    assert.equal(state, 'second-step')
    granted(await takeStep(messages, browser, { rememberBrowser: true }))
    await signIn(browser, origin, `${origin}${at}`)
    await browser.post('/signout')
    const { json } = await redeem(expenses, await signIn(browser, origin, asked(expenses)))
    assert.equal(payloadOf(json.id_token).acr, 'pwd')
    await browser.post('/signout')
    assert.equal((await begin(browser, asked(expenses, { acr_values: 'mfa' }))).state, 'second-step')
  } finally {
    await command('tenant', 'signin', 'acme.example', '--set', 'secondStep=administrators')
  }
})

/** Does what a session must do first, each time on the page that the sign-in leads to. Returns the states on the way. */
async function passInterrupts(browser: TestBrowser, at: string, person: { name: string; password: string }) {
  const address = `${person.name.split('@')[0]}@mail.example`
  const pages: Record<string, [page: string, act: () => Promise<TestResponse>]> = {
    'second-step': [`/session/step?next=${at}`, () => takeStep(messages, browser)],
    'change-password': [
      '/account/password',
      () =>
        browser.post('/account/password', {
          currentPassword: person.password,
          newPassword: 'Quiet harbour lights 24',
        }),
    ],
    register: [
      '/security-info',
      async () => {
        const { id } = granted(await browser.post('/security-info/challenges', { kind: 'email', address }), 201)
        return browser.post('/security-info/methods', { challenge: id, code: await messages.code(address) })
      },
    ],
    confirm: [
      '/security-info',
      async () => {
        const { methods } = granted(await browser.get('/security-info'))
        const ids = methods.flatMap(({ id, editable }: { id?: string; editable: boolean }) =>
          id && editable ? id : [],
        )
        return browser.post('/security-info/confirmations', { methods: ids })
      },
    ],
  }
  const states: string[] = []
  for (let step = 0; step < 6; step++) {
    const { state, application } = granted(await browser.get(at))
    assert.equal(application.id, expenses.id)
    states.push(state)
    if (!pages[state]) break
    const [page, act] = pages[state]
    assert.equal((await browser.page(at)).headers.get('location'), page)
    const { status, text } = await act()
    assert.ok(status < 300, `${state}: ${text}`)
  }
  return states
}

test('24. all that a session must do first happens inside the sign-in, then the application is answered', async () => {
  await command('tenant', 'signin', 'acme.example', '--set', 'secondStep=everyone')
  try {
    const given = await command('users', 'new-password', 'stale@acme.example')
    const people = [
      ['stale@acme.example', /^ {2}(\S+)$/m.exec(given)![1]!, ['second-step', 'change-password', 'confirm']],
      ['temporary@acme.example', PASSWORD, ['change-password', 'register']],
      ['new@acme.example', PASSWORD, ['register']],
    ] as const
    for (const [name, password, due] of people) {
      const browser = testBrowser(origin)
      const { at } = await begin(browser, asked(expenses), name, password)
      assert.deepEqual(await passInterrupts(browser, at, { name, password }), [...due, 'stay-signed-in'], name)
      const answer = await signIn(browser, origin, at)
      assert.equal(answer.searchParams.get('state'), 'the state')
      const { status, json } = await redeem(expenses, answer)
      assert.equal(status, 200, JSON.stringify(json))
      assert.equal(payloadOf(json.id_token).preferred_username, name)
      const again = (await ask(browser, asked(expenses))).location
      assert.ok(again?.startsWith(`${expenses.address}?code=`), 'and nothing is due any more')
    }
  } finally {
    await command('tenant', 'signin', 'acme.example', '--set', 'secondStep=administrators')
  }
})

/** How often each name is timed. */
const SAMPLES = process.env.PROOF === 'long' ? 400 : 134

test('25. a sign-in begins alike for every name, and in the same time', async t => {
  const begun = async (username: string) => {
    const { status, json } = await testBrowser(origin).post('/signin/start', { username })
    const { id: _, expiresAt: __, supportCode: ___, reset: ____, username: typed, options, ...rest } = json
    // What a passkey would sign is random each time.
    return { status, typed: typed === username, options: { ...options, challenge: options.challenge.length }, rest }
  }
  const others = ['nobody@acme.example', 'locked@acme.example']
  const known = await begun(SIGNER)
  for (const name of others) assert.deepEqual(await begun(name), known)

  /** The names whose times are not those of somebody who may sign in. */
  const findFar = async () => {
    const times = new Map([SIGNER, ...others].map(name => [name, [] as number[]]))
    for (const [name, own] of shuffled(Array.from({ length: SAMPLES }, () => [...times]).flat())) {
      const start = performance.now()
      await testBrowser(origin).post('/signin/start', { username: name })
      own.push(performance.now() - start)
    }
    const far = others.map(name => distance(times.get(SIGNER)!, times.get(name)!))
    t.diagnostic(`${far.map(one => one.toFixed(2)).join(' and ')} of what is allowed`)
    return others.filter((_, n) => far[n]! > 1)
  }
  const suspects = await findFar()
  // Two samples of one distribution are as far from each other once in a thousand times.
  const told = suspects.length > 0 ? await findFar() : []
  assert.deepEqual(
    suspects.filter(name => told.includes(name)),
    [],
  )
})

test('26. a wrong password and a wrong name are answered alike', async () => {
  const refusal = async (username: string) => {
    const browser = testBrowser(origin)
    const at = (await ask(browser, asked(expenses))).location!
    const named = await browser.post(`${at}/name`, { username })
    const { status, json } = await browser.post(`${at}/password`, { password: 'not the password' })
    const { instance: _, supportCode: __, ...rest } = json
    return { named: [named.status, named.json.state, named.json.signInWith], status, rest }
  }
  const wrong = await refusal(SIGNER)
  assert.equal(wrong.status, 401)
  assert.deepEqual(await refusal('nobody@acme.example'), wrong)
})

test('27. a person of another tenant is told so after the right password alone', async () => {
  const globex = (await (await fetch(`${origin}/globex.example/v2.0/.well-known/openid-configuration`)).json()).issuer
  const browser = testBrowser(origin)
  const at = (await ask(browser, asked(orders, {}, globex))).location!
  await browser.post(`${at}/name`, { username: SIGNER })
  const refused = async (password: string) => {
    const { status, json } = await browser.post(`${at}/password`, { password })
    return [status, json.code]
  }
  assert.deepEqual(await refused('not the password'), [401, 'invalid_credentials'])
  assert.deepEqual(await refused(PASSWORD), [403, 'wrong_tenant'])
})

test('28. only people who are assigned reach an application that asks for it, with their roles', async () => {
  const refused = await signIn(testBrowser(origin), origin, asked(payroll))
  assert.match(refused.searchParams.get('error_description') ?? '', /AADSTS50105/)
  const { claims } = await usual(testBrowser(origin), payroll, 'registered@acme.example')
  assert.deepEqual(claims.roles, ['Payroll.Reader'])
})

test('29. an administrator agrees for everybody, and then nobody is asked', async () => {
  const scope = { scope: 'openid Directory.Read.All' }
  const person = testBrowser(origin)
  const refused = await begin(person, asked(directory, scope))
  assert.equal(refused.state, 'stay-signed-in')
  const { json } = await person.post(`${refused.at}/stay`, { stay: false })
  assert.deepEqual([json.state, json.refusal.code], ['refused', 'needs_administrator'])
  const administrator = testBrowser(origin)
  const { at } = await begin(administrator, asked(directory, scope), 'admin@acme.example')
  await answerSignIn(administrator, at, { outbox: messages }, 'consent')
  const agreed = await administrator.post(`${at}/consent`, { accept: true, forOrganization: true })
  assert.equal(agreed.status, 200, agreed.text)
  const { browser } = await usual()
  const { location } = await ask(browser, asked(directory, scope))
  assert.ok(location?.startsWith(`${directory.address}?code=`), location ?? '')
})

test('30. a consent that is declined is told, and one that is taken back ends what came of it', async () => {
  const declined = await signIn(testBrowser(origin), origin, asked(notes), { accept: false })
  assert.equal(declined.searchParams.get('error'), 'access_denied')
  const { browser, tokens } = await usual(testBrowser(origin), notes)
  const listed = (await browser.get('/my-applications')).json.applications
  assert.ok(listed.some(({ id }: { id: string }) => id === notes.id))
  assert.equal((await browser.request('DELETE', `/my-applications/${notes.id}`)).status, 204)
  assert.deepEqual(codes(await refresh(notes, tokens.refresh_token)), [400, 'invalid_grant', 50173])
})

test('32. sign-ins of two tabs keep their own state, and no other browser has them', async () => {
  const browser = testBrowser(origin)
  const first = (await ask(browser, asked(expenses, { state: 'first' }))).location!
  const second = (await ask(browser, asked(expenses, { state: 'second' }))).location!
  const stranger = testBrowser(origin)
  await ask(stranger, asked(expenses))
  assert.equal((await stranger.get(first)).status, 404)
  const answers = []
  for (const at of [second, first]) answers.push(await signIn(browser, origin, `${origin}${at}`))
  assert.deepEqual(
    answers.map(({ searchParams }) => searchParams.get('state')),
    ['second', 'first'],
  )
})

test('33. accounts of two tenants live side by side in one browser', async () => {
  const globex = (await (await fetch(`${origin}/globex.example/v2.0/.well-known/openid-configuration`)).json()).issuer
  const { browser } = await usual()
  await signIn(browser, origin, asked(orders, {}, globex), { username: 'outside@globex.example' })
  const silent = async (client: Client, at: string) =>
    parametersOf((await ask(browser, asked(client, { prompt: 'none' }, at))).location).get('error')
  assert.deepEqual([await silent(expenses, i), await silent(orders, globex)], [null, null])
  await browser.post('/signout')
  assert.deepEqual([await silent(expenses, i), await silent(orders, globex)], [null, 'login_required'])
})

test('35. a device gets tokens once a person has confirmed it', async () => {
  const { json: begun } = await post('/devicecode', { client_id: screen.id, scope: 'openid profile offline_access' })
  assert.deepEqual([begun.interval, begun.verification_uri, typeof begun.message], [5, `${origin}/device`, 'string'])
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: begun.device_code }
  const poll = () => post('/token', { ...form, client_id: screen.id })
  assert.deepEqual(codes(await poll()), [400, 'authorization_pending', 70016])
  assert.equal((await poll()).json.error, 'slow_down')
  const browser = testBrowser(origin)
  const typed = begun.user_code.toLowerCase().replaceAll('-', ' ')
  const { status, headers } = await browser.post('/device', { code: typed })
  assert.equal(status, 201)
  assert.equal((await answerSignIn(browser, headers.get('location')!)).state, 'finished')
  await sleep(10_100) // twice the interval, because a poll came too soon
  const { json: tokens } = await poll()
  assert.equal(payloadOf(tokens.id_token).preferred_username, SIGNER)
})

test('36. a code of nobody is refused, and the eleventh is not looked at', async () => {
  const browser = testBrowser(origin)
  const statuses = []
  for (let n = 0; n < 11; n++) statuses.push((await browser.post('/device', { code: 'BCDF-GHJK' })).status)
  assert.equal(statuses.at(-1), 429)
  assert.ok(statuses.slice(0, 10).every(status => status >= 400 && status < 429))
})

test('37. a sign-out at the provider goes on to a registered address alone, and asks without a hint', async () => {
  const { browser, tokens } = await usual()
  const home = 'http://localhost:3999/signed-out'
  const logout = (more: Record<string, string>) => ask(browser, `${i}/logout?${new URLSearchParams(more)}`)
  assert.equal(
    (await logout({ client_id: expenses.id, post_logout_redirect_uri: 'https://evil.example/' })).status,
    400,
  )
  const asks = await logout({ client_id: expenses.id, post_logout_redirect_uri: home })
  assert.deepEqual([asks.status, asks.location], [200, null])
  const cross = await browser.request('POST', `/${tenantId}/v2.0/logout/confirm`, {
    form: {},
    headers: { 'sec-fetch-site': 'cross-site' },
  })
  assert.equal(cross.status, 403)
  const out = await logout({ id_token_hint: tokens.id_token, post_logout_redirect_uri: home, state: 'over' })
  assert.deepEqual([out.status, out.location], [303, `${home}?state=over`])
  assert.equal((await browser.get('/session')).status, 401)
})

test('38. an application introspects and revokes its own tokens alone', async () => {
  const { tokens } = await usual()
  const introspect = (token: string, client = expenses) => post('/introspect', { token, ...asClient(client) })
  for (const token of [tokens.access_token, tokens.refresh_token])
    assert.equal((await introspect(token)).json.active, true)
  assert.equal((await introspect('garbage')).json.active, false)
  assert.equal((await introspect(tokens.refresh_token, payroll)).json.active, false)
  assert.equal((await post('/introspect', { token: tokens.refresh_token, client_id: expenses.id })).status, 401)
  const { status } = await post('/revoke', { token: tokens.refresh_token, ...asClient(payroll) })
  assert.equal(status, 400)
  assert.equal((await introspect(tokens.refresh_token)).json.active, true)
})

test('39. a request that was pushed is its application’s, and is used once', async () => {
  const { searchParams } = new URL(asked(expenses))
  const { json } = await post('/par', { ...Object.fromEntries(searchParams), ...asClient(expenses) })
  const pushed = (id: string) =>
    `${i}/authorize?${new URLSearchParams({ client_id: id, request_uri: json.request_uri })}`
  assert.equal((await ask(testBrowser(origin), pushed(payroll.id))).status, 400)
  const answer = await signIn(testBrowser(origin), origin, pushed(expenses.id))
  assert.equal((await redeem(expenses, answer)).status, 200)
  assert.equal((await ask(testBrowser(origin), pushed(expenses.id))).status, 400)
})

test('40. by forms and without script a person goes on to the application', async () => {
  const browser = testBrowser(origin)
  const at = (await ask(browser, asked(expenses))).location!
  await browser.follow(await browser.submit(`${at}/name`, { username: SIGNER }))
  let page = await browser.follow(await browser.submit(`${at}/password`, { password: PASSWORD }))
  if (/action="[^"]*\/stay"/.test(page.text))
    page = await browser.follow(await browser.submit(`${at}/stay`, { stay: 'false' }))
  assert.match(page.headers.get('content-security-policy')!, /form-action 'self'/)
  const [, next = ''] = /^0;\s*url=(.+)$/.exec(page.headers.get('refresh') ?? '') ?? []
  assert.ok(page.text.includes(`href="${next.replaceAll('&', '&amp;')}"`), 'a link leads on too')
  assert.ok(!page.text.includes('<form'))
  const { location } = await ask(browser, new URL(next, origin).href)
  assert.ok(location?.startsWith(`${expenses.address}?code=`))
})

/** Resets a password by a code by mail, in the browser. Returns the finished journey. */
async function reset(browser: TestBrowser, username: string, newPassword: string, more: object = {}) {
  const { json: journey } = await browser.post('/reset', { username, ...more })
  const path = `/reset/${journey.id}`
  const { id: method } = journey.methods.find(({ kind }: { kind: string }) => kind === 'email')
  const [before] = await messages.outbox()
  const { challenge } = granted(await browser.post(`${path}/challenges`, { method }), 201)
  const code = await messages.code(`${username.split('@')[0]}@mail.example`, before)
  await browser.post(`${path}/proofs`, { challenge: challenge.id, code })
  return granted(await browser.post(`${path}/password`, { newPassword }))
}

test('31. a reset within a sign-in leads back to it', async () => {
  const browser = testBrowser(origin)
  const at = (await ask(browser, asked(expenses, { state: 'kept' }))).location!
  const username = 'registered@acme.example'
  const { json } = await browser.post(`${at}/name`, { username })
  const signin = new URL(json.reset, origin).searchParams.get('signin')!
  const password = 'Quiet harbour lights 31'
  const finished = await reset(browser, username, password, { signin })
  assert.equal(finished.continue.next, at)
  const answer = await signIn(browser, origin, `${origin}${finished.continue.next}`, { username, password })
  assert.equal(answer.searchParams.get('state'), 'kept')
  assert.equal((await redeem(expenses, answer)).status, 200)
})

test('14. and 34. a reset, and another account in the browser, end a session everywhere', async () => {
  const told: string[] = []
  const far = createServer(async (request, response) => {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    told.push(payloadOf(new URLSearchParams(text).get('logout_token')!).sub)
    response.end()
  })
  const uri = `backChannelLogoutUri="${await addressOf(far)}/out"`
  const named = ['--name', 'Told', '--web', expenses.address, '--set', uri]
  const id = idIn(await command('applications', 'create', 'acme.example', ...named))
  const secret = /^ {2}(\S+)$/m.exec(await command('applications', 'secret', id))![1]!
  const client: Client = { id, secret, address: expenses.address }
  const isTold = async (sub: string) => {
    for (const end = Date.now() + 60_000; !told.includes(sub); await sleep(50)) assert.ok(Date.now() < end)
  }

  const { browser, claims: former } = await usual(testBrowser(origin), client)
  const other = { username: 'registered@acme.example', password: 'Quiet harbour lights 31' }
  const answer = await signIn(browser, origin, asked(client, { prompt: 'login' }), other)
  const { json: tokens } = await redeem(client, answer)
  const { sub } = payloadOf(tokens.id_token)
  assert.notEqual(sub, former.sub)
  await isTold(former.sub)

  await reset(testBrowser(origin), other.username, 'Quiet harbour lights 14')
  assert.deepEqual(codes(await refresh(client, tokens.refresh_token)), [400, 'invalid_grant', 50173])
  assert.equal((await browser.get('/session')).status, 401)
  const { json } = await post('/introspect', { token: tokens.refresh_token, ...asClient(client) })
  assert.equal(json.active, false)
  await isTold(sub)
})
