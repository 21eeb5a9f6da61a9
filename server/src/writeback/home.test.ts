import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTenantId } from '../directory/index.ts'
import { changeWritebackPolicy, type WritebackSettings } from '../policies/index.ts'
import { inTenant } from '../store/index.ts'
import { agent, agentToken, runAgent, stateFolder } from '../testing/agents.ts'
import { testApi } from '../testing/api.ts'
import { keptThere, readyToChoose } from '../testing/directoryHome.ts'
import { latchkey } from '../testing/program.ts'
import { SECRET, testServer } from '../testing/server.ts'
import { FIRST, startSlapd } from '../testing/slapd.ts'
import { until } from '../testing/until.ts'

const [web, directory] = await Promise.all([testServer(), startSlapd()])
const folder = stateFolder(directory)
const enrolled = await agent('enroll', '--server', web.url, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)
const running = await runAgent(folder)
await running.event(({ code }) => code === 31_019)

const api = testApi(web)
const admin = await api.as('admin@acme.example')
const PASSWORD = '28c10230-6103-485e-b985-444c60001490'
const tenantId = await findTenantId(web.store, 'acme.example')
const setWriteback = (changes: Partial<WritebackSettings>) =>
  inTenant(web.store, tenantId, trx => changeWritebackPolicy(trx, tenantId, changes))
const noLink = () =>
  until(async () => (await query('select from latchkey.agents where link_id is not null')).length === 0)

const ANNA = 'registered@acme.example'
const query = async (text: string, values: unknown[] = []) => (await web.store.pool.query(text, values)).rows

await keptThere(web, directory, ANNA)

const ready = (problem?: 'forgot' | 'unlock') => readyToChoose(web, problem)
const signIn = (password: string, browser = web.browser()) => browser.post('/signin', { username: ANNA, password })
const epochOf = async () =>
  (await query('select security_epoch as epoch from latchkey.accounts where user_principal_name = $1', [ANNA]))[0].epoch

test('a reset is written to the directory, which judges it and says why not', async () => {
  const { browser, path, proved, choose } = await ready()
  assert.deepEqual(proved.json.passwordRules, { source: 'directory', minimumLength: 12, history: 3 })
  const short = await choose('Kq7-kelp')
  assert.deepEqual(
    [short.status, short.json.code, short.json.reasons],
    [422, 'password_refused_by_directory', ['too_short']],
  )
  assert.match(short.json.detail, /shorter/)
  assert.equal((await browser.get(path)).json.state, 'choose-password')
  const before = await epochOf()
  const done = await choose('Quiet-harbour-dawn-1')
  assert.deepEqual([done.status, done.json.state], [200, 'finished'], done.text)
  assert.deepEqual(
    [await directory.binds('registered', 'Quiet-harbour-dawn-1'), await directory.binds('registered', FIRST)],
    [true, false],
  )
  assert.equal(await epochOf(), before + 1)
  assert.deepEqual(await query('select from latchkey.agent_requests'), [])
  assert.deepEqual(
    await query(
      'select from latchkey.passwords p join latchkey.accounts a on a.id = p.user_id and a.user_principal_name = $1',
      [ANNA],
    ),
    [],
  )
})

test('a refused password is told in the reader’s language, without a word of LDAP', async () => {
  const { browser, path } = await ready()
  const newPassword = 'Quiet-harbour-dawn-1'
  for (const [lang, says, rules] of [
    ['en', /You’ve used it before/, /12\+ characters.*None of your last 3 passwords/s],
    ['fr', /Vous l’avez déjà utilisé/, /12 caractères au moins.*3 derniers mots de passe exclus/s],
    ['ja', /以前に使ったパスワード/, /12文字以上.*直近3個のパスワード以外/s],
  ] as const) {
    await browser.submit(`${path}/password`, { newPassword, password2: newPassword })
    const page = await browser.request('GET', path, { page: true, headers: { 'accept-language': lang } })
    assert.match(page.text, says)
    assert.match(page.text, rules)
    assert.doesNotMatch(page.text, /data-rule/)
    assert.doesNotMatch(page.text, /LDAP|constraint|history of old/i)
  }
})

