import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE } from '../clock.ts'
import type { User } from '../directory/index.ts'
import { countFailures } from '../limits/index.ts'
import { refusedPassword } from '../passwords/index.ts'
import { beginRegistration } from '../registration/index.ts'
import { findSession, rememberDevice, type Session } from '../sessions/index.ts'
import { signIn } from '../signin/index.ts'
import { inTenant } from '../store/index.ts'
import {
  isFamiliar,
  meansAt,
  PASSWORD,
  readEvents,
  readNotices,
  stage,
  watchedHasher,
  wrongPassword,
} from '../testing/people.ts'
import { listOwnActivity, listTried } from './activity.ts'
import { changePassword } from './index.ts'

const { store, cast } = await stage()
const acme = await cast.tenant('acme.example', { enabled: true })
const NEW = 'Another password 2'
const registered = { email: 'own@mail.example' }

const change = (
  session: Session,
  more: { current?: string; next?: string; deviceCookie?: string; hasher?: typeof cast.hasher; at?: number } = {},
) =>
  changePassword(
    store,
    meansAt(more.at),
    { ...cast.checks, hasher: more.hasher ?? cast.hasher },
    {
      session,
      currentPassword: more.current ?? PASSWORD,
      newPassword: more.next ?? NEW,
      deviceCookie: more.deviceCookie,
    },
  )
const canSignIn = async (user: User, password: string) =>
  (
    await signIn(store, meansAt(), cast.checks, {
      username: user.userPrincipalName,
      password,
      deviceCookie: undefined,
      sessionCookie: undefined,
      language: 'en',
    })
  ).outcome === 'signed-in'

test('a change ends every other session and browser, and this one goes on under another id', async () => {
  const user = await cast.person(acme, 'person@acme.example', { registered, mail: 'work@acme.example' })
  const mine = await cast.session(meansAt(), user)
  const other = await cast.session(meansAt(), user)
  const device = await inTenant(store, acme, trx => rememberDevice(trx, meansAt(), user))
  const done = await change(mine)
  assert.ok(done.outcome === 'changed')
  for (const { cookie } of [mine, other]) assert.equal(await findSession(store, meansAt(), cookie), undefined)
  assert.equal((await findSession(store, meansAt(), done.sessionCookie))?.user.id, user.id)
  const now = await cast.again(user)
  const familiar = (cookie: string) => inTenant(store, acme, trx => isFamiliar(trx, meansAt(), now, cookie))
  assert.deepEqual(
    [await familiar(device), done.deviceCookie !== undefined && (await familiar(done.deviceCookie))],
    [false, true],
  )
  assert.deepEqual([await canSignIn(user, PASSWORD), await canSignIn(user, NEW)], [false, true])
  const told = (await readNotices(store, acme)).map(({ template, to }) => `${template} ${to}`).sort()
  assert.deepEqual(told, ['password_changed own@mail.example', 'password_changed work@acme.example'])
})

test('what is refused changes nothing', async () => {
  const user = await cast.person(acme, 'refused@acme.example', { registered })
  const session = await cast.session(meansAt(), user)
  const refused = await change(session, { current: wrongPassword() })
  assert.deepEqual(refused, { outcome: 'incorrect', retryAfter: undefined, left: 9 })
  assert.deepEqual(await change(session, { next: PASSWORD }), {
    outcome: 'refused',
    refusal: refusedPassword(['password_same']),
  })
  assert.deepEqual(await change(session, { next: 'short' }), {
    outcome: 'refused',
    refusal: refusedPassword(['password_too_short', 'password_too_simple']),
  })
  assert.ok(await findSession(store, meansAt(), session.cookie))
  assert.equal(await canSignIn(user, PASSWORD), true)
  const events = await readEvents(store, acme)
  for (const reason of ['current password incorrect', 'password_same', 'password_too_short'])
    assert.ok(events.includes(`password.change_failed failure ${reason}`), reason)
})

test('lesson 23: the current password is counted with sign-ins, and a stranger’s lock holds here too', async () => {
  const user = await cast.person(acme, 'counted@acme.example', { registered })
  const session = await cast.session(meansAt(), user)
  for (let n = 0; n < 5; n++) await change(session, { current: wrongPassword() })
  for (let n = 0; n < 5; n++) await canSignIn(user, wrongPassword())
  assert.deepEqual(await change(session), { outcome: 'incorrect', retryAfter: 60, left: 0 })
  assert.equal(await canSignIn(user, PASSWORD), false)
  const device = await inTenant(store, acme, trx => rememberDevice(trx, meansAt(), user))
  assert.equal((await change(session, { deviceCookie: device })).outcome, 'changed')
})

test('a temporary password is changed first, and then comes what is left to do', async () => {
  const user = await cast.person(acme, 'temporary@acme.example', { mustChange: true })
  const session = await cast.session(meansAt(), user, 'change-password')
  const done = await change(session)
  assert.ok(done.outcome === 'changed')
  assert.equal((await findSession(store, meansAt(), done.sessionCookie))?.requires, 'register')
  assert.equal(done.deviceCookie, undefined, 'the browser is not familiar before all is done')
  assert.equal(await canSignIn(user, NEW), true)
})

