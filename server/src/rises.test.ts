import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { listFiles } from '../../tools/source.ts'
import { DAY } from './clock.ts'
import { PASSWORD } from './demo/index.ts'
import { findTenantId } from './directory/index.ts'
import { changeDefaultPolicy } from './policies/index.ts'
import { inTenant } from './store/index.ts'
import { newAuthenticator, registerPasskey } from './testing/authenticator.ts'
import { granted, post, refused } from './testing/contract.ts'
import { wrongPassword } from './testing/people.ts'
import { type TestBrowser, testServer } from './testing/server.ts'
import { takeStep } from './testing/steps.ts'

// An act that raises a session's rights makes a new session, and the cookie from before opens nothing. Otherwise a
// copied cookie would rise with its owner.
const server = await testServer()
const ORIGIN = server.services.origin
const NEW_PASSWORD = 'Kestrel over marsh 43'

async function signIn(username: string, browser = server.browser(), password = PASSWORD) {
  granted(await post(browser, '/signin', { username, password }))
  return browser
}
const cookieOf = (browser: TestBrowser) => browser.cookies.get('latchkey_session') ?? ''
/** A second client with a copy of the browser's session cookie. */
function thiefOf(browser: TestBrowser) {
  const thief = server.browser()
  thief.cookies.set('latchkey_session', cookieOf(browser))
  return thief
}
/** Forgets every count. */
async function forgetCounts() {
  for (const table of ['counters', 'sends']) await server.store.pool.query(`delete from latchkey.${table}`)
}
/** A browser of a person with a passkey, and the device that has it. */
async function withPasskey(name: string) {
  const [mailbox] = name.split('@')
  const browser = await signIn(name)
  await prove(browser, `${mailbox}@mail.example`)
  const device = newAuthenticator()
  const { id } = await registerPasskey(browser, device)
  return { browser, device, id: id as string }
}
/** Takes everything off somebody's record. */
async function forget(name: string) {
  for (const table of ['methods', 'security_answers'])
    await server.store.pool.query(
      `delete from latchkey.${table} where user_id = (select id from latchkey.users where user_principal_name = $1)`,
      [name],
    )
}
const info = async (browser: TestBrowser) => granted(await browser.get('/security-info'))
const idsOf = async (browser: TestBrowser, ...kinds: string[]): Promise<string[]> =>
  (await info(browser)).methods
    .filter((one: { id?: string; kind: string }) => one.id && (kinds.length === 0 || kinds.includes(one.kind)))
    .map(({ id }: { id: string }) => id)

async function askProof(browser: TestBrowser, to: string) {
  const [before] = await server.outbox()
  const [method] = await idsOf(browser, 'email')
  const { challenge } = granted(await post(browser, '/session/challenges', { method }), 201)
  return { challenge: challenge.id as string, code: await server.code(to, before) }
}
const prove = async (browser: TestBrowser, to: string) =>
  granted(await post(browser, '/session/proofs', await askProof(browser, to)))

async function registerEmail(browser: TestBrowser, address: string) {
  const [before] = await server.outbox()
  const { id } = granted(await post(browser, '/security-info/challenges', { kind: 'email', address }), 201)
  granted(
    await post(browser, '/security-info/methods', { challenge: id, code: await server.code(address, before) }),
    201,
  )
}
async function registerQuestions(browser: TestBrowser) {
  const { questions } = await info(browser)
  const answers = questions.choices
    .slice(0, 5)
    .map(({ id }: { id: string }, place: number) => ({ question: id, answer: `my answer ${place}` }))
  granted(await post(browser, '/security-info/methods', { kind: 'securityQuestions', answers }), 201)
}
/** Sets a new password by one gate, an email, and is signed in. */
async function reset(browser: TestBrowser, username: string, address: string) {
  const [before] = await server.outbox()
  const { id, methods } = granted(await post(browser, '/reset', { username }), 201)
  const method = methods.find((one: { kind: string }) => one.kind === 'email').id
  const { challenge } = granted(await post(browser, `/reset/${id}/challenges`, { method }), 201)
  const code = await server.code(address, before)
  granted(await post(browser, `/reset/${id}/proofs`, { challenge: challenge.id, code }))
  granted(await post(browser, `/reset/${id}/password`, { newPassword: NEW_PASSWORD }))
}
const changePassword = async (browser: TestBrowser, currentPassword: string, newPassword: string) =>
  granted(await post(browser, '/account/password', { currentPassword, newPassword }), 204)

