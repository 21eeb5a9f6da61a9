// A long file: one server for every rule of equal times, as each start costs a second.

import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { Agent, request } from 'node:http'
import { after, type TestContext, test } from 'node:test'
import { createUser, findTenantId, nobody, type User } from '../directory/index.ts'
import { lock } from '../limits/index.ts'
import { keepMethod, saveMethod } from '../methods/index.ts'
import { addPasskey } from '../passkeys/index.ts'
import { issuePass, preparePassword, readPasswordRules, setPassword } from '../passwords/index.ts'
import { changeDefaultPolicy, changeProtection } from '../policies/index.ts'
import { inTenant, type Trx } from '../store/index.ts'
import { forgedPasskey } from '../testing/forgedPasskey.ts'
import { newTrail } from '../testing/people.ts'
import { testServer } from '../testing/server.ts'
import {
  APART,
  type Apart,
  apartBy,
  distance,
  SAMPLES as FEW,
  inEachRun,
  quantile,
  shuffled,
  withoutBlur,
} from '../testing/times.ts'

// A stranger could tell names apart by the answers, compared byte by byte, or by their times. Each run compares the
// times of the work without the random wait, which would hide much from so few. The long proof also compares times as
// strangers see them, by the test of Kolmogorov and Smirnov: two samples of one distribution fail it once in a thousand
// times, so it fails after two runs in a row. journeys.test.ts holds, without a clock, that every name asks the
// database the same.

const LONG = process.env.PROOF === 'long'
/** Timed requests for each kind of name and run. */
const SAMPLES = LONG ? 600 : FEW
/** Names of each kind, so that no counter of any of them fills up. */
const NAMES = LONG ? 120 : 8
/** How far the work for one kind may be from another's. */
const allowed: Apart = LONG ? { runs: 2, milliseconds: 0.15, share: 0.02 } : APART
/** Measured in the long proof alone. That each route for strangers is blurred is held every time. */
const inProof = { skip: LONG ? false : 'in the long proof' }
const PASSWORD = 'Correct horse battery 1'

const server = await testServer({ signup: 'open' })
const acme = await findTenantId(server.store, 'acme.example')
const globex = await findTenantId(server.store, 'globex.example')
const { keys, random, clock } = server.services
const means = () => ({ now: clock(), random, keys, actor: { kind: 'system' }, trail: newTrail() }) as const
await inTenant(server.store, globex, trx => changeProtection(trx, globex, { concealAccounts: true }))

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
after(() => agent.destroy())
const { hostname, port } = new URL(server.url)

interface Timed {
  milliseconds: number
  status: number
  text: string
  headers: Record<string, unknown>
}

/** One request, and how long its answer took. */
function ask(path: string, body: unknown, cookie = ''): Promise<Timed> {
  const text = JSON.stringify(body)
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(cookie && { cookie }),
  }
  return new Promise((resolve, reject) => {
    const start = performance.now()
    request({ hostname, port, path, method: 'POST', headers, agent }, response => {
      let answer = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        answer += part
      })
      response.on('end', () => {
        const milliseconds = performance.now() - start
        resolve({ milliseconds, status: response.statusCode ?? 0, text: answer, headers: response.headers })
      })
    })
      .on('error', reject)
      .end(text)
  })
}

type Visit = (name: string, round: number) => Promise<Timed>