test('the new password counts as typed at the change, and a browser where nothing is left to do becomes familiar', async () => {
  const later = 16 * MINUTE
  const user = await cast.person(acme, 'slow@acme.example', { mustChange: true })
  const session = await cast.session(meansAt(), user, 'change-password')
  const register = (as: Session) =>
    inTenant(store, acme, trx =>
      beginRegistration(trx, meansAt(later), as, { kind: 'email', address: 'slow@mail.example', language: 'en' }),
    )
  await assert.rejects(register(session), { name: 'Refusal', code: 'proof_needed' })
  const done = await change(session, { at: later })
  assert.ok(done.outcome === 'changed')
  const next = await findSession(store, meansAt(later), done.sessionCookie)
  assert.deepEqual(next?.passwordAt, meansAt(later).now)
  assert.equal((await register(next!)).challenge.kind, 'email')

  const ready = await cast.person(acme, 'ready@acme.example', { mustChange: true, registered })
  const changed = await change(await cast.session(meansAt(), ready, 'change-password'))
  assert.ok(changed.outcome === 'changed' && changed.deviceCookie)
  assert.equal((await findSession(store, meansAt(), changed.sessionCookie))?.requires, null)
})

test('a password that a directory masters is not changed here, and nothing is judged or counted', async () => {
  const user = await cast.person(acme, 'mastered@acme.example', { registered, passwordMasteredIn: 'directory' })
  const session = await cast.session(meansAt(), user)
  const untouched = watchedHasher(cast.hasher, () => assert.fail('nothing is to be hashed'))
  for (const current of [PASSWORD, wrongPassword()])
    assert.deepEqual(await change(session, { current, hasher: untouched }), {
      outcome: 'refused',
      refusal: refusedPassword(['password_refused_by_directory']),
    })
  const counter = { tenantId: acme, kind: 'password', name: user.userPrincipalName } as const
  assert.equal(await inTenant(store, acme, trx => countFailures(trx, meansAt(), counter)), 0)
  assert.ok(await findSession(store, meansAt(), session.cookie))
  assert.equal((await cast.again(user)).securityEpoch, user.securityEpoch)
})

test('a session that ended, or an account that was switched off, while the password was judged changes nothing', async () => {
  const cases: [string, string][] = [
    ['ended', 'delete from sessions where user_id = $1'],
    ['epoch', 'update users set security_epoch = security_epoch + 1 where id = $1'],
    ['off', 'update users set account_enabled = false where id = $1'],
  ]
  for (const [name, sql] of cases) {
    const user = await cast.person(acme, `${name}@acme.example`, { registered })
    const session = await cast.session(meansAt(), user)
    let done = false
    const hasher = watchedHasher(cast.hasher, async work => {
      if (work === 'hash' && !done) await store.pool.query(sql, [user.id])
      done ||= work === 'hash'
    })
    assert.deepEqual(await change(session, { hasher }), { outcome: 'ended' }, name)
    assert.equal((await cast.again(user)).securityEpoch - user.securityEpoch, name === 'epoch' ? 1 : 0)
  }
})

test('two changes at once: one holds, and the other is told that it came too late', async () => {
  for (let round = 0; round < 4; round++) {
    const user = await cast.person(acme, `twice${round}@acme.example`, { registered })
    const [one, two] = [await cast.session(meansAt(), user), await cast.session(meansAt(), user)]
    // Both current passwords are judged before either new one is set.
    const judged = Promise.withResolvers<void>()
    let waiting = 0
    const hasher = watchedHasher(cast.hasher, async work => {
      if (work === 'hash' && ++waiting === 2) judged.resolve()
      if (work === 'hash') await judged.promise
    })
    const passwords = ['First password 1', 'Second password 2']
    const done = await Promise.all([one, two].map((session, n) => change(session, { next: passwords[n]!, hasher })))
    assert.deepEqual(done.map(({ outcome }) => outcome).sort(), ['changed', 'ended'])
    const kept = passwords[done.findIndex(({ outcome }) => outcome === 'changed')]!
    assert.equal(await canSignIn(user, kept), true)
    assert.equal((await cast.again(user)).securityEpoch, user.securityEpoch + 1)
  }
})

test('one’s own activity shows sign-ins and changes, not what others did elsewhere', async () => {
  const user = await cast.person(acme, 'activity@acme.example', { registered })
  await canSignIn(user, PASSWORD)
  await canSignIn(user, wrongPassword())
  const session = await cast.session(meansAt(), user)
  const lines = await inTenant(store, acme, async trx => [
    ...(await listOwnActivity(trx, session, 10)),
    ...(await listTried(trx, meansAt(), session)),
  ])
  assert.deepEqual(lines.map(({ activity }) => activity).sort(), ['signin.failed', 'signin.succeeded'])
})
