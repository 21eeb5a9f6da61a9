import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { findAccount } from '../directory/index.ts'
import { methodsOf, resetMethods } from '../methods/index.ts'
import { changeProtection, type ResetPolicySettings } from '../policies/index.ts'
import { findSession } from '../sessions/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import { isFamiliar, meansAt, PASSWORD, readEvents, stage, watchedHasher, wrongPassword } from '../testing/people.ts'
import { signIn } from './index.ts'

const { store, cast } = await stage()
const settings: Partial<ResetPolicySettings> = { enabled: true, gates: 1, registrationRequired: true }
const acme = await cast.tenant('acme.example', settings)
const registered = { email: 'own@mail.example' }

const attempt = (
  username: string,
  password = PASSWORD,
  more: { at?: number; deviceCookie?: string | undefined; hasher?: typeof cast.hasher } = {},
) =>
  signIn(
    store,
    { ...meansAt(more.at), trail: { correlationId: '', address: '192.0.2.1' } },
    { ...cast.checks, hasher: more.hasher ?? cast.hasher },
    {
      username,
      password,
      deviceCookie: more.deviceCookie,
      sessionCookie: undefined,
      language: 'en',
    },
  )

test('a right password opens a session, in every spelling of the name', async () => {
  const user = await cast.person(acme, 'Person@acme.example', { registered })
  for (const name of ['person@acme.example', ' PERSON@ACME.EXAMPLE ']) {
    const done = await attempt(name)
    assert.ok(done.outcome === 'signed-in')
    const session = await findSession(store, meansAt(), done.sessionCookie)
    assert.deepEqual([session?.user.id, session?.requires, session?.passwordAt], [user.id, null, meansAt().now])
  }
  assert.deepEqual(await attempt('person@acme.example', `${PASSWORD} `), {
    outcome: 'incorrect',
    retryAfter: undefined,
  })
})

test('what is left to do is named in this order: change, register, confirm', async () => {
  const requires = async (name: string) => {
    const done = await attempt(name)
    assert.ok(done.outcome === 'signed-in')
    assert.equal((await findSession(store, meansAt(), done.sessionCookie))?.requires, done.requires)
    assert.equal(done.deviceCookie === undefined, done.requires !== null, 'familiar after a full sign-in alone')
    return done.requires
  }
  await cast.person(acme, 'temporary@acme.example', { mustChange: true })
  await cast.person(acme, 'new@acme.example')
  await cast.person(acme, 'prefilled@acme.example', { prefilled: registered })
  await cast.person(acme, 'stale@acme.example', { registered, registeredAgo: 200 * DAY })
  await cast.person(acme, 'done@acme.example', { registered })
  assert.equal(await requires('temporary@acme.example'), 'change-password')
  assert.equal(await requires('new@acme.example'), 'register')
  assert.equal(await requires('prefilled@acme.example'), 'confirm')
  assert.equal(await requires('stale@acme.example'), 'confirm')
  assert.equal(await requires('done@acme.example'), null)
})

test('lesson 36: unknown names, wrong passwords and locked accounts read alike and take the same work', async () => {
  await cast.person(acme, 'known@acme.example', { registered })
  await cast.person(acme, 'off@acme.example', { accountEnabled: false })
  const names = ['known@acme.example', 'off@acme.example', 'nobody@acme.example', 'nobody@unknown.example', 'nobody']
  for (const name of names) {
    let work = 0
    const hasher = watchedHasher(cast.hasher, () => void work++)
    for (let n = 0; n < 10; n++)
      assert.deepEqual(await attempt(name, wrongPassword(), { hasher }), {
        outcome: 'incorrect',
        retryAfter: undefined,
      })
    const locked = { outcome: 'incorrect', retryAfter: 60 }
    assert.deepEqual(await attempt(name, wrongPassword(), { hasher }), locked, name)
    assert.deepEqual(await attempt(name, PASSWORD, { hasher }), locked, name)
    assert.equal(work, 12, name)
  }
})

test('lesson 50: that an account is switched off is told to whoever has its password', async () => {
  const user = await cast.person(acme, 'disabled@acme.example', { accountEnabled: false })
  assert.deepEqual(await attempt('disabled@acme.example'), { outcome: 'disabled' })
  assert.deepEqual(await attempt('disabled@acme.example', wrongPassword()), {
    outcome: 'incorrect',
    retryAfter: undefined,
  })
  const { rows } = await store.pool.query('select count(*)::int as n from sessions where user_id = $1', [user.id])
  assert.equal(rows[0].n, 0)
})