/** Every act that writes what a session may do, by the file that does it. An act that is not here fails the next test. */
const acts: Record<string, Record<string, () => Promise<{ browser: TestBrowser; act(): Promise<unknown> }>>> = {
  'signin/signin.ts newSession': {
    'a sign-in over an old session': async () => {
      const browser = await signIn('registered@acme.example')
      return { browser, act: () => signIn('registered@acme.example', browser) }
    },
    'somebody else’s sign-in over an old session': async () => {
      const browser = await signIn('registered@acme.example')
      return { browser, act: () => signIn('stale@acme.example', browser) }
    },
    'a sign-in by passkey over an old session': async () => {
      const { browser, device } = await withPasskey('signer@acme.example')
      const { options } = granted(await browser.get('/signin/passkey'))
      const credential = device.getJSON(ORIGIN, options)
      return { browser, act: async () => granted(await post(browser, '/signin/passkey', { credential })) }
    },
  },
  // In a tenant that was just made nobody has an earlier session.
  'signup/make.ts newSession': {},
  // Becoming an administrator raises the epoch, which ends every earlier session.
  'takeovers/finish.ts newSession': {},
  'registration/prove.ts renewSession': {
    'a fresh proof': async () => {
      const browser = await signIn('registered@acme.example')
      return { browser, act: () => prove(browser, 'registered@mail.example') }
    },
    'a fresh proof by passkey': async () => {
      const { browser, device, id: method } = await withPasskey('signer@acme.example')
      const { challenge } = granted(await post(browser, '/session/challenges', { method }), 201)
      const proof = { challenge: challenge.id, credential: device.getJSON(ORIGIN, challenge.options) }
      return { browser, act: async () => granted(await post(browser, '/session/proofs', proof)) }
    },
    'a second step': async () => {
      const browser = await signIn('admin@acme.example')
      return { browser, act: async () => granted(await takeStep(server, browser)) }
    },
  },
  'registration/change.ts renewSession': {
    'a first method by a code': async () => {
      await forget('new@acme.example')
      const browser = await signIn('new@acme.example')
      return { browser, act: () => registerEmail(browser, 'new@mail.example') }
    },
    'a first method by answers': async () => {
      await forget('new@acme.example')
      const browser = await signIn('new@acme.example')
      return { browser, act: () => registerQuestions(browser) }
    },
    '“looks good”': async () => {
      const browser = await signIn('stale@acme.example')
      const methods = await idsOf(browser)
      return { browser, act: async () => granted(await post(browser, '/security-info/confirmations', { methods })) }
    },
  },
  'registration/review.ts renewSession': {
    'a step that is put off': async () => {
      await forget('new@acme.example')
      const browser = await signIn('new@acme.example')
      return { browser, act: async () => granted(await post(browser, '/security-info/later')) }
    },
  },
  'account/change.ts renewSession': {
    'a password typed again': async () => {
      const browser = await signIn('two-gates@globex.example')
      return { browser, act: () => changePassword(browser, PASSWORD, NEW_PASSWORD) }
    },
    'a temporary password changed': async () => {
      const browser = await signIn('temporary@acme.example')
      return { browser, act: () => changePassword(browser, PASSWORD, NEW_PASSWORD) }
    },
  },
  'reset/finish.ts newSession': {
    'a sign-in after a reset, over somebody else’s old session': async () => {
      await forgetCounts()
      const acme = await findTenantId(server.store, 'acme.example')
      const means = { ...server.services, now: server.clock.now() }
      await inTenant(server.store, acme, trx => changeDefaultPolicy(trx, means, acme, { signInAfterReset: true }))
      const browser = await signIn('registered@acme.example')
      return { browser, act: () => reset(browser, 'stale@acme.example', 'stale@mail.example') }
    },
  },
  'signin/signIns.ts rotateSession': {
    'an answer whether to stay signed in': async () => {
      const browser = server.browser()
      const { id } = granted(await post(browser, '/signin/start', { username: 'registered@acme.example' }), 201)
      granted(await post(browser, `/signin/${id}/password`, { password: PASSWORD }))
      return { browser, act: async () => granted(await post(browser, `/signin/${id}/stay`, { stay: true })) }
    },
  },
  'account/report.ts rotateSession': {
    'a report': async () => {
      await signIn('admin@acme.example')
      const browser = await signIn('admin@acme.example')
      granted(await takeStep(server, browser))
      const { activity } = granted(await browser.get('/account/activity'))
      const { id } = activity.find((one: { reportable: boolean }) => one.reportable)
      return { browser, act: async () => granted(await post(browser, `/account/activity/${id}/report`)) }
    },
  },
}

