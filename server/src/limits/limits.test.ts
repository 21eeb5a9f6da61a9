import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { DAY, HOUR, MINUTE, SECOND } from '../clock.ts'
import { keyring } from '../crypto/index.ts'
import { askOne, inTenant, removeDue } from '../store/index.ts'
import { blockedFor, isLocked, meansAt, stage } from '../testing/people.ts'
import { expiredCounters } from './expiry.ts'
import {
  type Browser,
  blocksOf,
  type Counter,
  clear,
  countFailures,
  forget,
  giveBack,
  isGuessedAt,
  lock,
  spend,
} from './index.ts'

const { store, cast } = await stage()
const tenantId = await cast.tenant('acme.example')
const other = await cast.tenant('globex.example')

const lockout = { lockoutThreshold: 10, lockoutSeconds: 60 }
const counter = (
  kind: Exclude<Counter['kind'], 'directory'>,
  name: string,
  browser: Browser = 'other',
  tenant = tenantId,
): Counter =>
  kind === 'password' ? { tenantId: tenant, kind, name, browser, lockout } : { tenantId: tenant, kind, name, browser }
const spendAt = (at: number, which: Counter) => inTenant(store, which.tenantId, trx => spend(trx, meansAt(at), which))
const blockAt = (at: number, which: Counter) =>
  inTenant(store, which.tenantId, trx => blockedFor(trx, meansAt(at), which))
const giveBackAt = (at: number, which: Counter) =>
  inTenant(store, which.tenantId, trx => giveBack(trx, meansAt(at), which))
const clearAt = (at: number, name: string, ...kinds: Counter['kind'][]) =>
  inTenant(store, tenantId, trx => clear(trx, meansAt(at), name, ...kinds))

test('lesson 21: of fifty attempts at once exactly the allowed number is judged, and the others are told how long', async () => {
  for (const [kind, allowed, seconds] of [
    ['proofs', 5, DAY / SECOND],
    ['phoneNumber', 5, HOUR / SECOND],
    ['password', 10, 60],
  ] as const)
    for (let round = 0; round < 3; round++) {
      const which = counter(kind, `parallel-${kind}-${round}@acme.example`)
      const spent = await Promise.all(Array.from({ length: 50 }, () => spendAt(0, which)))
      assert.equal(spent.filter(one => one.allowed).length, allowed, kind)
      for (const one of spent) if (!one.allowed) assert.equal(one.retryAfter, seconds, kind)
    }
})

test('wrong passwords block for a minute after the tenth, then twice as long each time, an hour at most', async () => {
  const which = counter('password', 'doubling@acme.example')
  for (let n = 0; n < 10; n++) assert.deepEqual(await spendAt(n * SECOND, which), { allowed: true })
  let now = 9 * SECOND
  for (const seconds of [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]) {
    assert.deepEqual(await spendAt(now + 1, which), { allowed: false, retryAfter: seconds })
    assert.equal(await blockAt(now + 1, which), seconds)
    now += seconds * SECOND
    assert.equal((await spendAt(now - 1, which)).allowed, false)
    assert.equal(await blockAt(now, which), 0)
    assert.deepEqual(await spendAt(now, which), { allowed: true }, `after ${seconds} s`)
  }
})

test('five failed proofs block for a day from the last, and failures are forgotten a day after the first', async () => {
  const which = counter('proofs', 'window@acme.example')
  for (let n = 0; n < 4; n++) await spendAt(0, which)
  await spendAt(23 * HOUR, which)
  assert.equal(await blockAt(23 * HOUR, which), DAY / SECOND)
  assert.equal((await spendAt(47 * HOUR - 1, which)).allowed, false)
  for (let n = 0; n < 5; n++) assert.ok((await spendAt(47 * HOUR, which)).allowed, `attempt ${n}`)
  assert.equal((await spendAt(47 * HOUR, which)).allowed, false)

  const slow = counter('proofs', 'slow@acme.example')
  for (let n = 0; n < 4; n++) await spendAt(0, slow)
  for (let n = 0; n < 5; n++) assert.ok((await spendAt(DAY, slow)).allowed, 'a day later all five are there again')
  assert.equal((await spendAt(DAY, slow)).allowed, false)
})

