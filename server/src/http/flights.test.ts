import assert from 'node:assert/strict'
import { test } from 'node:test'
import type pg from 'pg'
import { findTenantId } from '../directory/index.ts'
import { testApi } from '../testing/api.ts'
import { newAuthenticator, registerPasskey } from '../testing/authenticator.ts'
import { newOwner } from '../testing/passkeyOwners.ts'
import { payloadOf, redeem, testProvider } from '../testing/provider.ts'
import { testServer } from '../testing/server.ts'

// How often a request waits for the database. What travels together counts once: a flight ends when a connection has
// answered all that it was asked.

const ANNA = 'registered@acme.example'

const web = await testServer({ roles: ['web'], floodLimits: true })
const worker = await testServer({ beside: web, roles: ['worker'] })

let flights = 0
const watched = new WeakSet<pg.PoolClient>()
web.store.requests.on('acquire', client => {
  if (watched.has(client)) return
  watched.add(client)
  let waiting = 0
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  client.query = ((...args: unknown[]) => {
    if (waiting++ === 0) flights++
    const callback = args.findLast(arg => typeof arg === 'function') as ((...answer: unknown[]) => void) | undefined
    if (callback)
      return query(
        ...args.map(arg =>
          arg === callback
            ? (...answer: unknown[]) => {
                waiting--
                callback(...answer)
              }
            : arg,
        ),
      )
    const answer = query(...args) as Promise<unknown>
    const answered = () => void waiting--
    answer.then(answered, answered)
    return answer
  }) as typeof client.query
})

test('each step asks the database no more often than it has to', async () => {
  const counted: Record<string, number> = {}
  const device = newAuthenticator()
  const tenant = { id: await findTenantId(web.store, 'acme.example'), domain: 'acme.example' }
  await registerPasskey((await newOwner(web, tenant)).browser, device)
  // Twice: what is remembered for a moment, or prepared once, is then there.
  for (const round of [1, 2]) {
    const browser = web.browser()
    const count = async <T>(step: string, ask: () => Promise<T>): Promise<T> => {
      flights = 0
      const answer = await ask()
      counted[step] = flights
      return answer
    }
    const before = (await worker.outbox())[0]
    const started = await count('begin', () => browser.post('/reset', { username: ANNA }))
    const path = `/reset/${started.json.id}`
    const method = started.json.methods.find((way: { kind: string }) => way.kind === 'email').id
    const { json } = await count('challenge', () => browser.post(`${path}/challenges`, { method }))
    const code = await worker.code('registered@mail.example', before)
    const challenge = json.challenge.id
    const proved = await count('proof', () => browser.post(`${path}/proofs`, { challenge, code }))
    assert.equal(proved.json.state, 'choose-password', proved.text)
    const newPassword = `Quiet harbour ${round} ${started.json.id}`
    const done = await count('password', () => browser.post(`${path}/password`, { newPassword }))
    assert.equal(done.json.state, 'finished', done.text)
    const signedIn = await count('sign-in', () =>
      web.browser().post('/signin', { username: ANNA, password: newPassword }),
    )
    assert.equal(signedIn.status, 200, signedIn.text)
    const read = await testApi(web).as(ANNA)
    const me = await count('me', () => read('GET', '/me'))
    assert.equal(me.status, 200, me.text)
    const other = web.browser()
    const { options } = (await other.get('/signin/passkey')).json
    const credential = device.getJSON(other.origin, options)
    const opened = await count('passkey', () => other.post('/signin/passkey', { credential }))
    assert.equal(opened.json.state, 'signed-in', opened.text)
  }
  const atMost = { begin: 4, challenge: 4, proof: 5, password: 6, 'sign-in': 6, me: 3, passkey: 3 }
  for (const [step, most] of Object.entries(atMost))
    assert.ok(counted[step]! > 0 && counted[step]! <= most, `${step}: ${counted[step]}, at most ${most}`)
})

