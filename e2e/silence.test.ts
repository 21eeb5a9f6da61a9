// This file is long because one run of a whole server is searched for every secret and every message.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret, TOTP } from 'otpauth'
import pg from 'pg'
import { createHasher, keyring, systemRandom } from '../server/src/crypto/index.ts'
import { createZone, freePort, serveZone } from '../server/src/demo/index.ts'
import { createTenant, createUser, nobody, setContactInfo } from '../server/src/directory/index.ts'
import { createPasswordChecks, preparePassword, readPasswordRules, setPassword } from '../server/src/passwords/index.ts'
import { changeDefaultPolicy } from '../server/src/policies/index.ts'
import { inTenant, openStore } from '../server/src/store/index.ts'
import { testDatabaseUrl } from '../server/src/testing/database.ts'
import { meansAt } from '../server/src/testing/people.ts'
import { launch } from '../server/src/testing/program.ts'
import { type TestBrowser, testBrowser } from '../server/src/testing/server.ts'
import { gatewaySink, mailSink, readersOf } from '../server/src/testing/sinks.ts'
import { languages, loadWords } from '../server/src/words/index.ts'
import { commandsBelow, dumpAll, findSecrets, rowsOf } from './leaks.ts'

// A server as operators run it, with its fullest log, through every step that handles secrets: none of them is left
// behind.
const FIRST = 'Erstes Kennwort 1'
const SECOND = 'Zweites Kennwort 2'
const THIRD = 'Drittes Kennwort 3'
const MOBILE = '+12065550191'
const OFFICE = '+12065550192'
const EMAIL = 'very.private@letters.example'
const answerTo = (place: number) => `Sehr geheime Antwort ${'abcde'[place]}`

const operatorSecret = randomBytes(32).toString('base64url')
const gatewayPassword = randomBytes(12).toString('hex')
const databaseUrl = await testDatabaseUrl()
const mails = await mailSink()
const gateway = await gatewaySink()
const zone = createZone({ clock: () => new Date(), random: systemRandom })
const served = await serveZone(zone)
after(() => served.close())
const port = await freePort()
const words = loadWords()

/** Everything that must not be found, each with what it is. */
const secrets = new Map<string, string>([
  [operatorSecret, 'the operator’s secret'],
  [gatewayPassword, 'the gateway’s password'],
  ...[FIRST, SECOND, THIRD].map(password => [password, 'a password'] as const),
  ...[MOBILE, OFFICE].flatMap(
    number =>
      [
        [number, 'a number'],
        [number.slice(2), 'a number'],
      ] as const,
  ),
  [EMAIL, 'an address'],
])
const keep = (what: string, secret: string) => {
  secrets.set(secret, what)
  return secret
}

const store = await openStore({ databaseUrl, applicationName: 'latchkey test' })
after(() => store.close())
const hasher = await createHasher({ atOnce: 2, waiting: 100 })
const act = { ...meansAt(), now: new Date(), keys: keyring([operatorSecret]) }
const tenantId = systemRandom.uuid(act.now)
const rules = await inTenant(store, tenantId, trx => readPasswordRules(trx, act, nobody(tenantId), 'reset'))
const checks = createPasswordChecks(hasher, undefined)
const judged = await preparePassword(store, act, checks, { rules, newPassword: FIRST })
if ('refused' in judged) throw new Error(judged.refused.join(', '))
await inTenant(store, tenantId, async trx => {
  await createTenant(trx, act, tenantId, { displayName: 'Contoso', domain: 'contoso.example' })
  await changeDefaultPolicy(trx, act, tenantId, {
    enabled: true,
    gates: 1,
    methods: ['mobilePhone', 'officePhone', 'email', 'securityQuestions', 'authenticatorCode'],
    questions: ['first-concert', 'first-dish', 'first-sea', 'hiding-place', 'childhood-song'].map(id => ({ id })),
    questionsToRegister: 5,
    questionsToReset: 3,
  })
  const user = await createUser(trx, act, tenantId, {
    userPrincipalName: 'someone@contoso.example',
    displayName: 'Some Person',
    preferredLanguage: 'ja',
  })
  await setPassword(trx, act, user, { ...judged.prepared, mustChange: false })
  await setContactInfo(trx, act, user, { kind: 'officePhone', setBy: 'administrator', value: OFFICE })
})