test('lesson 42: strangers’ failures never stop a familiar browser, nor the other way round', async () => {
  const name = 'apart@acme.example'
  for (const [browser, twin] of [
    ['other', 'familiar'],
    ['familiar', 'other'],
  ] as const) {
    await clearAt(0, name, 'proofs')
    for (let n = 0; n < 6; n++) await spendAt(0, counter('proofs', name, browser))
    assert.ok((await blockAt(0, counter('proofs', name, browser))) > 0)
    assert.equal(await blockAt(0, counter('proofs', name, twin)), 0)
    assert.ok((await spendAt(0, counter('proofs', name, twin))).allowed)
  }
})

test('kinds, names and tenants are counted apart', async () => {
  const name = 'each@acme.example'
  for (let n = 0; n < 6; n++) await spendAt(0, counter('proofs', name))
  for (const which of [
    counter('phoneNumber', name),
    counter('password', name),
    counter('proofs', 'other@acme.example'),
    counter('proofs', name, 'other', other),
  ]) {
    assert.equal(await blockAt(0, which), 0)
    assert.ok((await spendAt(0, which)).allowed)
  }
})

test('an attempt that turned out right is given back, with the block that it had started', async () => {
  const which = counter('proofs', 'right@acme.example')
  for (let n = 0; n < 5; n++) await spendAt(0, which)
  assert.ok((await blockAt(0, which)) > 0)
  await giveBackAt(0, which)
  assert.equal(await blockAt(0, which), 0)
  assert.ok((await spendAt(0, which)).allowed)
  assert.equal((await spendAt(0, which)).allowed, false, 'four failures and one more are five')
  // Never below zero: a return of more than was taken earns no attempts.
  await clearAt(0, 'right@acme.example', 'proofs')
  await spendAt(0, which)
  for (let n = 0; n < 3; n++) await giveBackAt(0, which)
  const spent = await Promise.all(Array.from({ length: 8 }, () => spendAt(0, which)))
  assert.equal(spent.filter(one => one.allowed).length, 5)
})

test('a success forgets what it is told to forget, in every browser', async () => {
  const name = 'clear@acme.example'
  for (const browser of ['familiar', 'other'] as const)
    for (let n = 0; n < 11; n++)
      for (const kind of ['password', 'proofs'] as const) await spendAt(0, counter(kind, name, browser))
  await clearAt(0, name, 'password')
  for (const browser of ['familiar', 'other'] as const) {
    assert.equal(await blockAt(0, counter('password', name, browser)), 0)
    assert.ok((await blockAt(0, counter('proofs', name, browser))) > 0)
  }
})

test('failures are forgotten for one class of browser, and counted over both', async () => {
  const name = 'forget@acme.example'
  const failures = (kind: Counter['kind'] = 'password') =>
    inTenant(store, tenantId, trx => countFailures(trx, meansAt(), { tenantId, kind, name }))
  assert.equal(await failures(), 0)
  for (let n = 0; n < 4; n++) await spendAt(0, counter('password', name))
  for (let n = 0; n < 10; n++) await spendAt(0, counter('password', name, 'familiar'))
  await spendAt(0, counter('proofs', name))
  await spendAt(0, counter('password', name, 'other', other))
  assert.equal(await failures(), 14)
  await inTenant(store, tenantId, trx => forget(trx, meansAt(), counter('password', name, 'familiar')))
  assert.deepEqual([await failures(), await failures('proofs')], [4, 1])
  assert.equal(await blockAt(0, counter('password', name, 'familiar')), 0)
  assert.equal(
    await inTenant(store, other, trx => countFailures(trx, meansAt(), counter('password', name, 'other', other))),
    1,
  )
})

test('what is given back lifts the block that it had started, and none that others’ failures earned', async () => {
  const which = counter('password', 'earned@acme.example')
  for (let n = 0; n < 10; n++) await spendAt(0, which)
  await spendAt(MINUTE, which)
  assert.equal(await blockAt(MINUTE, which), 120, 'an eleventh failure')
  await giveBackAt(MINUTE, which)
  assert.equal(await blockAt(MINUTE, which), 120, 'ten others are left, which block')
  await giveBackAt(MINUTE, which)
  assert.equal(await blockAt(MINUTE, which), 0)
})