test('a sign-in and a change are judged by the directory', async () => {
  const browser = web.browser()
  const right = await signIn('Quiet-harbour-dawn-1', browser)
  assert.deepEqual([right.status, right.json.state], [200, 'signed-in'], right.text)
  const change = (currentPassword: string, newPassword: string) =>
    browser.post('/account/password', { currentPassword, newPassword })
  assert.equal(
    (await change('Quiet-harbour-dawn-1', 'Quiet-harbour-dawn-1')).json.code,
    'password_refused_by_directory',
  )
  const changed = await change('Quiet-harbour-dawn-1', 'Quiet-harbour-dawn-2')
  assert.equal(changed.status, 204, changed.text)
  assert.ok(await directory.binds('registered', 'Quiet-harbour-dawn-2'))
  assert.equal((await signIn('Wrong-harbour-1')).status, 401)
})

test('an account that is locked there is unlocked, and keeps its password', async () => {
  await setWriteback({ unlockWithoutReset: true })
  for (let n = 0; n < 3; n++) await directory.binds('registered', `Wrong-harbour-${n}`)
  assert.ok(!(await directory.binds('registered', 'Quiet-harbour-dawn-2')))
  const { browser, path } = await ready('unlock')
  const done = await browser.post(`${path}/unlock`)
  assert.equal(done.json.state, 'finished', done.text)
  assert.ok(await directory.binds('registered', 'Quiet-harbour-dawn-2'))
})

test('an administrator’s password must be changed at the next sign-in, in the directory too', async () => {
  const newPassword = 'Given-harbour-dawn-1'
  const given = await admin('POST', `/users/${ANNA}/authentication/methods/${PASSWORD}/resetPassword`, { newPassword })
  assert.equal(given.status, 202, given.text)
  assert.equal(String((await directory.read('registered', 'pwdReset'))!.pwdReset), 'TRUE')
  await running.event(({ code }) => code === 31_010)
  const browser = web.browser()
  const restricted = await signIn(newPassword, browser)
  assert.deepEqual([restricted.status, restricted.json.state], [200, 'change-password'], restricted.text)
  const changed = await browser.post('/account/password', {
    currentPassword: newPassword,
    newPassword: 'Quiet-harbour-dawn-3',
  })
  assert.equal(changed.status, 204, changed.text)
  assert.equal((await directory.read('registered', 'pwdReset'))!.pwdReset?.length ?? 0, 0)
  assert.equal((await signIn('Quiet-harbour-dawn-3')).json.state, 'signed-in')
})

test('an operator gives a password by a command, through the agent of a running server', async () => {
  const name = 'prefilled@acme.example'
  await keptThere(web, directory, name)
  const give = (input: string, ...words: string[]) =>
    latchkey(
      { DATABASE_URL: web.databaseUrl, LATCHKEY_SECRETS: SECRET },
      ...['users', 'new-password', name, '--json', ...words],
      ...(words.length > 0 ? [{ input }] : []),
    )
  const [made, given] = await Promise.all([give(''), give('Given-harbour-dawn-3', '--password-stdin')])
  assert.deepEqual([made.code, given.code], [1, 0], given.err)
  assert.match(made.err, /directory of prefilled@acme\.example has rules of its own/)
  assert.equal(JSON.parse(given.out).until, null, 'the directory ends it')
  assert.ok(await directory.binds('prefilled', 'Given-harbour-dawn-3'))
  assert.equal(String((await directory.read('prefilled', 'pwdReset'))!.pwdReset), 'TRUE')
})

test('lesson 23: strangers’ guesses end before the directory locks, and look like any others', async () => {
  const state = async () => (await directory.read('registered', '+'))!
  const wrong = () => signIn('Wrong-harbour-1')
  const first = await wrong()
  for (let n = 0; n < 4; n++) {
    const next = await wrong()
    assert.deepEqual([next.status, next.json], [first.status, first.json])
  }
  const { pwdFailureTime, pwdAccountLockedTime } = await state()
  assert.deepEqual([[pwdFailureTime].flat().length, pwdAccountLockedTime], [1, undefined])
  assert.equal((await signIn('Quiet-harbour-dawn-3')).status, 401, 'the right one is not asked for either')
  assert.ok(await directory.binds('registered', 'Quiet-harbour-dawn-3'))
})