const unmanagedId = systemRandom.uuid(act.now)
await inTenant(store, unmanagedId, async trx => {
  await createTenant(trx, act, unmanagedId, { displayName: 'Hooli', domain: 'hooli.example', unmanaged: true })
  await createUser(trx, act, unmanagedId, { userPrincipalName: 'ann@hooli.example', displayName: 'Ann' })
})

const server = launch(
  {
    DATABASE_URL: databaseUrl,
    LATCHKEY_ORIGIN: `http://127.0.0.1:${port}`,
    LATCHKEY_LISTEN: `127.0.0.1:${port}`,
    LATCHKEY_SECRETS: operatorSecret,
    LATCHKEY_SMTP_URL: mails.url,
    LATCHKEY_MAIL_FROM: 'no-reply@contoso.example',
    LATCHKEY_SMS_URL: gateway.url.replace('://', `://gateway:${gatewayPassword}@`),
    LATCHKEY_VOICE_URL: gateway.url.replace('://', `://gateway:${gatewayPassword}@`),
    LATCHKEY_LOG_LEVEL: 'trace',
    LATCHKEY_CAPTCHA: 'off',
    LATCHKEY_DNS: zone.server,
    LATCHKEY_TENANT_SUFFIX: 'latchkey.example',
    LATCHKEY_SIGNUP: 'open',
  },
  ['start'],
)
after(async () => {
  server.child.kill('SIGTERM')
  await server.ended
})
const log = () => server.output.out + server.output.err

/** The processes and waiting jobs that were seen during the run. */
const watched = { commands: new Set<string>(), jobs: new Set<string>(), looks: 0 }
const database = new pg.Client({ connectionString: databaseUrl })
await database.connect()
after(() => database.end())

const url = `http://127.0.0.1:${port}`
await waitFor('the server', async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.status === 200)

async function call(browser: TestBrowser, status: number, path: string, json?: unknown, language = 'en') {
  const answer = await browser.request(json === undefined ? 'GET' : 'POST', path, {
    ...(json !== undefined && { json }),
    headers: { 'accept-language': language },
  })
  assert.equal(answer.status, status, `${path}: ${answer.text}`)
  // Beside its secret a cookie holds ids.
  for (const [name, value] of browser.cookies)
    for (const part of value.split('.').filter(one => one.length === 43)) keep(`the cookie ${name}`, part)
  return answer.json
}

/** The code that comes with the next message to this number or address, after `act`. Notices hold none, and may come between. */
async function codeTo<T>(to: string, act: () => Promise<T>): Promise<{ code: string; result: T }> {
  const before = codesTo(to).length
  const result = await act()
  await waitFor(`a code to ${to}`, async () => codesTo(to).length > before)
  return { code: keep('a code', codesTo(to).at(-1) ?? ''), result }
}

function codesTo(to: string): string[] {
  const mailed = mails.mails.filter(mail => mail.to.includes(to)).map(mail => mail.parsed.text ?? '')
  const sent = gateway.requests.map(({ body }) => body as { to: string; text: string }).filter(body => body.to === to)
  const texts = [...mailed, ...sent.map(({ text }) => text)]
  return texts.flatMap(text => /\d{6}/.exec(text.replace(/(?<=\d), (?=\d)/g, ''))?.[0] ?? [])
}

