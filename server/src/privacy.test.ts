// Long because one server and its acts serve every cell: who may see what, and where (self-service password reset, §11;
// administration on the wire, §3 "Never shown").

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Role } from './access/index.ts'
import { DAY } from './clock.ts'
import { PASSWORD } from './demo/index.ts'
import { assignRole, findTenantId, findUserByName, userEntity } from './directory/index.ts'
import { inTenant } from './store/index.ts'
import { type AskApi, testApi } from './testing/api.ts'
import { granted, post, refused } from './testing/contract.ts'
import { wrongCode } from './testing/people.ts'
import { latchkey } from './testing/program.ts'
import { SECRET, type TestBrowser, testServer } from './testing/server.ts'

const log: string[] = []
const server = await testServer({ log: line => log.push(line), trustedProxies: ['127.0.0.1'] })
const { services, store } = server
const ADDRESS = '203.0.113.77'

/** A browser at an address of its own. */
function visitor(): TestBrowser {
  const browser = server.browser()
  const headers = { 'x-forwarded-for': ADDRESS }
  return { ...browser, request: (method, path, more) => browser.request(method, path, { ...more, headers }) }
}

const api = testApi(server)
const acme = await findTenantId(store, 'acme.example')
const userOf = (name: string) =>
  inTenant(store, acme, async trx => {
    const user = await findUserByName(trx, acme, name)
    assert.ok(user)
    return user
  })

const NAME = 'registered@acme.example'
const owner = await userOf(NAME)
const prefilled = await userOf('prefilled@acme.example')
const NEW_PASSWORD = 'Kestrel over marsh 48'
const TYPED = 'my-password-typed-as-name'
const WRONG = 'Mistyped correct horse 9'
const WRONG_ANSWER = 'an answer of another life'

// Webhooks go here.
const hooked: string[] = []
const far = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text
  })
  request.on('end', () => {
    const token = new URL(request.url!, 'http://far').searchParams.get('validationToken')
    if (token === null) hooked.push(body)
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(token ?? '')
  })
})
await once(far.listen(0, '127.0.0.1'), 'listening')
after(() => {
  far.closeAllConnections()
  far.close()
})

/** An answer of `/v1.0` that went well. */
async function grant(ask: AskApi, method: string, path: string, body?: unknown) {
  const answer = await ask(method, path, body)
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
  return answer.json
}

// Everything that could be told somewhere happens once: what is changed, sent, typed, made and refused.
const admin = await api.as('admin@acme.example')
const subscriptions: { id: string; signingSecret: string }[] = []
for (const [resource, changeType] of [
  ['users', 'created,updated'],
  ['auditLogs/directoryAudits', 'created'],
  ['auditLogs/signIns', 'created'],
  ['reset/journeys', 'created'],
] as const)
  subscriptions.push(
    await grant(admin, 'POST', '/subscriptions', {
      resource,
      changeType,
      notificationUrl: `http://127.0.0.1:${(far.address() as AddressInfo).port}/${resource}`,
      clientState: 'theirs',
      expirationDateTime: new Date(services.clock().getTime() + DAY).toISOString(),
    }),
  )
// Beside their own number and addresses, an administrator's.
await grant(admin, 'PATCH', `/users/${owner.id}`, {
  mobilePhone: '+46 70 174 06 06',
  otherMails: ['published@mail.example'],
})
const browser = visitor()
const journey = granted(await post(browser, '/reset', { username: NAME }), 201)
const by = (kind: string): string => journey.methods.find((one: { kind: string }) => one.kind === kind).id
const asked = granted(await post(browser, `/reset/${journey.id}/challenges`, { method: by('securityQuestions') }), 201)
refused(
  await post(browser, `/reset/${journey.id}/proofs`, {
    challenge: asked.challenge.id,
    answers: asked.challenge.questions.map(({ id }: { id: string }) => ({ question: id, answer: WRONG_ANSWER })),
  }),
  422,
  'answers_incorrect',
)
const [before] = await server.outbox()
const sent = granted(await post(browser, `/reset/${journey.id}/challenges`, { method: by('email') }), 201)
const CODE = await server.code('registered@mail.example', before)
const proof = (code: string) => post(browser, `/reset/${journey.id}/proofs`, { challenge: sent.challenge.id, code })
// Another one at each call.
const WRONG_CODE = wrongCode(CODE)
refused(await proof(WRONG_CODE), 422, 'code_incorrect')
granted(await proof(CODE))
granted(await post(browser, `/reset/${journey.id}/password`, { newPassword: NEW_PASSWORD }))
for (const username of [NAME, `${TYPED}@acme.example`])
  refused(await post(visitor(), '/signin', { username, password: WRONG }), 401, 'invalid_credentials')
