// This file is long because the count, the lock and the hashes of a password guard one another: they are tried side by side.

import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { issueChallenge } from '../challenges/index.ts'
import { DAY, MINUTE } from '../clock.ts'
import { createHasher, HashingBusy } from '../crypto/index.ts'
import { nobody, type User } from '../directory/index.ts'
import { type Browser, countFailures, spend } from '../limits/index.ts'
import { openJourney, startReset } from '../reset/index.ts'
import { findSession, rememberDevice } from '../sessions/index.ts'
import { askOne, inTenant } from '../store/index.ts'
import {
  blockedFor,
  hashOf,
  isFamiliar,
  meansAt,
  PASSWORD,
  stage,
  watchedHasher,
  whileFull,
  wrongPassword,
} from '../testing/people.ts'
import { compositionRefusals, normalizePassword } from './composition.ts'
import type { PasswordRefusal } from './errors.ts'
import { passwordOf, preparePassword, readPasswordRules, setPassword, verifyPassword } from './index.ts'
import type { PasswordRules } from './rules.ts'
import { sealedHash } from './sealed.ts'

const { store, cast } = await stage()
const { hasher } = cast
const acme = await cast.tenant('acme.example', { enabled: true, methods: ['email'] })

const verify = async (
  name: string,
  password: string,
  options: { at?: number; browser?: Browser; hasher?: typeof hasher } = {},
) => {
  const verdict = await verifyPassword(
    store,
    meansAt(options.at),
    { ...cast.checks, hasher: options.hasher ?? hasher },
    { tenantId: acme, name, password, browserOf: () => ({ sql: sql`null`, read: () => options.browser ?? 'other' }) },
    async (_trx, user) => user.id,
  )
  if (verdict.right) return verdict
  const { counter: _, ...told } = verdict
  return told
}

const rulesFor = (user: User = nobody(acme), setting: 'change' | 'reset' = 'reset', at = 0) =>
  inTenant(store, user.tenantId, trx => readPasswordRules(trx, meansAt(at), user, setting))
const prepare = (password: string, rules: PasswordRules, checks = cast.checks) =>
  preparePassword(store, meansAt(), checks, { rules, newPassword: password })

async function prepared(password: string) {
  const judged = await prepare(password, await rulesFor())
  assert.ok('prepared' in judged, JSON.stringify(judged))
  return judged.prepared
}

test('length is counted in characters after normalization, and three of four kinds are asked for', () => {
  const table: [string, ...PasswordRefusal[]][] = [
    ['', 'password_too_short', 'password_too_simple'],
    ['abcdEFG', 'password_too_short', 'password_too_simple'],
    ['aB3aB3a', 'password_too_short'],
    ['aB3aB3aB'],
    ['aB aB aB'],
    ['ab3 ab3 '],
    ['AB3!AB3!'],
    ['abcdefgh', 'password_too_simple'],
    ['abcdEFGH', 'password_too_simple'],
    ['abcd1234', 'password_too_simple'],
    ['12345678', 'password_too_simple'],
    ['a'.repeat(23), 'password_too_simple'],
    ['a'.repeat(24)],
    [`aB3${'x'.repeat(253)}`],
    [`aB3${'x'.repeat(254)}`, 'password_too_long'],
    ['a'.repeat(257), 'password_too_long'],
    // Outside the basic plane: one character each, and of the fourth kind.
    ['aB😀😀😀😀😀', 'password_too_short'],
    ['aB😀😀😀😀😀😀'],
    [`${'a'.repeat(254)}😀😀`],
    // A letter and its accent, written apart, are one.
    [`aB3${'e\u0301'.repeat(4)}`, 'password_too_short'],
    [`aB3${'e\u0301'.repeat(5)}`],
    ['パスワードです', 'password_too_short', 'password_too_simple'],
    ['パスワードですよ', 'password_too_simple'],
    ['パスワードですよaB'],
    ['ПарольПа', 'password_too_simple'],
    ['ПарольП1'],
  ]
  for (const [password, ...refusals] of table)
    assert.deepEqual(compositionRefusals(normalizePassword(password)), refusals, JSON.stringify(password.slice(0, 30)))
})

test('lesson 47: what is too long is refused before it is hashed', async () => {
  let work = 0
  const watched = { ...cast.checks, hasher: watchedHasher(hasher, () => void work++) }
  const rules = { ...(await rulesFor()), current: 'whatever', former: ['whatever'] }
  for (const [password, refused] of [
    ['aB3'.repeat(200), 'password_too_long'],
    [`Password1!${'x'.repeat(250)}`, 'password_too_long'],
    ['Password1!', 'password_banned'],
    ['passphrase', 'password_too_simple'],
  ] as const) {
    const judged = await prepare(password, rules, watched)
    assert.ok('refused' in judged && judged.refused.includes(refused), password)
  }
  assert.deepEqual(await prepare('acme-B3'.repeat(100), rules, watched), { refused: ['password_too_long'] })
  assert.equal(work, 0)
})