test('no secret is left in logs, command lines, job rows or the database', async () => {
  let watching = true
  const watch = (async () => {
    while (watching) {
      for (const command of commandsBelow(server.child.pid ?? 0)) watched.commands.add(command)
      for (const row of await rowsOf(database, 'latchkey_jobs', 'jobs', '_private_jobs')) watched.jobs.add(row)
      watched.looks++
      await sleep(3)
    }
  })()
  try {
    await driveEverything()
    await driveWorkAccounts()
    await waitFor('every job', async () => (await rowsOf(database, 'latchkey_jobs', '_private_jobs')).length === 0)
  } finally {
    watching = false
    await watch
  }

  const dump = await dumpAll(database)
  const requests = () =>
    log()
      .split('\n')
      .filter(line => line.includes('"route":'))
  // The log is written in blocks, the last one a quarter of a second later.
  await waitFor('the log', async () => requests().length > 50)
  const printed = log()
  const places = { printed, commands: [...watched.commands].join('\n'), jobs: [...watched.jobs].join('\n'), dump }
  const codes = [...secrets.values()].filter(what => what === 'a code').length
  console.log(
    `${secrets.size} secrets (${codes} codes) sought in ${printed.length} characters of log, ${watched.commands.size} command lines and ${watched.jobs.size} job rows of ${watched.looks} looks, ${dump.length} characters of dump`,
  )
  // The searched places hold their data; otherwise an empty search would prove nothing.
  assert.ok(requests().length > 50 && printed.includes('/reset/:id/proofs'), `${requests().length} requests are logged`)
  assert.ok(places.commands.includes('cli/index.ts'))
  assert.ok(places.jobs.includes('challengeId') && places.jobs.includes('noticeId'))
  assert.ok(dump.includes('someone@contoso.example') && dump.includes('$argon2id$'))
  assert.ok(codes >= 11)
  const links = [...secrets.values()].filter(what => what === 'a mailed link').length
  assert.ok(links >= 10, `${links} links were mailed`)
  for (const [place, text] of Object.entries(places)) assert.deepEqual(findSecrets(secrets, text), [], place)
  const { rows } = await database.query(
    "select count(*)::int as kept from latchkey.challenges where code_sealed is not null and delivery = 'sent'",
  )
  assert.equal(rows[0].kept, 0, 'a code that was sent is kept no longer')

  // The same search finds a secret that was left behind, as text or in bytes.
  const canary = keep('a canary', 'Kanarienvogel 4711')
  const numbers = keep('a code', '918273')
  assert.deepEqual(findSecrets(secrets, await dumpAll(database)), [])
  await database.query('insert into latchkey.facts values ($1, $2)', ['planted', canary])
  await database.query('insert into latchkey.demo_outbox (id, sealed, sent_at) values ($1, $2, now())', [
    systemRandom.uuid(new Date()),
    Buffer.from(`the code ${numbers}.`),
  ])
  assert.deepEqual(findSecrets(secrets, await dumpAll(database)).sort(), ['a canary', 'a code'])
  const loud = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 10_000)', canary])
  await once(loud, 'spawn')
  assert.deepEqual(findSecrets(secrets, commandsBelow(process.pid).join('\n')), ['a canary'])
  loud.kill()
  assert.deepEqual(findSecrets(secrets, `{"path":"/reset?x=${encodeURIComponent(canary)}"}`), ['a canary'])
})