await post(visitor(), '/reset', { username: `${TYPED}@acme.example` })
const own = server.browser()
granted(await post(own, '/signin', { username: NAME, password: NEW_PASSWORD }))
const stranger = granted(await post(visitor(), '/reset', { username: 'new@acme.example' }), 201)
await post(visitor(), `/reset/${stranger.id}/contact`)
const [passwordMethod] = (await grant(admin, 'GET', `/users/${prefilled.id}/authentication/passwordMethods`)).value
const { newPassword: TEMPORARY } = await grant(
  admin,
  'POST',
  `/users/${prefilled.id}/authentication/methods/${passwordMethod.id}/resetPassword`,
  {},
)
const passes = `/users/${prefilled.id}/authentication/temporaryAccessPassMethods`
const { temporaryAccessPass: PASS } = await grant(admin, 'POST', passes, {})
const application = await grant(admin, 'POST', '/applications', {
  displayName: 'Expenses',
  web: { redirectUris: ['https://expenses.example/callback'] },
})
const { secretText: SECRET_TEXT } = await grant(admin, 'POST', `/applications/${application.id}/addPassword`, {})
const { value: principals } = await grant(admin, 'GET', `/servicePrincipals?$filter=appId eq '${application.appId}'`)
const tokens = `/servicePrincipals/${principals[0].id}/scimTokens`
const { token: SCIM } = await grant(admin, 'POST', tokens, { displayName: 'Workday' })

/** A value as texts hold it: numbers are told by their digits. */
const holds = (text: string, value: string | RegExp) =>
  typeof value === 'string' ? text.includes(value) || text.replace(/\D/g, '').includes(value) : value.test(text)
const asWord = (code: string) => new RegExp(`(?<![\\w.-])${code}(?![\\w-])`)
const questions: string[] = asked.challenge.questions.flatMap(({ id, text }: Record<'id' | 'text', string>) => [
  id,
  text,
])

const VIEWERS = {
  'the person': { as: NAME },
  'another person': { as: 'new@acme.example' },
  'the help desk': { as: 'helpdesk@acme.example' },
  'an authentication administrator': { as: 'stale@acme.example', role: 'Authentication Administrator' },
  'a Global Administrator': { as: 'admin@acme.example' },
  'who reads reports': { as: 'locked@acme.example', role: 'Reports Reader' },
  'who keeps applications': { as: 'signer@acme.example', role: 'Application Administrator' },
  'a program that reads users': {},
  'somebody of another tenant': {},
} as const satisfies Record<string, { as?: string; role?: Role }>
type Viewer = keyof typeof VIEWERS

const EVERYBODY = Object.keys(VIEWERS).filter(who => who !== 'somebody of another tenant') as Viewer[]
const BY_METHODS: Viewer[] = ['the person', 'an authentication administrator', 'a Global Administrator']
const AUDITORS: Viewer[] = ['a Global Administrator', 'who reads reports']
/** They read the steps of a reset as a timeline (administration on the wire, §2.6 and §3.1: journeys.read). */
const HELPERS: Viewer[] = ['the help desk', 'an authentication administrator']
const NOBODY: Viewer[] = []