test('a lock without end holds in every browser until it is lifted', async () => {
  const name = 'locked@acme.example'
  const lockedAt = (at: number) => inTenant(store, tenantId, trx => isLocked(trx, meansAt(at), tenantId, name))
  assert.equal(await lockedAt(0), false)
  await spendAt(0, counter('password', name))
  await inTenant(store, tenantId, trx => lock(trx, meansAt(), tenantId, name))
  for (const at of [0, DAY, 3_650 * DAY]) {
    assert.ok(await lockedAt(at))
    for (const browser of ['familiar', 'other'] as const) {
      const which = counter('password', name, browser)
      assert.deepEqual(await spendAt(at, which), { allowed: true }, 'failures are counted below it as for any name')
      assert.equal(await blockAt(at, which), 0)
      await giveBackAt(at, which)
      await inTenant(store, tenantId, trx => forget(trx, meansAt(at), which))
    }
  }
  await removeDue(store, meansAt(3_650 * DAY), [expiredCounters])
  assert.ok(await lockedAt(0), 'the clean-up leaves it')
  await clearAt(0, name, 'password')
  assert.equal(await lockedAt(0), false)
  assert.ok((await spendAt(0, counter('password', name))).allowed)
})

test('a block and a lock outlast a rotation of the secrets', async () => {
  const before = meansAt()
  const after = {
    ...before,
    keys: keyring(['a new secret that only tests have', 'a secret that only tests have: 90c41d7a']),
  }
  const blocked = counter('proofs', 'rotated@acme.example')
  for (let n = 0; n < 5; n++) await spendAt(0, blocked)
  const locked = counter('password', 'rotated@acme.example')
  await inTenant(store, tenantId, trx => lock(trx, before, tenantId, locked.name))
  await inTenant(store, tenantId, async trx => {
    assert.deepEqual(await spend(trx, after, blocked), { allowed: false, retryAfter: DAY / SECOND })
    assert.equal(await blockedFor(trx, after, blocked), DAY / SECOND)
    assert.ok(await isLocked(trx, after, tenantId, locked.name))
    await clear(trx, after, locked.name, 'password', 'proofs')
    assert.ok((await spend(trx, after, blocked)).allowed)
    assert.ok((await spend(trx, after, locked)).allowed)
  })
})

test('lesson 38: names are kept as keyed hashes, and expired ones go', async () => {
  const name = 'nobody-has-this@acme.example'
  await spendAt(0, counter('password', name))
  await spendAt(HOUR / 2, counter('password', 'newer@acme.example'))
  const blockedLater = counter('phoneNumber', 'blocked-later@acme.example')
  await spendAt(0, blockedLater)
  for (let n = 0; n < 4; n++) await spendAt(HOUR - MINUTE, blockedLater)
  const count = async () =>
    (
      await inTenant(store, tenantId, trx =>
        trx.selectFrom('counters').selectAll().where('tenant_id', '=', tenantId).execute(),
      )
    ).length
  const { rows } = await store.pool.query('select counters::text as line from counters')
  for (const { line } of rows) assert.doesNotMatch(line, /acme|6e6f626f6479/)
  const before = await count()
  await removeDue(store, meansAt(HOUR), [expiredCounters])
  assert.equal(await count(), before, 'a window that is over with a block that is not stays')
  assert.ok((await blockAt(HOUR, blockedLater)) > 0)
  await removeDue(store, meansAt(100 * DAY), [expiredCounters])
  assert.equal(await count(), 0)
})

