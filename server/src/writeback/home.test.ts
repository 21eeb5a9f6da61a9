import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agent, agentToken, runAgent, stateFolder } from '../testing/agents.ts'
import { testServer } from '../testing/server.ts'
import { FIRST, startSlapd } from '../testing/slapd.ts'

const [web, directory] = await Promise.all([testServer(), startSlapd()])
const folder = stateFolder(directory)
const enrolled = await agent('enroll', '--server', web.url, '--token', await agentToken(web), '--state', folder)
assert.equal(enrolled.code, 0, enrolled.err)
const running = await runAgent(folder)
await running.event(({ code }) => code === 31_019)

const ANNA = 'registered@acme.example'
const query = async (text: string, values: unknown[] = []) => (await web.store.pool.query(text, values)).rows

/** Makes an entry of the directory the home of this person's password, as a synchronization does. */
async function keptThere(name: string) {
  const uid = name.split('@')[0]!
  await directory.add(uid)
  const { entryUUID } = (await directory.read(uid, 'entryUUID'))!
  await query(
    `update latchkey.accounts set password_mastered_in = 'directory', directory_anchor = $2 where user_principal_name = $1`,
    [name, entryUUID],
  )
  await query(
    'delete from latchkey.passwords where user_id = (select id from latchkey.accounts where user_principal_name = $1)',
    [name],
  )
}
await keptThere(ANNA)

/** A reset whose gates are passed. */
async function ready(problem?: 'forgot' | 'unlock') {
  const browser = web.browser()
  const before = (await web.outbox())[0]
  const begun = await browser.post('/reset', { username: ANNA })
  const path = `/reset/${begun.json.id}`
  if (problem) assert.equal(begun.json.state, 'choose-problem', begun.text)
  const chosen = problem ? await browser.post(`${path}/problem`, { problem }) : begun
  assert.equal(chosen.json.state, 'verify', chosen.text)
  const method = chosen.json.methods.find((way: { kind: string }) => way.kind === 'email').id
  const { json } = await browser.post(`${path}/challenges`, { method })
  const code = await web.code('registered@mail.example', before)
  const proved = await browser.post(`${path}/proofs`, { challenge: json.challenge.id, code })
  assert.equal(proved.json.state, 'choose-password', proved.text)
  return { browser, path, proved, choose: (newPassword: string) => browser.post(`${path}/password`, { newPassword }) }
}
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
  for (const [lang, says] of [
    ['en', /You’ve used it before/],
    ['fr', /Vous l’avez déjà utilisé/],
    ['ja', /以前に使ったパスワード/],
  ] as const) {
    await browser.submit(`${path}/password`, { newPassword, password2: newPassword })
    const page = await browser.request('GET', path, { page: true, headers: { 'accept-language': lang } })
    assert.match(page.text, says)
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