test('each message has one reader, and speaks the language that it should', () => {
  assert.ok(mails.mails.length >= 5)
  for (const mail of mails.mails) {
    assert.equal(mail.to.length, 1)
    assert.deepEqual(readersOf(mail), mail.to)
    assert.equal(mail.parsed.cc ?? mail.parsed.bcc, undefined)
    assert.equal(mail.raw.match(/^(to|cc|bcc):/gim)?.length, 1)
  }
  // Codes speak the journey's language, notices the reader's own.
  const organization = 'Contoso'
  const code = '000000'
  const subjects = mails.mails.map(mail => mail.parsed.subject?.replace(/\d{6}/, code))
  for (const language of languages)
    assert.ok(subjects.includes(words.in(language).t('messages.code.subject', { organization, code })), language)
  assert.ok(subjects.includes(words.in('ja').t('messages.notice.password_reset.subject', { organization })))
  assert.ok(!subjects.includes(words.in('en').t('messages.notice.password_reset.subject', { organization })))
  const spoken = gateway.requests.map(({ body }) => body as { text: string; language: string })
  assert.deepEqual(new Set(spoken.map(({ language }) => language)), new Set(languages))
  for (const { text, language } of spoken) {
    const [start = ''] = words
      .in(language as 'en')
      .t('messages.code.voice', { organization, digits: '#' })
      .split('#')
    const { t, duration } = words.in(language as 'en')
    const texted = t('messages.code.sms', { organization, code: '#', duration: duration(300).replace('\u00a0', ' ') })
    // The code stands first and in the last line, which binds it to the host.
    const [first = '', last = ''] = text.replace(/\d{6}/g, '#').split('\n')
    assert.ok(text.startsWith(start) || (first === texted && /^@\S+ ##$/.test(last)), text)
  }
})

/** Registers, signs in, resets and changes, right and wrong, in three languages. */
async function driveEverything() {
  const name = 'someone@contoso.example'
  const browser = testBrowser(url)
  await call(browser, 401, '/signin', { username: name, password: keep('a wrong password', 'Falsches Kennwort 9') })
  await call(browser, 401, '/signin', {
    username: keep('a password typed as a name', 'Verirrtes Kennwort 8'),
    password: 'x',
  })
  await call(browser, 200, '/signin', { username: name, password: FIRST })
  const { questions } = await call(browser, 200, '/security-info')
  const register = async (body: Record<string, string>, to: string, language: string) => {
    const { code, result } = await codeTo(to, () => call(browser, 201, '/security-info/challenges', body, language))
    await call(browser, 422, '/security-info/methods', {
      challenge: result.id,
      code: code === '000000' ? '111111' : '000000',
    })
    return { challenge: result.id, code }
  }
  await call(browser, 422, '/security-info/challenges', {
    kind: 'email',
    address: keep('a wrong address', 'not quite@letters.example'),
  })
  await call(
    browser,
    201,
    '/security-info/methods',
    await register({ kind: 'mobilePhone', phoneNumber: MOBILE, channel: 'sms' }, MOBILE, 'ja'),
  )
  const prove = async (kind: string, to: string, language: string) => {
    const { methods } = await call(browser, 200, '/security-info')
    const method = methods.find((one: { kind: string }) => one.kind === kind).id
    const { code, result } = await codeTo(to, () => call(browser, 201, '/session/challenges', { method }, language))
    await call(browser, 200, '/session/proofs', { challenge: result.challenge.id, code })
  }
  await prove('officePhone', OFFICE, 'fr')
  // What a password alone has registered counts as a second step once both are proved.
  await prove('mobilePhone', MOBILE, 'ja')
  await call(browser, 201, '/security-info/methods', await register({ kind: 'email', address: EMAIL }, EMAIL, 'fr'))
  const chosen = questions.choices.slice(0, 5)
  const answers = chosen.map(({ id }: { id: string }, place: number) => ({
    question: id,
    answer: keep('an answer', answerTo(place)),
  }))
  await call(browser, 201, '/security-info/methods', { kind: 'securityQuestions', answers })
  const app = await call(browser, 201, '/security-info/challenges', { kind: 'authenticatorCode' })
  const key = keep('the app’s key', new URL(app.otpauthUri).searchParams.get('secret') ?? '')
  const totp = new TOTP({ secret: Secret.fromBase32(key) })
  await call(browser, 201, '/security-info/methods', { challenge: app.id, code: keep('a code', totp.generate()) })

  // Gateways that fail make the errors that are logged.
  gateway.answerWith = 400
  const reset = testBrowser(url)
  const journey = await call(reset, 201, '/reset', { username: name })
  const path = `/reset/${journey.id}`
  const methodOf = (kind: string) => journey.methods.find((one: { kind: string }) => one.kind === kind).id
  const challenge = (body: object) => call(reset, 201, `${path}/challenges`, body)
  const failed = await codeTo(MOBILE, () =>
    challenge({ method: methodOf('mobilePhone'), channel: 'voice', phoneNumber: MOBILE }),
  )
  await waitFor('the failure', async () => (await call(reset, 200, path)).challenge?.delivery === 'failed')
  gateway.answerWith = 202
  mails.refuseWith = 550
  await challenge({ method: methodOf('email') })
  await waitFor('the failure', async () => (await call(reset, 200, path)).challenge?.delivery === 'failed')
  mails.refuseWith = undefined
  await call(reset, 410, `${path}/proofs`, { challenge: failed.result.challenge.id, code: failed.code })
  await call(reset, 422, `${path}/challenges`, {
    method: methodOf('mobilePhone'),
    channel: 'sms',
    phoneNumber: keep('a wrong number', '+12065550193'),
  })
  const asked = await challenge({ method: methodOf('securityQuestions') })
  const wrongly = asked.challenge.questions.map(({ id }: { id: string }, place: number) => ({
    question: id,
    answer: keep('a wrong answer', `Falsche Antwort ${'xyz'[place]}`),
  }))
  await call(reset, 422, `${path}/proofs`, { challenge: asked.challenge.id, answers: wrongly })
  const { code, result } = await codeTo(EMAIL, () =>
    call(reset, 201, `${path}/challenges`, { method: methodOf('email') }, 'en'),
  )

  // Requests that break on the way, each with something secret in it.
  const broken = (headers: Record<string, string>, body: string) =>
    fetch(`${url}${path}/password?code=${code}&newPassword=${encodeURIComponent(SECOND)}`, {
      method: 'POST',
      headers,
      body,
    })
  const json = { 'content-type': 'application/json', accept: 'application/json' }
  for (const status of await Promise.all([
    broken(json, `{"newPassword":"${SECOND}"`),
    broken(json, JSON.stringify({ newPassword: SECOND, [SECOND]: 1 })),
    broken(json, JSON.stringify({ newPassword: SECOND.repeat(10_000) })),
    broken({ ...json, 'content-type': 'text/plain' }, SECOND),
    broken({ ...json, origin: `https://${code}.example` }, JSON.stringify({ newPassword: SECOND })),
    fetch(`${url}/${encodeURIComponent(SECOND)}/${code}?answer=${encodeURIComponent(answerTo(0))}`),
    fetch(`${url}/%ff${code}`),
  ]).then(all => all.map(one => one.status)))
    assert.ok(status >= 400 && status < 500, String(status))

  await call(reset, 200, `${path}/proofs`, { challenge: result.challenge.id, code })
  await call(reset, 422, `${path}/password`, { newPassword: keep('a refused password', 'zu einfaches kennwort') })
  await call(reset, 200, `${path}/password`, { newPassword: SECOND })

  // In each language once more, by mail.
  for (const language of ['ja', 'fr']) {
    const again = testBrowser(url)
    const other = await call(again, 201, '/reset', { username: name }, language)
    const method = other.methods.find((one: { kind: string }) => one.kind === 'email').id
    await codeTo(EMAIL, () => call(again, 201, `/reset/${other.id}/challenges`, { method }, language))
    const mobile = other.methods.find((one: { kind: string }) => one.kind === 'mobilePhone').id
    await codeTo(MOBILE, () =>
      call(
        again,
        201,
        `/reset/${other.id}/challenges`,
        { method: mobile, channel: 'voice', phoneNumber: MOBILE },
        'en',
      ),
    )
  }
  await call(browser, 200, '/signin', { username: name, password: SECOND })
  await call(browser, 422, '/account/password', { currentPassword: 'Falsches Kennwort 9', newPassword: THIRD })
  await call(browser, 204, '/account/password', { currentPassword: SECOND, newPassword: THIRD })
  await prove('mobilePhone', MOBILE, 'en')
  const { methods } = await call(browser, 200, '/security-info')
  const phone = methods.find((one: { kind: string }) => one.kind === 'mobilePhone').id
  assert.equal((await browser.request('DELETE', `/security-info/methods/${phone}`)).status, 204)
  const stranger = testBrowser(url)
  const unknown = await call(stranger, 201, '/reset', {
    username: keep('a stranger’s address', 'nobody.you.know@letters.example'),
  })
  await call(stranger, 409, `/reset/${unknown.id}/contact`, {})
  await waitFor(
    'the notices',
    async () =>
      mails.mails.filter(({ parsed }) =>
        parsed.subject?.includes(
          words.in('ja').t('messages.notice.password_changed.subject', { organization: 'Contoso' }),
        ),
      ).length > 0,
  )
}

/** What mails lead to: a sign-up and its second administrator, a decision, a check, a case, a claim and its objection. */
async function driveWorkAccounts() {
  const begin = async (address: string, path: string, body: object) => {
    const browser = testBrowser(url)
    const { code, result } = await codeTo(address, () => call(browser, 201, path, body))
    const own = `${path}/${result.number ?? result.id}`
    const prove = () => call(browser, 200, `${own}/proofs`, { challenge: result.challenge.id, code })
    return { browser, own, result, prove }
  }
  /** Opens the link that is mailed next to this address, as a browser does: each request names the page it comes from. */
  const openLink = async (to: string, act: () => Promise<unknown>) => {
    const linksTo = () => linksIn(mails.mails.filter(mail => mail.to.includes(to)))
    const before = linksTo().length
    await act()
    await waitFor(`a link to ${to}`, async () => linksTo().length > before)
    const path = `/links/${linksTo()[before]}`
    const browser = testBrowser(url)
    const headers = { referer: url + path }
    const page = await browser.request('GET', path, { page: true, headers })
    assert.deepEqual([page.status, page.headers.get('referrer-policy')], [200, 'same-origin'], path)
    await browser.request('GET', '/assets/none', { page: true, headers })
    const opened = await browser.request('POST', path, { json: {}, headers })
    assert.equal(opened.status, 200, opened.text)
    const shown = await browser.request('GET', opened.json.next, { page: true, headers })
    assert.equal(shown.status, 200, opened.json.next)
    return { browser, next: opened.json.next as string }
  }
  const people = { givenName: 'Bo', surname: 'Ray', userName: 'bo', newPassword: SECOND }

  const signup = await begin('founding@letters.example', '/signup', {
    ...{ address: 'founding@letters.example', for: 'company' },
  })
  await signup.prove()
  const organization = { displayName: 'Kestrel Marsh', country: 'GB', label: 'kestrel' }
  await call(signup.browser, 200, `${signup.own}/organization`, organization)
  const made = await call(signup.browser, 201, `${signup.own}/administrator`, { ...people, userName: 'ann' })
  for (const code of Object.values<string[]>(made.emergency.codes).flat()) keep('an emergency code', code)
  const second = keep('an address', 'second@letters.example')
  const joining = await openLink(second, () =>
    call(signup.browser, 200, `${signup.own}/codes`, { kept: true, secondAdministrator: second }),
  )
  await call(joining.browser, 201, joining.next, people)

  const decider = testBrowser(url)
  const start = await call(decider, 201, '/start', {})
  const other = keep('an address', 'deciding@letters.example')
  await openLink(other, () => call(decider, 202, `/start/${start.id}/link`, { address: other }))
  const checked = keep('an address', 'checking@letters.example')
  await openLink(checked, () => call(testBrowser(url), 202, '/account-check/mail', { address: checked }))

  const address = keep('an address', 'asking@letters.example')
  const text = keep('the text of a case', 'Mein Telefon ist fort, und niemand hilft.')
  const asker = await begin(address, '/cases', { kind: 'other', domain: 'contoso.example', address, text })
  await openLink(address, asker.prove)
  const lost = { number: asker.result.number, address }
  await openLink(address, () => call(testBrowser(url), 202, '/cases/links', lost))

  const boss = await begin('boss@hooli.example', '/takeovers', {
    ...{ domain: 'hooli.example', address: 'boss@hooli.example' },
  })
  await boss.prove()
  const { record } = await call(boss.browser, 200, boss.own)
  zone.add({ name: 'hooli.example', type: 'TXT', data: record.value, ttl: 300 })
  const objecting = await openLink('ann@hooli.example', () => call(boss.browser, 200, `${boss.own}/check`, {}))
  const reason = keep('the reason of an objection', 'Den kennt hier keiner, wirklich.')
  await call(objecting.browser, 200, `${objecting.next}/objection`, { reason })
  for (const token of linksIn(mails.mails)) keep('a mailed link', token)
}

/** The tokens of the links in these mails, in their order. */
const linksIn = (sent: typeof mails.mails) =>
  sent.flatMap(({ parsed }) => [...(parsed.text ?? '').matchAll(/\/links\/([\w-]{40,})/g)].map(([, token]) => token!))

async function waitFor(what: string, holds: () => Promise<boolean>) {
  const end = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`Waited in vain for ${what}; the server printed: ${log().slice(-2_000)}`)
    await sleep(20)
  }
}