test('a tenant chooses after how many wrong passwords it locks, and for how long', async () => {
  const strict = (name: string, lockoutThreshold: number, lockoutSeconds: number): Counter => ({
    ...counter('password', name),
    kind: 'password',
    lockout: { lockoutThreshold, lockoutSeconds },
  })
  const once = strict('once@acme.example', 1, 30)
  assert.deepEqual(await spendAt(0, once), { allowed: true })
  assert.deepEqual(await spendAt(0, once), { allowed: false, retryAfter: 30 })
  assert.deepEqual(await spendAt(30 * SECOND, once), { allowed: true })
  assert.deepEqual(await spendAt(30 * SECOND, once), { allowed: false, retryAfter: 60 })
  assert.deepEqual(await spendAt(DAY + SECOND, once), { allowed: true }, 'a day later it begins anew')
  assert.deepEqual(await spendAt(DAY + SECOND, once), { allowed: false, retryAfter: 30 })

  const long = strict('long@acme.example', 3, 18_000)
  for (let n = 0; n < 3; n++) assert.ok((await spendAt(0, long)).allowed)
  assert.deepEqual(await spendAt(0, long), { allowed: false, retryAfter: 18_000 }, 'longer than an hour, if so chosen')
  for (let n = 0; n < 2; n++) await spendAt(18_000 * SECOND, long)
  assert.equal(await blockAt(18_000 * SECOND, long), 18_000, 'and never longer than that')
})

test('the same wrong password counts once, among the last three, whether one after the other or at once', async () => {
  const spendOn = (which: Counter, secret: string, at = 0) =>
    inTenant(store, which.tenantId, trx => spend(trx, meansAt(at), which, secret))
  const failures = (which: Counter) => inTenant(store, tenantId, trx => countFailures(trx, meansAt(), which))
  const which = counter('password', 'again@acme.example')
  for (let n = 0; n < 30; n++) assert.ok((await spendOn(which, 'my old password')).allowed)
  assert.equal(await failures(which), 1)
  for (const secret of ['b', 'c', 'my old password', 'b', 'c']) await spendOn(which, secret)
  assert.equal(await failures(which), 3)
  await spendOn(which, 'd')
  await spendOn(which, 'my old password')
  assert.equal(await failures(which), 5, 'a fourth has pushed it out')

  const crowd = counter('password', 'crowd@acme.example')
  const spent = await Promise.all(Array.from({ length: 50 }, () => spendOn(crowd, 'one mistake')))
  assert.ok(spent.every(one => one.allowed))
  assert.equal(await failures(crowd), 1)
  const many = await Promise.all(Array.from({ length: 50 }, (_, n) => spendOn(crowd, `guess ${n}`)))
  const allowed = many.filter(one => one.allowed).length
  // Two of them may share their 16 bits; then one more is judged, and as many are counted.
  assert.ok(allowed >= 9 && allowed <= 10, `nine more guesses are judged, not ${allowed}`)
  assert.equal(await failures(crowd), 10)
  for (const secret of ['one mistake', 'guess 1'])
    assert.equal((await spendOn(crowd, secret)).allowed, false, 'while it is locked nothing is judged')

  // The stored mark reveals next to nothing: 16 bits under a key.
  const { rows } = await sql<{ recent: number[] }>`select recent from counters where recent <> '{}'`.execute(
    store.owner,
  )
  assert.ok(rows.length > 0)
  for (const { recent } of rows) for (const mark of recent) assert.ok(mark >= 0 && mark < 65_536)
})

test('rotating the secrets gives nobody new tries, and takes none away', async () => {
  const [old, next] = ['the first secret of this deployment', 'the second secret of this deployment']
  const under = (...secrets: string[]) => ({ ...meansAt(), keys: keyring(secrets) })
  const which = counter('proofs', 'rotated@acme.example')
  const spendUnder = (means: ReturnType<typeof under>) => inTenant(store, tenantId, trx => spend(trx, means, which))
  for (let n = 0; n < 4; n++) assert.ok((await spendUnder(under(old))).allowed)
  const after = under(next, old)
  const spent = await Promise.all(Array.from({ length: 10 }, () => spendUnder(after)))
  assert.equal(spent.filter(one => one.allowed).length, 1, 'the fifth, and no more')
  await inTenant(store, tenantId, trx => giveBack(trx, after, which))
  assert.equal(
    await inTenant(store, tenantId, trx => countFailures(trx, after, which)),
    4,
    'one is given back, not two',
  )
  assert.ok((await spendUnder(under(next))).allowed, 'the old secret may go')
  assert.equal((await spendUnder(under(next))).allowed, false)
})