test('a change is compared with the current password, a reset with nothing', async () => {
  const user = await cast.person(acme, 'compared@acme.example')
  const same = { refused: ['password_same'] }
  const change = await rulesFor(user, 'change')
  assert.deepEqual(await prepare(PASSWORD, change), same)
  assert.ok('prepared' in (await prepare(PASSWORD, await rulesFor(user, 'reset'))))
  assert.ok('prepared' in (await prepare(`${PASSWORD}!`, change)))
  // The same one in another keyboard's spelling is the same.
  const accented = { ...change, current: (await prepared('Passphrase caf\u00e9 1')).hash }
  assert.deepEqual(await prepare('Passphrase cafe\u0301 1', accented), same)
  let work = 0
  const watched = { ...cast.checks, hasher: watchedHasher(hasher, () => void work++) }
  await prepare(PASSWORD, await rulesFor(user, 'reset'), watched)
  assert.equal(work, 1, 'a reset without a history costs the one hash that it stores')
})

test('two keyboards’ spellings of one password are one, and its case and spaces count', async () => {
  const user = await cast.person(acme, 'spelling@acme.example', { password: false })
  const password = await prepared('Passphrase caf\u00e9 1')
  await inTenant(store, acme, trx => setPassword(trx, meansAt(), user, { ...password, mustChange: false }))
  const name = 'spelling@acme.example'
  assert.ok((await verify(name, 'Passphrase cafe\u0301 1')).right)
  for (const wrong of ['passphrase caf\u00e9 1', 'Passphrase caf\u00e9 1 ', 'Passphrase cafe 1'])
    assert.equal((await verify(name, wrong)).right, false, wrong)
})

test('lesson 48: a password counts to its last character, and its name is no part of its hash', async () => {
  const name = `${'long-'.repeat(12)}name@acme.example`
  const user = await cast.person(acme, name, { password: false })
  const start = 'Kettle & marsh bird, '.repeat(12)
  const password = await prepared(`${start}1`)
  await inTenant(store, acme, trx => setPassword(trx, meansAt(), user, { ...password, mustChange: false }))
  assert.ok((await verify(name, `${start}1`)).right)
  for (const other of [start.slice(0, 72), start, `${start}2`, `${start}12`])
    assert.equal((await verify(name, other)).right, false)
})

test('lesson 49: setting a password ends all that was granted, in the same transaction', async () => {
  const name = 'ended@acme.example'
  const means = meansAt()
  const user = await cast.person(acme, name, { registered: { email: 'ended@mail.example' } })
  const session = await cast.session(means, user)
  const device = await inTenant(store, acme, trx => rememberDevice(trx, means, user))
  const begun = await startReset(store, means, { username: name, browserToken: 'browser', language: 'en' })
  const asker = { browserToken: 'browser', deviceCookie: undefined }
  const open = () => inTenant(store, acme, trx => openJourney(trx, means, { tenantId: acme, id: begun.id }, asker))
  const journey = await open()
  assert.equal(journey?.state, 'verify')
  await inTenant(store, acme, trx =>
    issueChallenge(trx, means, {
      owner: { purpose: 'reset', journeyId: begun.id },
      user,
      kind: 'email',
      channel: 'email',
      method: journey!.methods[0]!,
      browser: 'other',
      language: 'en',
    }),
  )
  for (let n = 0; n < 10; n++) await verify(name, wrongPassword())
  for (let n = 0; n < 5; n++)
    await inTenant(store, acme, trx => spend(trx, means, { tenantId: acme, kind: 'proofs', name, browser: 'other' }))

  const next = await prepared('Another password 2')
  const ended = async () => {
    const current = await cast.again(user)
    const blocks = await inTenant(store, acme, async trx => [
      await blockedFor(trx, means, { tenantId: acme, kind: 'password', name, browser: 'other' }),
      await blockedFor(trx, means, { tenantId: acme, kind: 'proofs', name, browser: 'other' }),
    ])
    return {
      session: (await findSession(store, means, session.cookie)) === undefined,
      device: !(await inTenant(store, acme, trx => isFamiliar(trx, means, current, device))),
      journey: (await open())?.state === 'superseded',
      blocks: blocks.map(seconds => seconds === 0),
      epoch: current.securityEpoch - user.securityEpoch,
    }
  }
  const nothing = { session: false, device: false, journey: false, blocks: [false, false], epoch: 0 }
  // A change that fails ends nothing and sets nothing.
  const halfway = inTenant(store, acme, async trx => {
    await setPassword(trx, means, user, { ...next, mustChange: false })
    throw new Error('something else went wrong')
  })
  await assert.rejects(halfway, /something else/)
  assert.deepEqual(await ended(), nothing)
  assert.equal((await verify(name, PASSWORD, { browser: 'familiar' })).right, true)
  for (let n = 0; n < 10; n++) await verify(name, wrongPassword())

  const epoch = await inTenant(store, acme, trx => setPassword(trx, means, user, { ...next, mustChange: true }))
  assert.deepEqual(await ended(), { session: true, device: true, journey: true, blocks: [true, true], epoch: 1 })
  assert.equal(epoch, user.securityEpoch + 1)
  assert.equal((await verify(name, PASSWORD)).right, false)
  assert.equal((await verify(name, 'Another password 2')).right, true)
  const stored = await inTenant(store, acme, trx => askOne(trx, passwordOf(user)))
  assert.deepEqual([stored?.mustChange, stored?.setAt], [true, means.now])
})