const CHANNELS = [
  'search',
  'delta',
  'export of users',
  'export of registrations',
  'export of the audit log',
  'SCIM',
  'directoryAudits',
  'signIns',
  'journeys',
  'reports',
  'the command line: people',
  'the command line: the log',
  'a reset that a stranger begins',
  'the server’s own log',
  'webhooks',
  'notices and mails to administrators',
  'deleted people',
] as const
type Channel = (typeof CHANNELS)[number]

/** Where a directory tells of people. */
const DIRECTORY: Channel[] = [
  'search',
  'delta',
  'export of users',
  'SCIM',
  'the command line: people',
  'deleted people',
]
const LOGS: Channel[] = ['directoryAudits', 'export of the audit log', 'the command line: the log']
const NOWHERE: Channel[] = []

/** The table: a datum by values of it, who sees it at `/v1.0` and on their pages, and where else it stands. Every other cell is a no. */
const TABLE: Record<
  string,
  { values: readonly (string | RegExp)[]; seenBy: readonly Viewer[]; standsIn: readonly Channel[] }
> = {
  'authentication phone': { values: ['12065550110'], seenBy: BY_METHODS, standsIn: NOWHERE },
  'authentication email': { values: ['registered@mail'], seenBy: BY_METHODS, standsIn: NOWHERE },
  'mobile phone': { values: ['46701740606'], seenBy: EVERYBODY, standsIn: DIRECTORY },
  'office phone': { values: ['12065550111'], seenBy: EVERYBODY, standsIn: DIRECTORY },
  'alternate email': { values: ['published@mail'], seenBy: EVERYBODY, standsIn: DIRECTORY },
  'chosen questions': {
    values: questions,
    seenBy: ['the person'],
    // Asked, or nobody could prove anything by them.
    standsIn: ['a reset that a stranger begins'],
  },
  answers: { values: ['demo answer', WRONG_ANSWER], seenBy: NOBODY, standsIn: NOWHERE },
  passwords: { values: [PASSWORD, NEW_PASSWORD, WRONG, 'argon2id'], seenBy: NOBODY, standsIn: NOWHERE },
  codes: { values: [CODE, WRONG_CODE].map(asWord), seenBy: NOBODY, standsIn: NOWHERE },
  'a temporary password, after its one answer': { values: [TEMPORARY], seenBy: NOBODY, standsIn: NOWHERE },
  'an access pass, after its one answer': { values: [PASS], seenBy: NOBODY, standsIn: NOWHERE },
  'a secret of an application, after its one answer': { values: [SECRET_TEXT], seenBy: NOBODY, standsIn: NOWHERE },
  'a signing secret, after its one answer': {
    values: subscriptions.map(({ signingSecret }) => signingSecret),
    seenBy: NOBODY,
    standsIn: NOWHERE,
  },
  'a token for SCIM, after its one answer': { values: [SCIM], seenBy: NOBODY, standsIn: NOWHERE },
  'the state of a subscriber': { values: ['"theirs"'], seenBy: NOBODY, standsIn: ['webhooks'] },
  'names of nobody': { values: [TYPED], seenBy: NOBODY, standsIn: NOWHERE },
  'the audit: addresses': {
    values: [ADDRESS],
    seenBy: ['the person', ...AUDITORS, ...HELPERS],
    standsIn: [...LOGS, 'signIns', 'journeys', 'notices and mails to administrators'],
  },
  'the audit: acts of administrators': { values: ['pass.issued'], seenBy: AUDITORS, standsIn: LOGS },
  'the audit: failed proofs of a reset': {
    values: ['reset.proof_failed'],
    seenBy: [...AUDITORS, ...HELPERS],
    standsIn: [...LOGS, 'journeys'],
  },
}