test('a directory’s no to the agent ends the reset, and tells administrators why', async () => {
  const anchored = async (set: string) =>
    query(`update latchkey.accounts set ${set} where user_principal_name = $1`, [ANNA])
  const [{ directory_anchor: anchor }] = await query(
    'select directory_anchor from latchkey.accounts where user_principal_name = $1',
    [ANNA],
  )
  const faults: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      '33004: the directory protects',
      () => anchored('directory_protected = true'),
      () => anchored('directory_protected = false'),
    ],
    [
      '33004: the agent has no right',
      () => directory.change('registered', ['replace', 'employeeType', 'protected']),
      () => directory.change('registered', ['delete', 'employeeType']),
    ],
    [
      '33005: an administrator has switched',
      () => directory.change('registered', ['replace', 'pwdAccountLockedTime', '000001010000Z']),
      () => directory.change('registered', ['delete', 'pwdAccountLockedTime']),
    ],
    [
      '33002: no entry has this anchor',
      () => anchored(`directory_anchor = '00000000-0000-4000-8000-000000000000'`),
      () => anchored(`directory_anchor = '${anchor}'`),
    ],
  ]
  for (const [told, begin, end] of faults) {
    const { choose } = await ready()
    await begin()
    const refused = await choose('Quiet-harbour-dawn-9')
    assert.deepEqual(
      [refused.status, refused.json.state, refused.json.refusal?.code],
      [200, 'refused', 'SSPR_0029'],
      told,
    )
    await end()
    const [event] = await query(
      `select details from latchkey.audit_events where activity = 'reset.refused' order by at desc limit 1`,
    )
    assert.ok(event.details.directory.startsWith(told), event.details.directory)
    assert.ok(await directory.binds('registered', 'Quiet-harbour-dawn-3'), told)
  }
})

test('a lost answer is found out: by asking for the password, and for the sessions of who waits no more', async () => {
  const newPassword = 'Quiet-harbour-dawn-3'
  const { choose } = await ready()
  assert.equal((await choose(newPassword)).status, 422, 'it is the present one')
  await query('update latchkey.accounts set directory_unsure_at = now() where user_principal_name = $1', [ANNA])
  const other = await choose('Quiet-harbour-dawn-2')
  assert.equal(other.status, 422, 'an earlier one is no answer')
  await query('update latchkey.accounts set directory_unsure_at = now() where user_principal_name = $1', [ANNA])
  assert.equal((await choose(newPassword)).json.state, 'finished')

  const [{ id: userId, anchor }] = await query(
    'select id, directory_anchor as anchor from latchkey.accounts where user_principal_name = $1',
    [ANNA],
  )
  const browser = web.browser()
  assert.equal((await signIn(newPassword, browser)).status, 200)
  const settled = async () => (await query('select from latchkey.agent_requests')).length === 0
  /** As a server does that ends before it has read the answer. `meanwhile`: what is done before anybody takes it. */
  const setLate = async (newPassword: string, mustChange: boolean, meanwhile?: () => Promise<unknown>) => {
    const before = (await web.outbox())[0]
    const operation = { kind: 'reset', anchor, newPassword, mustChange, byAdministrator: mustChange } as const
    const change = { id: web.services.random.uuid(web.clock.now()), userId, mustChange }
    assert.deepEqual(await web.services.links.ask(tenantId, operation, { change }), { outcome: 'done' })
    web.clock.advance(1_000)
    await meanwhile?.()
    web.clock.advance(20_000)
    await query('update latchkey.agents set last_beat_at = $1', [web.clock.now()])
    // Each look asks the agent for answers that nobody has.
    await until(
      async () => (await settled()) || void (await web.services.links.ask(tenantId, { kind: 'look', anchor })),
    )
    return (text: RegExp) =>
      web.message(one => one.to === 'registered@mail.example' && one.id > before!.id && text.test(one.subject ?? ''))
  }
  const speaks = (language: string) =>
    query('update latchkey.accounts set preferred_language = $2 where user_principal_name = $1', [ANNA, language])
  await speaks('en')
  const told = await setLate('Quiet-harbour-dawn-4', false)
  assert.equal((await browser.get('/session')).status, 401)
  const [event] = await query(
    `select target_id, reason from latchkey.audit_events where activity = 'agent.answered_late'`,
  )
  assert.deepEqual(event, { target_id: userId, reason: 'done' })
  const { text } = await told(/your new password is set after all/)
  assert.match(text, /sign in with the new password, and don’t choose another one/)
  assert.doesNotMatch(text, /Quiet-harbour/)
  await speaks('fr')
  await (await setLate('Quiet-harbour-dawn-5', false))(/votre nouveau mot de passe a bien été enregistré/)
  await speaks('ja')
  await (await setLate('Quiet-harbour-dawn-6', false))(/新しいパスワードは設定されています/)
  await speaks('en')
  // A temporary one is told as such, and asks for another.
  await (await setLate('Given-harbour-dawn-2', true))(/password was reset/)
  const must = 'select directory_must_change as must from latchkey.accounts where user_principal_name = $1'
  assert.deepEqual(await query(must, [ANNA]), [{ must: true }])
  assert.equal((await signIn('Given-harbour-dawn-2')).json.state, 'change-password')
  // Who has set another since is not led back to the former.
  const last = 'Quiet-harbour-dawn-7'
  const lateAfter = await setLate('Quiet-harbour-dawn-9', false, async () => {
    const { choose } = await ready()
    assert.equal((await choose(last)).json.state, 'finished')
  })
  await lateAfter(/password was reset/)
  assert.equal((await web.outbox()).filter(({ subject }) => /is set after all/.test(subject ?? '')).length, 1)
  assert.ok(await directory.binds('registered', last))
})