test('each request of an application asks the database no more often than it has to', async () => {
  const { issuer, ask, signInTo } = await testProvider(web)
  const [expenses, nightJob] = ['expenses', 'night-job'].map((word, n) => ({
    appId: `d3e00000-0000-4000-8000-00000000000${n ? 3 : 1}`,
    secret: `demo-secret-${word}-2026-keep-off-production`,
  }))
  const counted: Record<string, number> = {}
  const count = async (name: string, { appId, secret }: NonNullable<typeof expenses>, form: Record<string, string>) => {
    flights = 0
    const body = new URLSearchParams({ ...form, client_id: appId, client_secret: secret })
    const answer = await fetch(`${web.url}${issuer.pathname}/token`, { method: 'POST', body })
    counted[name] = flights
    assert.equal(answer.status, 200)
    return answer.json()
  }
  const asked = await ask(expenses!)
  const browser = web.browser()
  const step = async <T>(name: string, take: () => Promise<T>): Promise<T> => {
    flights = 0
    const answer = await take()
    counted[name] = flights
    return answer
  }
  const page = (at: URL) => browser.page(at.pathname + at.search)
  await signInTo(web.browser(), asked.to, 'signer@acme.example', 'Demo-passphrase-2026!')
  // The first use of a secret in an hour is written down.
  await count('first use', expenses!, { grant_type: 'client_credentials', scope: '.default' })
  const begun = await step('authorize', () => page(asked.to))
  const at = begun.headers.get('location')
  await step('name', () => browser.post(`${at}/name`, { username: 'signer@acme.example' }))
  await step('typed', () => browser.post(`${at}/password`, { password: 'Demo-passphrase-2026!' }))
  const stayed = await step('stay', () => browser.post(`${at}/stay`, { stay: false }))
  const led = await step('answer', () => page(new URL(stayed.json.next, web.url)))
  const answer = new URL(led.headers.get('location')!)
  let { refresh_token } = await step('code', () => redeem(asked, answer))
  for (const _ of [1, 2]) {
    const renewed = await count('refresh', expenses!, { grant_type: 'refresh_token', refresh_token: refresh_token! })
    refresh_token = renewed.refresh_token
    const own = await count('client credentials', nightJob!, { grant_type: 'client_credentials', scope: '.default' })
    assert.equal(payloadOf(own.access_token).idtyp, 'app')
  }
  const atMost = { authorize: 4, name: 4, typed: 8, stay: 5, answer: 7, code: 4, refresh: 3, 'client credentials': 2 }
  for (const [name, most] of Object.entries(atMost))
    assert.ok(counted[name]! > 0 && counted[name]! <= most, `${name}: ${counted[name]}, at most ${most}`)
})

test('a read whose token is known takes one flight, the caller’s rights and its end among it', async () => {
  const read = await testApi(web).as('admin@acme.example')
  const { id } = (await read('GET', '/users/registered@acme.example')).json
  for (const path of ['/users?$top=5', `/users/${id}`, '/me', '/users/$count', '/groups']) {
    await read('GET', path)
    flights = 0
    assert.equal((await read('GET', path)).status, 200)
    assert.equal(flights, 1, path)
  }
})

test('a new user with a password and a number asks the database no more often than it has to', async () => {
  const add = await testApi(web).as('admin@acme.example')
  const named = (number: number) => ({
    userPrincipalName: `flown-${number}@acme.example`,
    displayName: 'Flown',
    accountEnabled: true,
    mobilePhone: '+81 70 1000 0000',
    passwordProfile: { password: 'Quiet harbour 2026 lamp' },
  })
  await add('POST', '/users', named(1))
  flights = 0
  const made = await add('POST', '/users', named(2))
  assert.equal(made.status, 201, made.text)
  assert.ok(flights > 0 && flights <= 7, `${flights}, at most 7`)
})

test('whether people can reset is read for a page by as many statements as for one person', async () => {
  const read = await testApi(web).as('admin@acme.example')
  const counts: number[] = []
  for (const top of [1, 1, 999, 999]) {
    flights = 0
    const { status, json } = await read('GET', `/users?$select=resetState&$top=${top}`)
    assert.ok(status === 200 && json.value.length > (top === 1 ? 0 : 10))
    counts.push(flights)
  }
  assert.equal(counts[3], counts[1], counts.join())
})