const AUDIT = ['/auditLogs/directoryAudits?$top=1000', '/auditLogs/signIns?$top=1000']
const REPORTS = [
  '/reports/authenticationMethods/userRegistrationDetails',
  `/reports/authenticationMethods/userRegistrationDetails/${owner.id}`,
  '/reports/authenticationMethods/usersRegisteredByMethod',
  '/reports/authenticationMethods/usersRegisteredByFeature',
  '/reports/passwordReset/dailySummaries',
  '/reports/security/dailySummaries',
  '/reports/messages/dailySummaries',
  '/reports/registration/dailySummaries',
  '/reports/registration/departments',
  '/reports/registration/policies',
]
/** What its reader may know alone: to helpers, how many cases wait (reports, “What needs attention”). */
const ATTENTION = ['/reports/attention']
const JOURNEYS = ['/reset/journeys', `/reset/journeys/${journey.id}`]
const SELECTED = '$select=id,userPrincipalName,displayName,mail,mobilePhone,businessPhones,otherMails,proxyAddresses'
const LISTS = ['methods', 'phoneMethods', 'emailMethods', 'passwordMethods', 'softwareOathMethods', 'fido2Methods']

/** Where a viewer asks. */
const PLACES = [
  '/me',
  '/me/authentication/methods',
  ...[owner, prefilled].flatMap(({ id }) => [
    `/users/${id}`,
    `/users/${id}?${SELECTED}`,
    `/users/${id}?$select=${Object.keys(userEntity(acme).properties)}`,
    `/users/${id}/authentication/resetReadiness`,
    `/users/${id}/authentication/temporaryAccessPassMethods`,
    ...LISTS.map(list => `/users/${id}/authentication/${list}`),
  ]),
  `/users?${SELECTED}`,
  '/applications',
  '/servicePrincipals',
  tokens,
  '/subscriptions',
  ...subscriptions.map(({ id }) => `/subscriptions/${id}/deliveries`),
  ...AUDIT,
  ...REPORTS,
  ...ATTENTION,
  ...JOURNEYS,
]

async function asking(viewer: Viewer): Promise<AskApi> {
  if (viewer === 'a program that reads users') return api.asApplication(['User.Read.All'])
  if (viewer === 'somebody of another tenant') return testApi(server, 'globex.example').as('two-gates@globex.example')
  const { as, role } = VIEWERS[viewer] as { as: string; role?: Role }
  if (role) {
    const means = { now: services.clock(), random: services.random, keys: services.keys }
    const { id } = await userOf(as)
    await inTenant(store, acme, trx => assignRole(trx, means, id, role))
  }
  return api.as(as)
}

const asks = new Map<Viewer, AskApi>()
for (const viewer of Object.keys(VIEWERS) as Viewer[]) asks.set(viewer, await asking(viewer))
const of = (viewer: Viewer) => asks.get(viewer)!

/** Everything that a viewer is answered, at `/v1.0`, and for the person on the pages of their own account. */
async function seenBy(viewer: Viewer): Promise<string> {
  const answers = await Promise.all(PLACES.map(path => of(viewer)('GET', path)))
  const texts = answers.map(({ text }) => text)
  if (viewer === 'the person')
    for (const path of ['/account', '/account/activity', '/security-info'])
      texts.push((await own.get(path)).text, (await own.page(path)).text)
  return texts.join('\n')
}

const ended = async (what: string, isSo: () => unknown) => {
  for (const end = performance.now() + 60_000; !(await isSo()); await sleep(20))
    assert.ok(performance.now() < end, what)
}

async function exported(kind: string): Promise<string> {
  const { id } = await grant(admin, 'POST', `/bulk/jobs?kind=${kind}`)
  const { status, text } = await admin('GET', `/bulk/jobs/${id}/content`)
  assert.equal(status, 200)
  return text
}

async function told(...paths: string[]): Promise<string> {
  const answers = await Promise.all(paths.map(path => admin('GET', path)))
  for (const [place, { status, text }] of answers.entries()) assert.equal(status, 200, `${paths[place]}: ${text}`)
  return answers.map(({ text }) => text).join('\n')
}