test('administrators see their agents, and what went wrong there', async () => {
  const reader = await api.as('helpdesk@acme.example')
  assert.equal((await reader('GET', '/onPremises/agents')).status, 403)
  const { json } = await admin('GET', '/onPremises/agents')
  const [one] = json.value
  const { findings, lastBeatDateTime, latencyMs, ...told } = one
  assert.deepEqual(told, { id: told.id, displayName: told.displayName, status: 'up', version: '0.1.0' })
  assert.deepEqual(findings.map(({ code }: { code: string }) => code).toSorted(), [
    '31003',
    '31008',
    '33002',
    '33004',
    '33005',
  ])
  assert.match(findings.find(({ code }: { code: string }) => code === '33004').detail, /no right/)
  assert.ok(Date.parse(lastBeatDateTime) > 0 && latencyMs >= 0)
  assert.deepEqual((await admin('GET', `/onPremises/agents/${one.id}`)).json.id, one.id)
  const made = await admin('POST', '/onPremises/agentTokens', {})
  assert.equal(made.status, 201, made.text)
  const second = stateFolder(directory)
  const enrolled = await agent('enroll', '--server', web.url, '--token', made.json.token, '--state', second)
  assert.equal(enrolled.code, 0, enrolled.err)
  const added = (await admin('GET', '/onPremises/agents')).json.value.find(({ id }: { id: string }) => id !== one.id)
  assert.deepEqual([added.status, added.lastBeatDateTime, added.findings], ['unreachable', null, []])
  assert.equal((await admin('DELETE', `/onPremises/agents/${added.id}`)).status, 204)
  assert.equal((await admin('GET', `/onPremises/agents/${added.id}`)).status, 404)
})

test('a silent directory and an absent agent leave the reset open, and write nothing later', async () => {
  const { browser, path, choose } = await ready()
  directory.pause()
  const silent = await choose('Quiet-harbour-dawn-8')
  directory.goOn()
  assert.deepEqual([silent.status, silent.json.code, silent.json.retryAfter], [503, 'SSPR_0030', 60], silent.text)
  assert.equal((await browser.get(path)).json.state, 'choose-password')
  await running.stop()
  await noLink()
  const down = await choose('Quiet-harbour-dawn-8')
  assert.deepEqual([down.status, down.json.code], [503, 'SSPR_0030'])
  assert.equal((await signIn('Quiet-harbour-dawn-7')).json.code, 'SSPR_0030')
  const refused = await web.browser().post('/reset', { username: ANNA })
  assert.deepEqual([refused.json.state, refused.json.refusal.code], ['refused', 'SSPR_0030'])
  await setWriteback({ writeback: false })
  const off = await web.browser().post('/reset', { username: ANNA })
  assert.equal(off.json.refusal.code, 'SSPR_0010')
  await setWriteback({ writeback: true })
  assert.ok(await directory.binds('registered', 'Quiet-harbour-dawn-7'))
  const again = await runAgent(folder)
  await again.event(({ code }) => code === 31_019)
  const done = await choose('Quiet-harbour-dawn-8')
  assert.equal(done.json.state, 'finished', done.text)
  assert.ok(await directory.binds('registered', 'Quiet-harbour-dawn-8'))
})