test('lesson 42: a stranger’s failures do not keep the owner out of a familiar browser', async () => {
  const user = await cast.person(acme, 'owner@acme.example', { registered })
  const first = await attempt('owner@acme.example')
  assert.ok(first.outcome === 'signed-in' && first.deviceCookie)
  let { deviceCookie } = first
  assert.ok(await inTenant(store, acme, trx => isFamiliar(trx, meansAt(), user, deviceCookie)))
  for (let n = 0; n < 11; n++) await attempt('owner@acme.example', wrongPassword())
  assert.equal((await attempt('owner@acme.example')).outcome, 'incorrect')
  const mine = await attempt('owner@acme.example', PASSWORD, { deviceCookie })
  assert.ok(mine.outcome === 'signed-in' && mine.deviceCookie)
  assert.ok(
    !(await inTenant(store, acme, trx => isFamiliar(trx, meansAt(), user, deviceCookie))),
    'in place of the old one',
  )
  deviceCookie = mine.deviceCookie
  // Another person's familiar browser is a stranger here.
  await cast.person(acme, 'neighbour@acme.example', { registered })
  for (let n = 0; n < 10; n++) await attempt('neighbour@acme.example', wrongPassword())
  assert.equal((await attempt('neighbour@acme.example', PASSWORD, { deviceCookie })).outcome, 'incorrect')
  // In the familiar browser too, ten wrong ones are enough.
  for (let n = 0; n < 10; n++) await attempt('owner@acme.example', wrongPassword(), { deviceCookie })
  assert.equal((await attempt('owner@acme.example', PASSWORD, { deviceCookie })).outcome, 'incorrect')
  assert.equal((await attempt('owner@acme.example', PASSWORD, { deviceCookie, at: MINUTE })).outcome, 'signed-in')
})

test('a session of the password before opens nothing, even when it was begun during the change', async () => {
  const user = await cast.person(acme, 'raced@acme.example', { registered })
  const hasher = watchedHasher(cast.hasher, async () => {
    await store.pool.query('update users set security_epoch = security_epoch + 1 where id = $1', [user.id])
  })
  const done = await attempt('raced@acme.example', PASSWORD, { hasher })
  assert.ok(done.outcome === 'signed-in')
  assert.equal(await findSession(store, meansAt(), done.sessionCookie), undefined)
})

test('each sign-in is an event, without the name that nobody has', async () => {
  const tenantId = await cast.tenant('globex.example')
  await cast.person(tenantId, 'person@globex.example')
  await attempt('person@globex.example')
  await attempt('person@globex.example', wrongPassword())
  await attempt('somebody-secret@globex.example', wrongPassword())
  assert.deepEqual(await readEvents(store, tenantId), [
    'signin.failed failure password',
    'signin.failed failure unknown name',
    'signin.succeeded success',
  ])
  const { rows } = await store.pool.query('select a::text as line from audit_events a')
  for (const { line } of rows) assert.doesNotMatch(line, /somebody-secret|wrong password/)
})

test('a temporary password works for as long as the tenant says, and past it only whoever has it is told', async () => {
  const user = await cast.person(acme, 'late@acme.example', { mustChange: true, registered })
  const sign = async (at: number, password = PASSWORD) => {
    const done = await attempt('late@acme.example', password, { at })
    return done.outcome === 'signed-in' ? done.requires : done.outcome
  }
  assert.equal(await sign(72 * HOUR - 1), 'change-password')
  assert.equal(await sign(72 * HOUR), 'temporary-over')
  assert.equal(await sign(72 * HOUR, wrongPassword()), 'incorrect')
  assert.ok((await readEvents(store, acme)).includes('signin.failed failure temporary password over'))
  await inTenant(store, acme, trx => changeProtection(trx, acme, { temporaryPasswordHours: 73 }))
  assert.equal(await sign(72 * HOUR), 'change-password')
  await inTenant(store, acme, trx => changeProtection(trx, acme, { temporaryPasswordHours: 72 }))
  // A password that somebody has chosen stays.
  await cast.person(acme, 'own@acme.example', { registered })
  assert.equal((await attempt('own@acme.example', PASSWORD, { at: 100 * HOUR })).outcome, 'signed-in')
  const policy = await inTenant(store, acme, trx => findAccount(trx, { id: user.id }))
  const methods = await inTenant(store, acme, trx => askOne(trx, methodsOf(meansAt(100 * HOUR), user)))
  assert.equal(resetMethods(meansAt(100 * HOUR), policy.policy, methods).length, 1, 'a reset still works')
})

test('who is gone by the time that the session begins is looked for once more', async t => {
  const { id } = await cast.person(acme, 'leaver@acme.example', { registered })
  const mover = await store.pool.connect()
  t.after(() => mover.release(true))
  const { rows } = await mover.query('select pg_backend_pid() as pid')
  await mover.query('begin')
  await mover.query('delete from latchkey.accounts where tenant_id = $1 and id = $2', [acme, id])
  const attempted = attempt('leaver@acme.example')
  const isWaitedFor = async () =>
    (await store.pool.query('select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))', [rows[0].pid]))
      .rowCount !== 0
  for (const end = performance.now() + 60_000; !(await isWaitedFor()); await sleep(5))
    assert.ok(performance.now() < end)
  await mover.query('commit')
  assert.deepEqual(await attempted, { outcome: 'incorrect', retryAfter: undefined })
})