const env = { DATABASE_URL: server.databaseUrl, LATCHKEY_SECRETS: SECRET }
async function printed(...commands: string[][]): Promise<string> {
  const runs = await Promise.all(commands.map(words => latchkey(env, ...words)))
  for (const { code, err } of runs) assert.equal(code, 0, err)
  return runs.map(({ out }) => out).join('\n')
}

/** What each channel holds, to its most privileged reader. */
const channels: Record<Channel, () => Promise<string>> = {
  search: () =>
    told(`/users?$search="displayName:registered"&${SELECTED}`, `/users?$filter=id eq '${owner.id}'&${SELECTED}`),
  delta: () => told(`/users/delta?${SELECTED}`),
  'export of users': () => exported('usersExport'),
  'export of registrations': () => exported('registrationExport'),
  'export of the audit log': () => exported('auditExport'),
  async SCIM() {
    const { status, text } = await api.with(SCIM)('GET', `${services.origin}/scim/v2/Users`)
    assert.equal(status, 200, text)
    return text
  },
  directoryAudits: () => told(AUDIT[0]!),
  signIns: () => told(AUDIT[1]!),
  journeys: () => told(...JOURNEYS),
  reports: () => told(...REPORTS, ...ATTENTION),
  'the command line: people': () =>
    printed(
      ['users', 'show', NAME],
      ['users', 'show', NAME, '--json'],
      ['users', 'list', 'acme.example', '--json'],
      ['users', 'passkeys', NAME, '--json'],
    ),
  'the command line: the log': () =>
    printed(
      ['audit', 'list', 'acme.example', '--last', '999', '--json'],
      ['audit', 'sign-ins', 'acme.example', '--json'],
      ['subscriptions', 'list', 'acme.example', '--json'],
    ),
  // They know a name alone: where a code goes is masked, and questions are asked.
  async 'a reset that a stranger begins'() {
    const browser = visitor()
    const begun = await post(browser, '/reset', { username: NAME })
    const { id, methods } = granted(begun, 201)
    const posed = await Promise.all(
      methods
        .filter(({ kind }: { kind: string }) => kind === 'email' || kind === 'securityQuestions')
        .map((method: { id: string }) => post(browser, `/reset/${id}/challenges`, { method: method.id })),
    )
    for (const answer of posed) granted(answer, 201)
    return [begun, ...posed, await browser.get(`/reset/${id}`), await browser.page(`/reset/${id}`)]
      .map(({ text }) => text)
      .join('\n')
  },
  async 'the server’s own log'() {
    await ended('requests are logged', () => log.some(line => line.includes('/reset')))
    return log.join('\n')
  },
  async webhooks() {
    for (const resource of ['users', 'auditLogs/directoryAudits', 'auditLogs/signIns', 'reset/journeys'])
      await ended(resource, () => hooked.some(body => body.includes(`"resource":"${resource}`)))
    await ended('the owner', () => hooked.some(body => body.includes(owner.id)))
    return hooked.join('\n')
  },
  async 'notices and mails to administrators'() {
    const kept = `select count(*)::int as waiting from latchkey_jobs._private_jobs j
      join latchkey_jobs._private_tasks t on t.id = j.task_id where t.identifier like '%notice%'`
    await ended('mails are sent', async () => (await store.pool.query(kept)).rows[0].waiting === 0)
    const mails = (await server.outbox()).filter(({ kind }) => kind !== 'code')
    assert.ok(mails.length >= 3)
    return mails.map(message => JSON.stringify({ ...message, to: '' })).join('\n')
  },
  // The last of all: afterwards there is no owner.
  async 'deleted people'() {
    await grant(admin, 'DELETE', `/users/${owner.id}`)
    return told(`/directory/deletedItems/microsoft.graph.user?${SELECTED}`)
  },
}

