import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, MINUTE } from '../clock.ts'
import { raiseSecurityEpoch, type User } from '../directory/index.ts'
import { changeSignInPolicy, type SignInPolicy } from '../policies/index.ts'
import { inTenant, removeDue } from '../store/index.ts'
import { isFamiliar, meansAt, stage } from '../testing/people.ts'
import {
  cookieStays,
  endSession,
  findSession,
  isFresh,
  lockSession,
  rememberDevice,
  rotateSession,
  type Session,
} from './index.ts'
import { expiredDevices, expiredSessions } from './queries.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example')
const globex = await cast.tenant('globex.example')
const means = meansAt()

const person = (name: string, tenantId = acme) =>
  cast.person(tenantId, `${name}@${tenantId === acme ? 'acme' : 'globex'}.example`, { password: false })
const find = (cookie: string | undefined, at = 0) => findSession(store, meansAt(at), cookie)
const disable = (user: User) =>
  inTenant(store, user.tenantId, trx =>
    trx
      .updateTable('users')
      .set({ account_enabled: false })
      .where('tenant_id', '=', user.tenantId)
      .where('id', '=', user.id)
      .execute(),
  )
const raise = (user: User) => inTenant(store, user.tenantId, trx => raiseSecurityEpoch(trx, user.tenantId, user.id))

test('a session opens by its whole cookie and by nothing else', async () => {
  const user = await person('cookie')
  const twin = await cast.session(means, user)
  const { cookie, id } = await cast.session(means, user)
  const found = await find(cookie)
  assert.deepEqual([found?.id, found?.user.id, found?.requires, found?.provedAt], [id, user.id, null, null])

  const [tenant = '', row = '', token = ''] = cookie.split('.')
  const turned = `${token.slice(0, -2)}${token.at(-2) === 'A' ? 'B' : 'A'}${token.at(-1)}`
  const wrong = [
    undefined,
    '',
    '..',
    token,
    `${row}.${tenant}.${token}`,
    `${tenant}.${row}.${turned}`,
    `${tenant}.${row}.${token.slice(1)}`,
    `${tenant}.${row}.${token}A`,
    `${tenant}.${row}.${token}.${token}`,
    `${tenant}.${twin.id}.${token}`,
    `${globex}.${row}.${token}`,
    `${tenant.toUpperCase()}.${row}.${token}`,
    `${tenant}.${means.random.uuid(means.now)}.${token}`,
    `${tenant}'; reset role; --.${row}.${token}`,
  ]
  for (const one of wrong) assert.equal(await find(one), undefined, String(one))
  const { rows } = await store.pool.query('select sessions::text as line from sessions')
  for (const { line } of rows) assert.equal(line.includes(token), false)
})

test('a session lasts twelve hours, and then neither opens nor can be changed', async () => {
  const session = await cast.session(means, await person('expiry'))
  assert.ok(await find(session.cookie, 12 * HOUR - 1))
  assert.equal(await find(session.cookie, 12 * HOUR), undefined)
  const lockAt = (at: number) => inTenant(store, acme, trx => lockSession(trx, meansAt(at), session))
  assert.ok(await lockAt(12 * HOUR - 1))
  assert.equal(await lockAt(12 * HOUR), undefined)
})