test('lesson 21: an attempt is counted and committed before it is judged', async () => {
  const name = 'counted@acme.example'
  await cast.person(acme, name)
  const failures: number[] = []
  const watched = watchedHasher(hasher, async () => {
    const { rows } = await store.pool.query(
      "select coalesce(max(failures), 0)::int as failures from counters where kind = 'password' and subject = $1",
      [meansAt().keys.mac('name', acme, name)],
    )
    failures.push(rows[0]!.failures)
  })
  for (let n = 0; n < 3; n++) await verify(name, wrongPassword(), { hasher: watched })
  assert.deepEqual(failures, [1, 2, 3])
})

test('lesson 21: of fifty wrong passwords at once ten are judged', async () => {
  const name = 'parallel@acme.example'
  await cast.person(acme, name)
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => verify(name, wrongPassword())))
  const judged = verdicts.filter(verdict => !verdict.right && verdict.retryAfter === undefined)
  assert.equal(judged.length, 10)
  for (const verdict of verdicts)
    assert.ok(!verdict.right && (verdict.retryAfter === undefined || verdict.retryAfter === 60))
})

test('a block holds against the right password, not in a familiar browser, and ends with a success', async () => {
  const name = 'blocked@acme.example'
  const user = await cast.person(acme, name)
  for (let n = 0; n < 10; n++) assert.deepEqual(await verify(name, wrongPassword()), { right: false, user })
  assert.deepEqual(await verify(name, PASSWORD), { right: false, retryAfter: 60, user })
  assert.deepEqual(await verify(name, PASSWORD, { browser: 'familiar' }), { right: true, result: user.id })
  assert.deepEqual(
    await verify(name, PASSWORD),
    { right: false, retryAfter: 60, user },
    'the owner’s sign-in gives strangers no new tries',
  )
  assert.deepEqual(await verify(name, PASSWORD, { at: MINUTE }), { right: true, result: user.id })
  for (let n = 0; n < 10; n++)
    assert.equal((await verify(name, wrongPassword(), { at: MINUTE })).right, false, 'all ten are there again')
  assert.ok((await verify(name, PASSWORD, { at: DAY + MINUTE })).right)
})

test('each sign-in forgets the failures of its own class of browser, and no other’s', async () => {
  const name = 'classes@acme.example'
  await cast.person(acme, name)
  for (const [browser, twin] of [
    ['familiar', 'other'],
    ['other', 'familiar'],
  ] as const) {
    // A guesser who goes on between the owner's sign-ins has ten tries in all, and not ten after each.
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 3; n++) await verify(name, wrongPassword(), { browser: twin })
      for (let n = 0; n < 9; n++) await verify(name, wrongPassword(), { browser })
      assert.equal((await verify(name, PASSWORD, { browser })).right, true)
    }
    await verify(name, wrongPassword(), { browser: twin })
    const next = await verify(name, PASSWORD, { browser: twin })
    assert.ok(!next.right && next.retryAfter === 60, twin)
    assert.equal((await verify(name, PASSWORD, { browser: twin, at: MINUTE })).right, true)
  }
})

test('a password that nobody had the time to judge is no failure', async () => {
  const name = 'busy@acme.example'
  const user = await cast.person(acme, name)
  const busy = await createHasher({ atOnce: 1, waiting: 0 })
  const all = new Set([name, 'nobody-at-all@acme.example'])
  const tryAll = () =>
    whileFull(busy, async () => {
      for (const known of all) await assert.rejects(verify(known, PASSWORD, { hasher: busy }), HashingBusy)
    })
  for (let n = 0; n < 20; n++) await tryAll()
  const counter = { tenantId: acme, kind: 'password', name, browser: 'other' } as const
  assert.equal(await inTenant(store, acme, trx => countFailures(trx, meansAt(), counter)), 0)
  for (let n = 0; n < 10; n++) assert.deepEqual(await verify(name, wrongPassword()), { right: false, user })
  // Nor does it shorten a block: an attempt that was not counted is not given back.
  await tryAll()
  const blocked = await verify(name, PASSWORD)
  assert.ok(!blocked.right && blocked.retryAfter === 60)
})