/** What proves that a channel was read: it tells of the owner, or of whom it is about. */
const SPEAKS_OF: Partial<Record<Channel, string>> = {
  journeys: journey.id,
  'a reset that a stranger begins': '"hint"',
  reports: owner.id,
  'the server’s own log': '/reset/:id/proofs',
  webhooks: owner.id,
  'notices and mails to administrators': NAME,
}

/** The cells of a column that do not hold: what is seen there against the table. */
const mismatches = (text: string, isYes: (row: (typeof TABLE)[string]) => boolean) =>
  Object.entries(TABLE).flatMap(([datum, row]) => {
    const found = row.values.filter(value => holds(text, value))
    return found.length > 0 === isYes(row) ? [] : [`${datum}: ${isYes(row) ? 'is missing' : found.join()}`]
  })

for (const viewer of Object.keys(VIEWERS) as Viewer[])
  test(`what ${viewer} may see is there, and of every other datum nothing`, async () => {
    assert.deepEqual(
      mismatches(await seenBy(viewer), row => row.seenBy.includes(viewer)),
      [],
    )
  })

test('each report is open to whom the table names, and to nobody else', async () => {
  const open: Partial<Record<Viewer, string[]>> = {
    'the help desk': [...ATTENTION, ...JOURNEYS],
    'an authentication administrator': JOURNEYS,
    'who reads reports': [...AUDIT, ...REPORTS, ...ATTENTION, ...JOURNEYS],
    'who keeps applications': [...REPORTS, ...ATTENTION],
    'a Global Administrator': [...AUDIT, ...REPORTS, ...ATTENTION, ...JOURNEYS],
  }
  for (const viewer of EVERYBODY)
    for (const path of [...AUDIT, ...REPORTS, ...ATTENTION, ...JOURNEYS])
      assert.equal(
        (await of(viewer)('GET', path)).status,
        open[viewer]?.includes(path) ? 200 : 403,
        `${viewer}: ${path}`,
      )
  // What people and audits may know is there: who, when, by which kind of method, from where.
  const text = await told(AUDIT[0]!)
  for (const known of [NAME, 'reset.proof_failed', ADDRESS]) assert.ok(text.includes(known), known)
})

test('nobody is found by what somebody registered, and everybody by what an administrator filled in', async () => {
  const found = async (query: string) => {
    const { status, json, text } = await admin('GET', `/users?${query}`)
    assert.equal(status, 200, text)
    return json.value.map(({ id }: { id: string }) => id)
  }
  const lookedUp = async (query: string) =>
    (await grant(of('the help desk'), 'POST', '/helpDesk/lookups', { query })).value.map(({ id }: { id: string }) => id)
  const mails = (address: string) => found(`$filter=otherMails/any(m:m eq '${address}')`)
  const phone = (number: string) => found(`$filter=mobilePhone eq '${encodeURIComponent(number)}'`)
  assert.deepEqual(await phone('+46701740606'), [owner.id])
  assert.deepEqual(await phone('+12065550110'), [])
  assert.deepEqual(await mails('published@mail.example'), [owner.id])
  assert.deepEqual(await mails('registered@mail.example'), [])
  assert.deepEqual(await found('$search="mail:registered@mail"'), [])
  assert.deepEqual([await lookedUp('0606'), await lookedUp('0110')], [[owner.id], []])
})

const keys = [
  '@odata.context',
  '@odata.etag',
  'businessPhones',
  'displayName',
  'givenName',
  'id',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
]

test('me and one’s own entry are the same, with contact info as administrators filled it in', async () => {
  const person = of('the person')
  for (const path of ['/me', `/users/${owner.id}`, `/users/${NAME}`]) {
    const { status, json } = await person('GET', path)
    assert.equal(status, 200, path)
    assert.deepEqual(Object.keys(json).sort(), [...keys].sort())
    assert.equal(json.id, owner.id)
    assert.equal(json.mobilePhone, '+46 701740606')
    assert.deepEqual(json.businessPhones, ['+1 2065550111'])
    const { json: mails } = await person('GET', `${path}?$select=otherMails`)
    assert.deepEqual(mails.otherMails, ['published@mail.example'])
  }
})