test('an unused session ends after the tenant’s idle time, and a shorter policy counts at once', async () => {
  const tenantId = await cast.tenant('idle.example')
  const policy = (changes: Partial<SignInPolicy>) =>
    inTenant(store, tenantId, trx => changeSignInPolicy(trx, tenantId, changes))
  const user = await cast.person(tenantId, 'person@idle.example', { password: false })
  await policy({ sessionIdleMinutes: 15, sessionMaxHours: 2 })
  const { cookie } = await cast.session(means, user)
  const usedAt = async (at: number) => (await find(cookie, at))?.usedAt.getTime()
  assert.equal(await usedAt(4 * MINUTE), means.now.getTime())
  await find(cookie, 6 * MINUTE)
  assert.equal(await usedAt(10 * MINUTE), means.now.getTime() + 6 * MINUTE, 'noted once in five minutes')
  assert.ok(await find(cookie, 20 * MINUTE))
  assert.equal(await find(cookie, 35 * MINUTE), undefined, 'fifteen minutes after its last use')
  await policy({ sessionIdleMinutes: 1_440 })
  assert.ok(await find(cookie, 2 * HOUR - 1))
  assert.equal(await find(cookie, 2 * HOUR), undefined)
  await policy({ sessionMaxHours: 1 })
  assert.equal(await find(cookie, HOUR), undefined)
  const session = await cast.session(means, user)
  await policy({ sessionMaxHours: 24 })
  assert.equal(await find(session.cookie, DAY), undefined)
})

test('a session that stays lasts as long as the tenant says, without idle time, and a shorter policy counts at once', async () => {
  const tenantId = await cast.tenant('stay.example')
  const policy = (changes: Partial<SignInPolicy>) =>
    inTenant(store, tenantId, trx => changeSignInPolicy(trx, tenantId, changes))
  const user = await cast.person(tenantId, 'person@stay.example', { password: false })
  const session = await cast.session(means, user)
  const answer = (stay: boolean, one: Session) =>
    inTenant(store, tenantId, trx => rotateSession(trx, means, one, { requires: null, stay }))
  const cookie = await answer(true, session)
  assert.equal(await find(session.cookie), undefined)
  assert.deepEqual(cookieStays(cookie), meansAt(30 * DAY).now)
  assert.ok(await find(cookie, 30 * DAY - 1))
  assert.equal(await find(cookie, 30 * DAY), undefined)
  await policy({ staySignedInDays: 90 })
  assert.ok(await find(cookie, 90 * DAY - 1))
  assert.equal(await find(cookie, 90 * DAY), undefined)
  await policy({ staySignedInDays: 2 })
  assert.equal(await find(cookie, 2 * DAY), undefined)
  await policy({ staySignedIn: 'never' })
  assert.equal(await find(cookie, 12 * HOUR), undefined)
  assert.ok(await find(cookie, 12 * HOUR - 1))
  const declined = await answer(false, await cast.session(means, user))
  assert.equal(cookieStays(declined), undefined)
  assert.equal(await find(declined, 12 * HOUR), undefined)
})

test('lesson 49: raising the epoch ends every session and every familiar browser of that user alone', async () => {
  const user = await person('epoch')
  const colleague = await person('colleague')
  const mine = await Promise.all([cast.session(means, user), cast.session(means, user)])
  const theirs = await cast.session(means, colleague)
  const remember = (one: User) => inTenant(store, acme, trx => rememberDevice(trx, means, one))
  const familiar = async (one: User, cookie: string | undefined) => {
    const now = await cast.again(one)
    return inTenant(store, one.tenantId, trx => isFamiliar(trx, means, now, cookie))
  }
  const device = await remember(user)
  const colleagues = await remember(colleague)
  assert.ok(await familiar(user, device))

  const before = mine[0]!
  await raise(user)
  for (const { cookie } of mine) assert.equal(await find(cookie), undefined)
  assert.equal(await inTenant(store, acme, trx => lockSession(trx, means, before)), undefined)
  assert.equal(await familiar(user, device), false)
  assert.ok(await find(theirs.cookie))
  assert.ok(await familiar(colleague, colleagues))
})

test('lesson 50: switching an account off ends what it had open', async () => {
  const user = await person('disabled')
  const session = await cast.session(means, user)
  await disable(user)
  assert.equal(await find(session.cookie), undefined)
  assert.equal(await inTenant(store, acme, trx => lockSession(trx, means, session)), undefined)
})