test('lesson 13: every act that raises a session’s rights is known here', () => {
  const root = join(import.meta.dirname)
  const found = new Set<string>()
  for (const path of listFiles(root, ['.ts', '.tsx'])) {
    const file = relative(root, path)
    if (/\.test\.tsx?$|^testing\//.test(file)) continue
    const source = readFileSync(path, 'utf8')
    const writes =
      /(updateTable|insertInto|mergeInto)\('sessions'\)|\b(update|insert into|merge into)\s+(latchkey\.)?sessions\b/i
    if (!file.startsWith('store/migrations/') && file !== 'sessions/sessions.ts')
      assert.doesNotMatch(source, writes, `${file}: what a session may do is written in sessions/sessions.ts alone`)
    if (file === 'sessions/sessions.ts') {
      // What is written there gives the session a new id and secret in the same statement, but for its last use.
      const rising = source.replace(/updateTable\('sessions'\)\s+\.set\(\{ last_used_at: now \}\)/, '')
      for (const [statement] of rising.matchAll(/(updateTable|insertInto)\('sessions'\)[\s\S]*?token_hash/g))
        assert.match(statement, /\bid,\s/)
      assert.equal(rising.split(/(?:updateTable|insertInto)\('sessions'\)/).length, rising.split('token_hash:').length)
    } else
      for (const [, name] of source.matchAll(/\b(newSession|rotateSession|renewSession)\(/g))
        found.add(`${file} ${name}`)
  }
  assert.deepEqual([...found].sort(), Object.keys(acts).sort())
})

for (const [where, named] of Object.entries(acts))
  for (const [name, begin] of Object.entries(named))
    test(`lesson 13: ${name} (${where}) makes a new session, and the cookie from before is dead`, async () => {
      await forgetCounts()
      const { browser, act } = await begin()
      const thief = thiefOf(browser)
      granted(await thief.get('/session'))
      await act()
      assert.notEqual(cookieOf(browser), cookieOf(thief))
      granted(await browser.get('/session'))
      refused(await thief.get('/session'), 401, 'not_signed_in')
      refused(await post(thief, '/security-info/challenges', { kind: 'authenticatorCode' }), 401, 'not_signed_in')
    })

test('lesson 14: a copied session does not rise with its owner’s fresh proof, so it plants no way back in', async () => {
  await forgetCounts()
  const owner = await signIn('registered@acme.example')
  const thief = thiefOf(owner)
  const plant = () => post(thief, '/security-info/challenges', { kind: 'authenticatorCode' })
  refused(await plant(), 403, 'proof_needed')
  const proof = await askProof(owner, 'registered@mail.example')
  granted(await post(owner, '/session/proofs', proof))
  refused(await plant(), 401, 'not_signed_in')
  // Nor by giving the owner's proof once more, which the thief may have read over a shoulder.
  refused(await post(thief, '/session/proofs', proof), 401, 'not_signed_in')
  const before = cookieOf(owner)
  granted(await post(owner, '/session/proofs', proof))
  assert.equal(cookieOf(owner), before, 'the repeat of a proof earns nothing more')
  granted(await post(owner, '/security-info/challenges', { kind: 'authenticatorCode' }), 201)
})

test('another tab of the same browser goes on with what it had begun', async () => {
  await forgetCounts()
  const browser = await signIn('registered@acme.example')
  await prove(browser, 'registered@mail.example')
  const { id, otpauthUri } = granted(
    await post(browser, '/security-info/challenges', { kind: 'authenticatorCode' }),
    201,
  )
  await prove(browser, 'registered@mail.example')
  const key = new URL(otpauthUri).searchParams.get('secret') ?? ''
  const code = new TOTP({ secret: Secret.fromBase32(key) }).generate({ timestamp: server.clock.now().getTime() })
  granted(await post(browser, '/security-info/methods', { challenge: id, code }), 201)
})

test('fifty proofs at once make one session', async () => {
  await forgetCounts()
  const browser = await signIn('registered@acme.example')
  const proof = await askProof(browser, 'registered@mail.example')
  const copies = Array.from({ length: 50 }, () => thiefOf(browser))
  const answers = await Promise.all(copies.map(copy => post(copy, '/session/proofs', proof)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  const alive = await Promise.all(copies.map(copy => copy.get('/session')))
  assert.equal(alive.filter(({ status }) => status === 200).length, 1)
  const { rows } = await server.store.pool.query(
    `select count(*)::int as n from latchkey.sessions where correlation_id =
      (select correlation_id from latchkey.sessions where id = $1)`,
    [
      copies
        .map(cookieOf)
        .find(one => one !== cookieOf(browser))
        ?.split('.')[1],
    ],
  )
  assert.equal(rows[0].n, 1)
})

/** How a browser comes to a full session. Gives the password that holds from then on. */
const ways: Record<string, (browser: TestBrowser, name: string) => Promise<string>> = {
  'a sign-in with nothing left to do': async (browser, name) => {
    await signIn(name, browser)
    return PASSWORD
  },
  'a first registration': async (browser, name) => {
    await forget(name)
    await signIn(name, browser)
    await registerEmail(browser, 'some@mail.example')
    return PASSWORD
  },
  'a registration that is put off': async (browser, name) => {
    await forget(name)
    await signIn(name, browser)
    granted(await post(browser, '/security-info/later'))
    return PASSWORD
  },
  'a confirmation': async (browser, name) => {
    await signIn(name, browser)
    granted(await post(browser, '/security-info/confirmations', { methods: await idsOf(browser) }))
    return PASSWORD
  },
  'a changed password, and a first registration after it': async (browser, name) => {
    await forget(name)
    await server.store.pool.query(
      'update latchkey.passwords set must_change = true where user_id = (select id from latchkey.users where user_principal_name = $1)',
      [name],
    )
    await signIn(name, browser)
    await changePassword(browser, PASSWORD, NEW_PASSWORD)
    await registerEmail(browser, 'some@mail.example')
    return NEW_PASSWORD
  },
}

const names: Record<string, string> = {
  'a sign-in with nothing left to do': 'registered@acme.example',
  'a confirmation': 'prefilled@acme.example',
}

for (const [way, reach] of Object.entries(ways))
  test(`lesson 42: after ${way}, a stranger’s wrong passwords do not keep the owner out of this browser`, async () => {
    await forgetCounts()
    const name = names[way] ?? 'new@acme.example'
    const browser = server.browser()
    const password = await reach(browser, name)
    granted(await browser.get('/account/activity'))
    for (let n = 0; n < 11; n++)
      refused(
        await post(server.browser(), '/signin', { username: name, password: wrongPassword() }),
        401,
        'invalid_credentials',
      )
    refused(await post(server.browser(), '/signin', { username: name, password }), 401, 'invalid_credentials')
    await signIn(name, browser, password)
  })

test('lesson 42: each full sign-in keeps the browser familiar for ninety days more', async () => {
  const name = 'locked@acme.example'
  await forgetCounts()
  const browser = await signIn(name)
  for (let n = 0; n < 2; n++) {
    server.clock.advance(60 * DAY)
    await signIn(name, browser)
  }
  const { rows } = await server.store.pool.query(
    'select count(*)::int as n from latchkey.devices where user_id = (select id from latchkey.users where user_principal_name = $1)',
    [name],
  )
  assert.equal(rows[0].n, 1, 'in place of the row from before')
  for (let n = 0; n < 11; n++) await post(server.browser(), '/signin', { username: name, password: wrongPassword() })
  await signIn(name, browser)
})