test('a colleague, also an administrator, sees contact info alone, by id and by name', async () => {
  for (const viewer of ['another person', 'a Global Administrator'] as const) {
    const ask = of(viewer)
    for (const named of [owner.id, NAME, 'REGISTERED%40acme.example']) {
      const { status, json } = await ask('GET', `/users/${named}`)
      assert.equal(status, 200, named)
      assert.deepEqual(Object.keys(json).sort(), [...keys].sort())
      assert.equal(json.mobilePhone, '+46 701740606')
    }
    const { json } = await ask('GET', `/users/${prefilled.id}`)
    assert.equal(json.mobilePhone, '+46 701740605')
    const { json: mails } = await ask('GET', `/users/${prefilled.id}?$select=otherMails`)
    assert.deepEqual(mails.otherMails, ['prefilled@mail.example'])
  }
})

test('somebody of another tenant reads like nobody at all, word for word', async () => {
  const said = async (path: string) => {
    const { status, json } = await of('somebody of another tenant')('GET', path)
    const { innerError: _, ...error } = json.error
    return { status, error }
  }
  const expected = await said(`/users/${services.random.uuid(services.clock())}`)
  assert.deepEqual([expected.status, expected.error.code], [404, 'Request_ResourceNotFound'])
  for (const named of [owner.id, NAME, 'nobody@globex.example', 'x', '%00@acme.example', "'"])
    assert.deepEqual(await said(`/users/${named}`), expected, named)
})

test('nobody is told anything without a token; a session’s cookie is none', async () => {
  const cookie = [...own.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  assert.equal((await own.get('/session')).status, 200)
  for (const path of ['/me', `/users/${owner.id}`, '/users/nobody@acme.example', '/nothing'])
    for (const headers of [{}, { cookie }] as Record<string, string>[]) {
      const { status, json, headers: answered } = await api.with(undefined)('GET', path, undefined, headers)
      assert.deepEqual([status, json.error.code], [401, 'InvalidAuthenticationToken'], path)
      assert.equal(answered.get('www-authenticate'), 'Bearer')
    }
})

test('no entry of anybody holds a number or address that somebody else registered', async () => {
  const registered = ['12065550101', '12065550110', '61491570006', 'admin@mail', 'registered@mail', 'two-gates@mail']
  const everybody = await inTenant(store, acme, async trx =>
    (await trx.selectFrom('users').select('id').where('tenant_id', '=', acme).execute()).map(({ id }) => id),
  )
  assert.ok(everybody.length >= 10)
  let answered = 0
  for (const viewer of [
    'the person',
    'another person',
    'a Global Administrator',
    'somebody of another tenant',
  ] as const)
    for (const path of ['/me', ...everybody.map(id => `/users/${id}`)]) {
      const { status, text } = await of(viewer)('GET', path)
      if (status === 200) answered++
      for (const value of registered) assert.equal(holds(text, value), false, `${path} shows ${value}`)
    }
  // Three of the tenant see everybody and themselves; the stranger, themselves alone.
  assert.equal(answered, 3 * (everybody.length + 1) + 1)
})

/** Where nobody’s number or address stands, whoever gave it. */
const DESTINATION = /\+?1? ?206 ?555 ?01\d\d|4670174060\d|61491570006|mail\.example/
const MAY_HOLD_DESTINATIONS: Channel[] = [...DIRECTORY, 'notices and mails to administrators']

for (const channel of CHANNELS)
  test(`what may stand in ${channel} is there, and of every other datum nothing`, async () => {
    const text = await channels[channel]()
    assert.ok(text.includes(SPEAKS_OF[channel] ?? NAME), channel)
    assert.deepEqual(
      mismatches(text, row => row.standsIn.includes(channel)),
      [],
    )
    if (!MAY_HOLD_DESTINATIONS.includes(channel)) assert.doesNotMatch(text, DESTINATION)
  })
