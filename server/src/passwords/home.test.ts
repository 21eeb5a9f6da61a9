import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../testing/server.ts'
import { SlowHome } from '../testing/slowHome.ts'
import { cloud, refusedPassword } from './index.ts'

const ANNA = 'registered@acme.example'
const NEW = 'Quiet harbour at dawn 7'

const home = new SlowHome()
const web = await testServer({ homeOf: user => (user ? home : cloud) })

const epochOf = async () =>
  (await web.store.pool.query('select security_epoch from users where user_principal_name = $1', [ANNA])).rows[0]
    .security_epoch
const idOf = async () =>
  (await web.store.pool.query('select id from users where user_principal_name = $1', [ANNA])).rows[0].id
const failuresOf = async () =>
  (await web.store.pool.query("select coalesce(sum(failures), 0)::integer as n from counters where kind = 'password'"))
    .rows[0].n

/** A reset whose gates are passed. */
async function ready() {
  const browser = web.browser()
  const before = (await web.outbox())[0]
  const begun = await browser.post('/reset', { username: ANNA })
  const path = `/reset/${begun.json.id}`
  const method = begun.json.methods.find((way: { kind: string }) => way.kind === 'email').id
  const { json } = await browser.post(`${path}/challenges`, { method })
  const code = await web.code('registered@mail.example', before)
  const proved = await browser.post(`${path}/proofs`, { challenge: json.challenge.id, code })
  assert.equal(proved.json.state, 'choose-password', proved.text)
  return { browser, path }
}

test('a reset whose directory says no or nothing changes nothing here, says so, and goes on to its end', async () => {
  const { browser, path } = await ready()
  const before = await epochOf()
  const choose = () => browser.post(`${path}/password`, { newPassword: NEW })

  home.answer = refusedPassword(['password_refused_by_directory'])
  const refused = await choose()
  assert.deepEqual([refused.status, refused.json.code], [422, 'password_refused_by_directory'])

  home.answer = 'nothing'
  const unknown = await choose()
  assert.deepEqual([unknown.status, unknown.json.code, unknown.json.retryAfter], [503, 'SSPR_0030', 60])
  assert.ok(unknown.headers.get('retry-after'))
  const page = await browser.submit(`${path}/password`, { newPassword: NEW, password2: NEW })
  assert.match(page.text, /nobody knows yet whether it was changed/)
  assert.equal((await browser.get(path)).json.state, 'choose-password')
  assert.deepEqual([await epochOf(), home.kept.size], [before, 0])

  home.answer = 'yes'
  const done = await choose()
  assert.equal(done.json.state, 'finished', done.text)
  assert.equal(home.kept.get(await idOf()), NEW)
  assert.notEqual(await epochOf(), before)
  assert.equal((await choose()).json.code, 'already_finished')
})

test('a sign-in and a change are judged by the directory, and its silence is no failure', async () => {
  home.kept.set(await idOf(), NEW)
  home.answer = 'yes'
  const browser = web.browser()
  const signIn = (password: string) => browser.post('/signin', { username: ANNA, password })
  assert.equal((await signIn('Another harbour 8')).status, 401)
  const failures = await failuresOf()
  home.answer = 'nothing'
  const silent = await signIn(NEW)
  assert.deepEqual([silent.status, silent.json.code], [503, 'SSPR_0030'])
  assert.equal(await failuresOf(), failures)
  home.answer = 'yes'
  assert.equal((await signIn(NEW)).status, 200)

  const before = await epochOf()
  const change = (currentPassword: string) =>
    browser.post('/account/password', { currentPassword, newPassword: 'Another harbour 9' })
  assert.equal((await change('Another harbour 8')).json.code, 'current_password_incorrect')
  home.answer = 'nothing'
  assert.deepEqual((await change(NEW)).json.code, 'SSPR_0030')
  assert.equal(await epochOf(), before)
  assert.equal((await browser.get('/session')).status, 200, 'the session goes on')
  home.answer = 'yes'
  assert.equal((await change(NEW)).status, 204)
  assert.equal(home.kept.get(await idOf()), 'Another harbour 9')
})

test('the rules for a password are on record here: a directory is asked for the password alone', async () => {
  home.answer = 'yes'
  home.asked.length = 0
  const { browser, path } = await ready()
  assert.equal((await browser.post(`${path}/password`, { newPassword: NEW })).json.state, 'finished')
  assert.deepEqual(home.asked, ['reset'])
  home.asked.length = 0
  await browser.post('/signin', { username: ANNA, password: NEW })
  const change = { currentPassword: NEW, newPassword: 'Another harbour 9' }
  assert.equal((await browser.post('/account/password', change)).status, 204)
  assert.deepEqual(home.asked, ['verify', 'verify', 'change'])
})

test('lesson 23: a directory’s silence gives no free guess, and leaves no mark by which a later one is free', async () => {
  const browser = web.browser()
  const signIn = async (password: string) => (await browser.post('/signin', { username: ANNA, password })).status
  home.answer = 'yes'
  assert.equal(await signIn('Wrong harbour 1'), 401)
  const failures = await failuresOf()
  home.answer = 'nothing'
  for (let n = 0; n < 3; n++) assert.equal(await signIn('Wrong harbour 1'), 503)
  assert.equal(await failuresOf(), failures, 'a repeat was not counted, so nothing is given back for it')
  assert.equal(await signIn('Wrong harbour 2'), 503)
  assert.equal(await failuresOf(), failures)
  home.answer = 'yes'
  assert.equal(await signIn('Wrong harbour 2'), 401)
  assert.equal(await failuresOf(), failures + 1, 'its first judgement is counted')
  home.answer = 'nothing'
  const both = await Promise.all([signIn('Wrong harbour 3'), signIn('Wrong harbour 3')])
  assert.deepEqual(both, [503, 503])
  assert.ok((await failuresOf()) >= failures + 1, 'two at once give back at most what they counted')
})

test('a person whose password a directory keeps needs none here, and none is kept here by a sign-in', async () => {
  const own = { id: await idOf(), foreign: '$pbkdf2-sha256$i=1000$c2FsdCBvZiAxNiBieXRlcw$aGFzaA' }
  const signIn = () => web.browser().post('/signin', { username: ANNA, password: 'Another harbour 9' })
  home.answer = 'yes'
  await web.store.pool.query('update passwords set hash = $2, hash_sealed = null where user_id = $1', [
    own.id,
    own.foreign,
  ])
  assert.equal((await signIn()).status, 200)
  const { rows } = await web.store.pool.query('select hash from passwords where user_id = $1', [own.id])
  assert.deepEqual(rows, [{ hash: own.foreign }])
  await web.store.pool.query('delete from passwords where user_id = $1', [own.id])
  const done = await signIn()
  assert.deepEqual([done.status, done.json.state], [200, 'signed-in'])
})

test('lesson 23: a blocked sign-in reaches no directory', async () => {
  const browser = web.browser()
  for (let n = 0; n < 10; n++) await browser.post('/signin', { username: ANNA, password: `Wrong harbour ${n}` })
  home.asked.length = 0
  const blocked = await browser.post('/signin', { username: ANNA, password: 'Another harbour 9' })
  assert.deepEqual([blocked.status, home.asked], [401, []])
})