test('lesson 13: a session that has finished a step goes on under another id, and the old cookie is dead', async () => {
  const user = await person('rotated')
  const session = await cast.session(means, user, 'change-password')
  assert.equal((await find(session.cookie))?.requires, 'change-password')
  await cast.proved(meansAt(MINUTE), session)
  const securityEpoch = await raise(user)
  const next = await inTenant(store, acme, trx =>
    rotateSession(trx, means, session, { requires: 'register', securityEpoch }),
  )
  assert.equal(await find(session.cookie), undefined)
  const found = await find(next)
  assert.equal(found?.requires, 'register')
  assert.notEqual(found?.id, session.id)
  assert.deepEqual(found?.provedAt, meansAt(MINUTE).now)
  const { passwordAt, correlationId, sid } = session
  assert.deepEqual([found?.passwordAt, found?.correlationId, found?.sid], [passwordAt, correlationId, sid])
  // What was rotated away cannot be rotated again, or ended.
  await inTenant(store, acme, async trx => {
    const ghost = await rotateSession(trx, means, session, { requires: null, securityEpoch })
    await endSession(trx, session)
    assert.notEqual(ghost, next)
  })
  assert.deepEqual((await find(next))?.provedAt, meansAt(MINUTE).now)
})

test('signing out ends one session', async () => {
  const user = await person('signed-out')
  const [one, two] = [await cast.session(means, user), await cast.session(means, user)]
  await inTenant(store, acme, trx => endSession(trx, one))
  assert.equal(await find(one.cookie), undefined)
  assert.ok(await find(two.cookie))
})

test('a browser is familiar to the one who signed in with it, for ninety days', async () => {
  const user = await person('familiar')
  const colleague = await person('unfamiliar')
  const namesake = await person('familiar', globex)
  const cookie = await inTenant(store, acme, trx => rememberDevice(trx, means, user))
  const ask = (one: User, value: string | undefined, at = 0) =>
    inTenant(store, one.tenantId, trx => isFamiliar(trx, meansAt(at), one, value))
  assert.ok(await ask(user, cookie))
  assert.ok(await ask(user, cookie, 90 * DAY - 1))
  assert.equal(await ask(user, cookie, 90 * DAY), false)
  assert.equal(await ask(colleague, cookie), false)
  assert.equal(await ask(namesake, cookie), false)
  const [tenant = '', row = '', token = ''] = cookie.split('.')
  for (const wrong of [
    undefined,
    '',
    `${tenant}.${row}.${'A'.repeat(43)}`,
    `${globex}.${row}.${token}`,
    `${tenant}.${means.random.uuid(means.now)}.${token}`,
  ])
    assert.equal(await ask(user, wrong), false, String(wrong))
  // A session's cookie is no device's, even for the same person.
  const { cookie: session } = await cast.session(means, user)
  assert.equal(await ask(user, session), false)
})

test('fresh means less than fifteen minutes old', () => {
  const then = means.now
  assert.ok(isFresh(then, meansAt(15 * MINUTE - 1).now))
  assert.equal(isFresh(then, meansAt(15 * MINUTE).now), false)
  assert.equal(isFresh(null, then), false)
})

test('what has expired is removed, and nothing else', async () => {
  const user = await person('removed')
  const old = await cast.session(meansAt(-DAY + 1), user)
  await cast.session(means, user)
  await inTenant(store, acme, trx => rememberDevice(trx, meansAt(-90 * DAY), user))
  const rows = () =>
    inTenant(store, acme, async trx => {
      const of = (table: 'sessions' | 'devices') =>
        trx.selectFrom(table).select('id').where('tenant_id', '=', acme).where('user_id', '=', user.id).execute()
      return [(await of('sessions')).length, (await of('devices')).length]
    })
  const clean = (at: number) => removeDue(store, meansAt(at), [expiredSessions, expiredDevices])
  await clean(0)
  assert.deepEqual(await rows(), [2, 0])
  assert.equal(await find(old.cookie), undefined, 'its policy ends it before')
  await clean(1)
  assert.deepEqual(await rows(), [1, 0])
})