/** Visits every kind of name in random order. Fails where the first kind differs from another in its answers, or again and again in their time. */
async function sameTime(
  t: TestContext,
  kinds: Record<string, readonly string[]>,
  visit: Visit,
  plain: (text: string) => string,
  prepare: () => Promise<void> = forget,
) {
  const [first = '', ...others] = Object.keys(kinds)
  const run = async (round: number, suspects: readonly string[]) => {
    const measured = [first, ...suspects]
    const times = new Map(measured.map(kind => [kind, [] as number[]]))
    const seen = new Map<string, string>()
    const visits = measured.flatMap(kind => Array.from({ length: SAMPLES }, (_, n) => ({ kind, n })))
    for (const { kind, n } of shuffled(visits)) {
      const name = kinds[kind]![n % kinds[kind]!.length]!
      const { milliseconds, status, text, headers } = await visit(name, round * SAMPLES + n)
      times.get(kind)!.push(milliseconds)
      const { date: _, 'content-length': __, ...kept } = headers
      const whole = plain(
        `${status} ${JSON.stringify(kept)} ${text}`
          .replaceAll(name, '(name)')
          .replaceAll(encodeURIComponent(name), '(name)'),
      )
      seen.set(kind, seen.get(kind) ?? whole)
      assert.equal(whole, seen.get(first) ?? whole, `${kind} answers otherwise than ${first}`)
    }
    const compared = suspects.map(kind => compare(kind, times.get(first)!, times.get(kind)!))
    t.diagnostic([`${first} ${quantile(times.get(first)!, 0.5).toFixed(2)} ms`, ...compared.map(tell)].join(', '))
    return compared
  }
  let round = 0
  const farByEach = (runs: number, wayOf: (one: Compared) => number) =>
    inEachRun(runs, others, async suspects => {
      await prepare()
      return new Map((await run(round++, suspects)).map(one => [one.kind, wayOf(one)]))
    })
  for (const names of Object.values(kinds)) for (let n = 0; n < 4; n++) await visit(names[n % names.length]!, -1 - n)
  if (LONG) {
    const told = await farByEach(2, ({ far, fraction }) => (Math.max(far, fraction) > 1 ? 1 : 0))
    assert.deepEqual(told, [], `these can be told from ${first} by the time that they take`)
    t.diagnostic('without the blur:')
  }
  const bare = await withoutBlur(server.services, () => farByEach(allowed.runs, ({ apart }) => apart))
  assert.deepEqual(bare, [], `the work for these takes another time than for ${first}`)
}

/** How far the times of a kind are from the first kind's. */
interface Compared {
  kind: string
  /** Their distributions, in units of what is exceeded once in a thousand times. */
  far: number
  /** The same for their fractions of a millisecond, which a wait of whole milliseconds would not hide. */
  fraction: number
  /** How much longer the lower quartile of its times is, and by which way, where that is more than allowed. */
  longer: number
  apart: number
}

function compare(kind: string, one: readonly number[], other: readonly number[]): Compared {
  const fractions = (times: readonly number[]) => times.map(time => time % 1)
  return {
    kind,
    far: distance(one, other),
    fraction: distance(fractions(one), fractions(other)),
    longer: quantile(other, 0.25) - quantile(one, 0.25),
    apart: apartBy(one, other, allowed),
  }
}

const tell = ({ kind, far, fraction, longer }: Compared) =>
  `${kind} ${longer < 0 ? '' : '+'}${longer.toFixed(2)} ms (${far.toFixed(2)} of what is allowed, ${fraction.toFixed(2)} by the fraction)`

const forget = async () => {
  for (const table of ['counters', 'sends']) await server.store.pool.query(`delete from latchkey.${table}`)
}

let made = 0
const rules = await inTenant(server.store, acme, trx => readPasswordRules(trx, means(), nobody(acme), 'reset'))
const judged = await preparePassword(server.store, means(), server.services.passwordChecks, {
  rules,
  newPassword: PASSWORD,
})
if (!('prepared' in judged)) throw new Error('the password of these tests is refused')
const { prepared } = judged

/** So many names of one kind: of people that `finish` completes, or of nobody. */
async function people(
  tenantId: string,
  domain: string,
  finish?: (trx: Trx, user: User) => Promise<unknown>,
  more: { accountEnabled?: boolean } = {},
): Promise<string[]> {
  const names = Array.from({ length: NAMES }, () => `somebody-${String(++made).padStart(5, '0')}@${domain}`)
  if (finish)
    await inTenant(server.store, tenantId, async trx => {
      for (const userPrincipalName of names) {
        const user = await createUser(trx, means(), tenantId, { userPrincipalName, displayName: 'Somebody', ...more })
        await setPassword(trx, means(), user, { ...prepared, mustChange: false })
        await finish(trx, user)
      }
    })
  return names
}
const nothing = async () => {}
const registered = (trx: Trx, user: User) =>
  saveMethod(trx, means(), user, {
    kind: 'email',
    source: 'person',
    value: `${user.userPrincipalName.split('@')[0]}@mail.example`,
  })

/** Puts a passkey on record whose key nobody has. */
const holder = async (trx: Trx, user: User) => {
  const made = {
    ...{ credentialId: random.token(), publicKey: Buffer.alloc(77), signCount: 0, aaguid: random.uuid(clock()) },
    ...{ transports: [], maySync: true, synced: true, rpId: 'localhost', name: null, byPassword: false },
  }
  await addPasskey(trx, means(), { tenantId: user.tenantId, userId: user.id }, made)
  await keepMethod(trx, means(), user, 'passkey')
}