test('what was counted while a clock was a year ahead holds nobody up once it is right again', async () => {
  const ahead = 365 * DAY
  for (const kind of ['proofs', 'password', 'phoneNumber'] as const) {
    const which = counter(kind, `ahead-${kind}@acme.example`)
    for (let n = 0; n < 12; n++) await spendAt(ahead, which)
    assert.ok((await blockAt(ahead, which)) > 0, kind)
    assert.equal(await blockAt(MINUTE, which), 0)
    assert.ok((await spendAt(MINUTE, which)).allowed)
    await inTenant(store, tenantId, trx => forget(trx, meansAt(), which))
    for (let n = 0; n < 4; n++) assert.ok((await spendAt(MINUTE, which)).allowed, 'with all tries of a new window')
  }
})

test('a clock that is set back opens nothing that is blocked', async () => {
  for (const kind of ['proofs', 'password', 'phoneNumber'] as const) {
    const which = counter(kind, `back-${kind}@acme.example`)
    for (let n = 0; n < 12; n++) await spendAt(HOUR, which)
    for (const at of [HOUR, 30 * MINUTE, 1]) {
      assert.ok((await blockAt(at, which)) > 0, `${kind} ${at}`)
      assert.equal((await spendAt(at, which)).allowed, false, `${kind} ${at}`)
    }
  }
})

test('who guesses for weeks waits a week, and only in strangers’ browsers', async () => {
  const which = counter('proofs', 'for-weeks@acme.example')
  const isGuessed = async (at: number) =>
    isGuessedAt(
      await inTenant(store, tenantId, trx => askOne(trx, blocksOf(meansAt(at), tenantId, which.name, 'proofs'))),
    )
  for (let day = 0; day < 4; day++) {
    assert.equal(await isGuessed(2 * day * DAY), false)
    for (let n = 0; n < 5; n++) assert.ok((await spendAt(2 * day * DAY, which)).allowed)
    assert.equal(await blockAt(2 * day * DAY, which), (day < 3 ? DAY : 7 * DAY) / SECOND)
  }
  assert.ok(await isGuessed(6 * DAY))
  assert.deepEqual(await spendAt(6 * DAY, which), { allowed: false, retryAfter: (7 * DAY) / SECOND })
  const own = counter('proofs', 'for-weeks@acme.example', 'familiar')
  for (let day = 0; day < 6; day++) {
    for (let n = 0; n < 5; n++) assert.ok((await spendAt(2 * day * DAY, own)).allowed)
    assert.equal(await blockAt(2 * day * DAY, own), DAY / SECOND)
  }
  // Once the week is over each further failure begins another; a right proof gives its attempt back.
  assert.deepEqual(await spendAt(13 * DAY, which), { allowed: true, begins: true })
  await giveBackAt(13 * DAY, which)
  assert.equal(await blockAt(13 * DAY, which), 0)
  assert.deepEqual(await spendAt(13 * DAY, which), { allowed: true, begins: true })
  assert.equal(await blockAt(13 * DAY, which), (7 * DAY) / SECOND)
  await clearAt(13 * DAY, which.name, 'proofs')
  assert.deepEqual([await blockAt(13 * DAY, which), await isGuessed(13 * DAY)], [0, false], 'an operator lifts all')
  for (let day = 20; day < 24; day++) for (let n = 0; n < 4; n++) await spendAt(day * DAY + n * 6 * HOUR, which)
  assert.equal(await isGuessed(24 * DAY), false)
  for (let n = 0; n < 4; n++) await spendAt(25 * DAY + n * 6 * HOUR, which)
  assert.ok(await isGuessed(26 * DAY), 'five a day or not')
  assert.equal(await isGuessed(50 * DAY), false, 'a month later it is forgotten')
})

test('of fifty attempts at once at the end of a month’s tries, one is judged', async () => {
  const which = counter('proofs', 'month-race@acme.example')
  for (let day = 0; day < 19; day++) await spendAt(day * DAY, which)
  const all = await Promise.all(Array.from({ length: 50 }, () => spendAt(20 * DAY, which)))
  assert.equal(all.filter(one => one.allowed).length, 1)
})