test('lesson 37: every try spends one hash, whoever it is for', async () => {
  await cast.person(acme, 'known@acme.example')
  await cast.person(acme, 'without@acme.example', { password: false })
  let work: string[] = []
  const watched = watchedHasher(hasher, what => void work.push(what))
  const tries: [string, string, string][] = [
    ['right', 'known@acme.example', PASSWORD],
    ['wrong', 'known@acme.example', wrongPassword()],
    ['nobody', 'nobody@acme.example', PASSWORD],
    ['no password set', 'without@acme.example', PASSWORD],
    ['an empty one', 'known@acme.example', ''],
    ['the decoy’s', 'nobody@acme.example', 'a password that nobody has'],
  ]
  for (const [what, name, password] of tries) {
    work = []
    assert.equal((await verify(name, password, { hasher: watched })).right, what === 'right', what)
    assert.deepEqual(work, ['verify'], what)
  }
  for (const name of ['known@acme.example', 'nobody@acme.example']) {
    for (let n = 0; n < 10; n++) await verify(name, wrongPassword())
    work = []
    const verdict = await verify(name, PASSWORD, { hasher: watched })
    assert.ok(!verdict.right && verdict.retryAfter !== undefined, 'unknown names are blocked alike')
    assert.deepEqual(work, ['verify'], `blocked ${name}`)
  }
})

test('what happens on a right password happens in one transaction with forgetting the failures', async () => {
  const name = 'together@acme.example'
  await cast.person(acme, name)
  for (let n = 0; n < 9; n++) await verify(name, wrongPassword())
  const failing = verifyPassword(
    store,
    meansAt(),
    cast.checks,
    { tenantId: acme, name, password: PASSWORD, browserOf: () => ({ sql: sql`null`, read: () => 'other' }) },
    async () => {
      throw new Error('no session today')
    },
  )
  await assert.rejects(failing, /no session/)
  const again = await verify(name, PASSWORD)
  assert.ok(!again.right && again.retryAfter === 60, 'the nine failures and the try that failed are still counted')
})

test('whoever comes with a password from another system goes on with it, and leaves its hash behind at the first sign-in', async () => {
  const tenantId = await cast.tenant('moved.example')
  const person = await cast.person(tenantId, 'moved@moved.example')
  await cast.person(tenantId, 'neighbour@moved.example')
  const salt = Buffer.from('a salt of 16 byt')
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const foreign = `$pbkdf2-sha256$i=1000$${plain(salt)}$${plain(pbkdf2Sync('Their old 1', salt, 1_000, 32, 'sha256'))}`
  await inTenant(store, tenantId, trx =>
    trx
      .updateTable('passwords')
      .set({ hash: foreign, hash_sealed: null, scheme: '$pbkdf2-sha256$i=1000$' })
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', person.id)
      .execute(),
  )
  const asked: (string | undefined)[][] = []
  const watched = watchedHasher(
    cast.hasher,
    () => {},
    (hash, alike) => void asked.push([hash, alike]),
  )
  const moved = (name: string, password: string) =>
    verifyPassword(
      store,
      meansAt(),
      { ...cast.checks, hasher: watched },
      { tenantId, name, password, browserOf: () => ({ sql: sql`null`, read: () => 'other' }) },
      async () => 'in',
    )
  for (const name of ['moved@moved.example', 'neighbour@moved.example', 'nobody@moved.example'])
    assert.equal((await moved(name, 'wrong')).right, false)
  assert.deepEqual(
    asked.map(([, alike]) => alike),
    [foreign, foreign, foreign],
    'everybody’s sign-in does the work of the imported hash, so that nobody can measure whose it is',
  )
  assert.equal((await moved('neighbour@moved.example', 'Their old 1')).right, false, 'and it opens no other account')
  assert.equal(await hashOf(store, person), foreign)
  await inTenant(store, tenantId, trx =>
    trx
      .updateTable('passwords')
      .set(sealedHash(meansAt().keys, person, foreign))
      .where('tenant_id', '=', tenantId)
      .where('user_id', '=', person.id)
      .execute(),
  )
  asked.length = 0
  assert.equal((await moved('nobody@moved.example', 'wrong')).right, false)
  assert.deepEqual(asked, [[undefined, foreign]], 'also once it is sealed')
  assert.equal((await moved('moved@moved.example', 'Their old 1')).right, true)
  assert.match((await hashOf(store, person))!, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal((await cast.again(person)).securityEpoch, person.securityEpoch, 'no session ends by it')
  assert.equal((await moved('moved@moved.example', 'Their old 1')).right, true)
  asked.length = 0
  await moved('nobody@moved.example', 'wrong')
  assert.deepEqual(asked, [[undefined, undefined]])
})