const withoutIds = (text: string) =>
  text
    .replace(/latchkey_browser=[\w.-]+/, 'latchkey_browser=(token)')
    .replace(/latchkey_refused=[\w-]+/, 'latchkey_refused=(sealed)')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '(id)')
    .replace(/(?<=[":])[\w-]{22}(?=")/g, '(id)')
    .replace(/"expiresAt":"[^"]+"/g, '"expiresAt":"(time)"')
    .replace(/"supportCode":"\w+"/, '"supportCode":"(code)"')
    .replace(/"challenge":"[\w-]+"/, '"challenge":"(random)"')

test('the test of Kolmogorov and Smirnov tells samples apart that differ by little, and no others', () => {
  const draw = (shift: number, spread: number) =>
    Array.from({ length: 60 }, (_, n) => shift + spread * Math.sin(n * 12.9898))
  assert.ok(distance(draw(5, 1), draw(5, 1)) < 0.1)
  assert.ok(distance(draw(5, 1), draw(6, 1)) > 1)
})

test('a kind is told apart by its times where each run finds it so, and by the same way', async () => {
  assert.deepEqual(
    [apartBy([10, 10], [18, 18], APART), apartBy([18], [10], APART), apartBy([10], [14], APART)],
    [1, -1, 0],
  )
  const found: Record<string, number[]> = { leaks: [-1, -1, -1], turns: [-1, 1, -1], seldom: [1, 0, 1] }
  const asked: string[][] = []
  const told = await inEachRun(3, Object.keys(found), async kinds => {
    asked.push([...kinds])
    return new Map(kinds.map(kind => [kind, found[kind]![asked.length - 1]!]))
  })
  assert.deepEqual(told, ['leaks'])
  assert.deepEqual(asked, [['leaks', 'turns', 'seldom'], ['leaks', 'turns', 'seldom'], ['leaks']])
})

test('lesson 37: what is looked up for a stranger is blurred, and nothing else', async t => {
  await forget()
  const drawn: number[] = []
  server.services.random = {
    ...random,
    below(limit) {
      drawn.push(limit)
      return 0
    },
  }
  t.after(() => {
    server.services.random = random
  })
  const browser = server.browser()
  const blursOf = async (method: string, path: string, json?: unknown, form?: Record<string, string>) => {
    drawn.length = 0
    const answer = await browser.request(method, path, form ? (method === 'GET' ? { page: true } : { form }) : { json })
    return { blurs: [...drawn], answer }
  }
  const [username] = await people(globex, 'globex.example', registered)
  const begun = await blursOf('POST', '/reset', { username })
  assert.deepEqual(begun.blurs, [10_000])
  for (const { method, url, access } of server.routes) {
    const aboutSomebody = access === 'anyone' && (method !== 'GET' || url.includes(':'))
    for (const form of [undefined, {}]) {
      const path = url.replace(':id', begun.answer.json.id)
      const { blurs } = await blursOf(method, path, method === 'GET' ? undefined : {}, form)
      assert.deepEqual(blurs, aboutSomebody ? [10_000] : [], `${method} ${url}`)
    }
  }
})

test('lesson 37: explained, a reset for an unknown name begins like one for somebody who never registered', async t => {
  await forget()
  const kinds = {
    unknown: await people(acme, 'acme.example'),
    unregistered: await people(acme, 'acme.example', nothing),
    disabled: await people(acme, 'acme.example', registered, { accountEnabled: false }),
  }
  await sameTime(t, kinds, username => ask('/reset', { username }), withoutIds)
})

test('lesson 37: concealed, a reset begins, and asks for a code, alike for every name', async t => {
  await forget()
  await inTenant(server.store, globex, trx =>
    changeDefaultPolicy(trx, means(), globex, { enabled: true, gates: 1, methods: ['email', 'mobilePhone'] }),
  )
  const kinds = {
    unknown: await people(globex, 'globex.example'),
    unregistered: await people(globex, 'globex.example', nothing),
    registered: await people(globex, 'globex.example', registered),
    disabled: await people(globex, 'globex.example', registered, { accountEnabled: false }),
  }
  await sameTime(t, kinds, username => ask('/reset', { username }), withoutIds)
  await forget()
  const asksForCode: Visit = async username => {
    const begun = await ask('/reset', { username })
    const { id, methods } = JSON.parse(begun.text)
    const method = methods.find((one: { kind: string }) => one.kind === 'email').id
    const cookie = String(begun.headers['set-cookie']).split(';')[0]
    return ask(`/reset/${id}/challenges`, { method }, cookie)
  }
  await sameTime(t, kinds, asksForCode, withoutIds)
})

test(
  'lesson 37: concealed, a reset asks for a passkey, and refuses a wrong one, alike for every name',
  inProof,
  async t => {
    await forget()
    await inTenant(server.store, globex, trx =>
      changeDefaultPolicy(trx, means(), globex, { enabled: true, gates: 1, methods: ['passkey', 'email'] }),
    )
    const kinds = {
      unknown: await people(globex, 'globex.example'),
      unregistered: await people(globex, 'globex.example', nothing),
      registered: await people(globex, 'globex.example', registered),
      holder: await people(globex, 'globex.example', holder),
      disabled: await people(globex, 'globex.example', holder, { accountEnabled: false }),
    }
    await sameTime(t, kinds, username => ask('/reset', { username }), withoutIds)
    const asked = async (username: string) => {
      const begun = await ask('/reset', { username })
      const { id, methods } = JSON.parse(begun.text)
      const method = methods.find((one: { kind: string }) => one.kind === 'passkey').id
      const cookie = String(begun.headers['set-cookie']).split(';')[0]!
      const path = `/reset/${id}`
      return { path, cookie, answer: await ask(`${path}/challenges`, { method }, cookie) }
    }
    await forget()
    await sameTime(t, kinds, async username => (await asked(username)).answer, withoutIds)
    await forget()
    const stranger = forgedPasskey()
    const wrong: Visit = async username => {
      const { path, cookie, answer } = await asked(username)
      const { id: challenge, options } = JSON.parse(answer.text).challenge
      const credential = stranger.get(server.services.origin, options)
      return ask(`${path}/proofs`, { challenge, credential }, cookie)
    }
    await sameTime(t, kinds, wrong, withoutIds)
  },
)

test('lesson 37: a wrong password takes as long for an unknown name as for any account', async t => {
  await forget()
  const salt = Buffer.from('a salt of 16 byt')
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const key = plain(pbkdf2Sync('an old password', salt, 20_000, 32, 'sha256'))
  const hash = `$pbkdf2-sha256$i=20000$${plain(salt)}$${key}`
  const imported = (trx: Trx, user: User) =>
    setPassword(trx, means(), user, { hash, history: undefined, mustChange: false })
  const kinds = {
    unknown: await people(acme, 'acme.example'),
    known: await people(acme, 'acme.example', nothing),
    disabled: await people(acme, 'acme.example', nothing, { accountEnabled: false }),
    imported: await people(acme, 'acme.example', imported),
  }
  await sameTime(t, kinds, (username, n) => ask('/signin', { username, password: `Wrong guess ${n}` }), withoutIds)
})

test('lesson 37: a sign-in that begins with the name, and its wrong password, take as long for every name', async t => {
  await forget()
  const kinds = {
    unknown: await people(acme, 'acme.example'),
    known: await people(acme, 'acme.example', nothing),
    holder: await people(acme, 'acme.example', holder),
    disabled: await people(acme, 'acme.example', nothing, { accountEnabled: false }),
  }
  await sameTime(t, kinds, username => ask('/signin/start', { username }), withoutIds)
  await forget()
  await sameTime(t, kinds, guess('password'), withoutIds)
})

test('lesson 37: a wrong access pass takes as long for every name, also where there is one', inProof, async t => {
  await forget()
  const withPass = (trx: Trx, user: User) => issuePass(trx, means(), user, { minutes: 60, once: true })
  const kinds = {
    unknown: await people(acme, 'acme.example'),
    known: await people(acme, 'acme.example', nothing),
    holder: await people(acme, 'acme.example', withPass),
  }
  await sameTime(t, kinds, guess('pass'), withoutIds)
})

test('lesson 37: “I can’t sign in” asks and answers the same for every name, and leads to the same end', async t => {
  await forget()
  const kinds = {
    unknown: await people(acme, 'acme.example'),
    known: await people(acme, 'acme.example', registered),
    disabled: await people(acme, 'acme.example', registered, { accountEnabled: false }),
  }
  const ends: Visit = async username => {
    const begun = await ask('/help/sign-in', { username })
    const cookie = String(begun.headers['set-cookie']).split(';')[0]
    return ask(
      `/help/sign-in/${JSON.parse(begun.text).id}/answers`,
      { question: 'what', answer: 'lost-method' },
      cookie,
    )
  }
  await sameTime(t, kinds, ends, withoutIds)
})

/** Begins something by a typed address. What a mailbox, a domain and a day get is forgotten each time. */
const beginning =
  (path: string, bodyOf: (address: string) => object): Visit =>
  async address => {
    await forget()
    await server.store.pool.query('delete from latchkey.flood_points')
    return ask(path, bodyOf(address))
  }
const withoutNumbers = (text: string) =>
  withoutIds(text)
    .replace(/LK-[A-Z]{8}/g, 'LK-(letters)')
    .replace(/"\d{4}-\d\d-\d\dT[^"]+"/g, '"(time)"')
    // A job sends, as soon for the one as for the other.
    .replace(/"delivery":"(pending|sent)"/, '"delivery":"(soon)"')

test('lesson 37: a sign-up and a mailed account check begin alike for every mailbox', inProof, async t => {
  const kinds = {
    unknown: await people(acme, 'acme.example'),
    known: await people(acme, 'acme.example', registered),
    elsewhere: await people(acme, 'another.example'),
  }
  const company = (address: string) => ({ address, for: 'company' })
  await sameTime(t, kinds, beginning('/signup', company), withoutNumbers)
  await sameTime(
    t,
    kinds,
    beginning('/account-check/mail', address => ({ address })),
    withoutNumbers,
  )
})

test('lesson 37: a case begins alike for every mailbox, and for every domain', inProof, async t => {
  const text = 'Nothing works.'
  const mailboxes = {
    unknown: await people(acme, 'acme.example'),
    known: await people(acme, 'acme.example', registered),
  }
  const own = (address: string) => ({ kind: 'other', domain: 'acme.example', address, text })
  await sameTime(t, mailboxes, beginning('/cases', own), withoutNumbers)
  // Of a domain that nobody has, the case goes to the operator.
  const domains = { managed: ['acme.example'], unmanaged: ['umbrella.example'], unknown: ['acne.example'] }
  let asker = 0
  const of = (domain: string) => ({ kind: 'other', domain, address: `asker-${asker++ % NAMES}@mail.example`, text })
  const nameless = (whole: string) => withoutNumbers(whole).replace(/asker-\d+@/g, '(asker)@')
  await sameTime(t, domains, beginning('/cases', of), nameless)
})

test('lesson 37: a claim of a domain begins alike for every domain, and every mailbox of it', inProof, async t => {
  const umbrella = await findTenantId(server.store, 'umbrella.example')
  const initech = await findTenantId(server.store, 'initech.example')
  const kinds = {
    unknown: await people(acme, 'acne.example'),
    unmanaged: await people(umbrella, 'umbrella.example', nothing),
    stranger: await people(umbrella, 'umbrella.example'),
    managed: await people(acme, 'acme.example', registered),
    hidden: await people(initech, 'initech.example', nothing),
  }
  const claim = (address: string) => ({ domain: address.slice(address.indexOf('@') + 1), address })
  const nameless = (whole: string) =>
    withoutNumbers(whole)
      .replace(/"domain":"[^"]+"/, '"domain":"(domain)"')
      .replace(/@\w•/, '@(letter)•')
  await sameTime(t, kinds, beginning('/takeovers', claim), nameless)
})

/** Begins a sign-in, and types something wrong. */
const guess =
  (way: 'password' | 'pass'): Visit =>
  async (username, n) => {
    const begun = await ask('/signin/start', { username })
    const cookie = String(begun.headers['set-cookie']).split(';')[0]
    return ask(`/signin/${JSON.parse(begun.text).id}/${way}`, { [way]: `Wrong guess ${n}` }, cookie)
  }

test('lesson 38: a locked name answers alike, and in the same time, whether or not it exists', async t => {
  const kinds = {
    unknown: await people(acme, 'acme.example'),
    known: await people(acme, 'acme.example', nothing),
  }
  const lockAll = async () => {
    await forget()
    await inTenant(server.store, acme, async trx => {
      for (const name of [...kinds.unknown, ...kinds.known]) await lock(trx, means(), acme, name)
    })
  }
  const guess: Visit = (username, n) => ask('/signin', { username, password: `Wrong guess ${n}` })
  await sameTime(t, kinds, guess, withoutIds, lockAll)
})
