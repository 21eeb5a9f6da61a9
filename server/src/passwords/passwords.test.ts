import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, MINUTE } from '../clock.ts'
import { createHasher, HashingBusy } from '../crypto/index.ts'
import { type Browser, blockedFor, countFailures, spend } from '../limits/index.ts'
import { issueChallenge } from '../methods/index.ts'
import { openJourney, startReset } from '../reset/index.ts'
import { findSession, isFamiliar, rememberDevice } from '../sessions/index.ts'
import { inTenant } from '../store/index.ts'
import { testDatabase } from '../testing/database.ts'
import { castIn, meansAt, PASSWORD, watchedHasher } from '../testing/people.ts'
import {
  compositionRefusal,
  findPassword,
  normalizePassword,
  preparePassword,
  setPassword,
  verifyPassword,
} from './index.ts'

const store = await testDatabase()
const cast = await castIn(store)
const { hasher } = cast
const acme = await cast.tenant('acme.example', { enabled: true, methods: ['email'] })

const verify = (
  name: string,
  password: string,
  options: { at?: number; browser?: Browser; hasher?: typeof hasher } = {},
) =>
  verifyPassword(
    store,
    meansAt(options.at),
    options.hasher ?? hasher,
    { tenantId: acme, name, password, browserOf: async () => options.browser ?? 'other' },
    async (_trx, user) => user.id,
  )

async function prepared(password: string) {
  const judged = await preparePassword(hasher, password)
  assert.ok('prepared' in judged)
  return judged.prepared
}

test('length is counted in characters after normalization, and three of four kinds are asked for', () => {
  const table: [string, ReturnType<typeof compositionRefusal>][] = [
    ['', 'password_too_short'],
    ['aB3aB3a', 'password_too_short'],
    ['aB3aB3aB', undefined],
    ['aB aB aB', undefined],
    ['ab3 ab3 ', undefined],
    ['AB3!AB3!', undefined],
    ['abcdefgh', 'password_too_simple'],
    ['abcdEFGH', 'password_too_simple'],
    ['abcd1234', 'password_too_simple'],
    ['12345678', 'password_too_simple'],
    ['a'.repeat(23), 'password_too_simple'],
    ['a'.repeat(24), undefined],
    [`aB3${'x'.repeat(253)}`, undefined],
    [`aB3${'x'.repeat(254)}`, 'password_too_long'],
    ['a'.repeat(257), 'password_too_long'],
    // Outside the basic plane: one character each, and of the fourth kind.
    ['aB😀😀😀😀😀', 'password_too_short'],
    ['aB😀😀😀😀😀😀', undefined],
    [`${'a'.repeat(254)}😀😀`, undefined],
    // A letter and its accent, written apart, are one.
    [`aB3${'e\u0301'.repeat(4)}`, 'password_too_short'],
    [`aB3${'e\u0301'.repeat(5)}`, undefined],
    ['パスワードです', 'password_too_short'],
    ['パスワードですよ', 'password_too_simple'],
    ['パスワードですよaB', undefined],
    ['ПарольПа', 'password_too_simple'],
    ['ПарольП1', undefined],
  ]
  for (const [password, refusal] of table)
    assert.equal(compositionRefusal(normalizePassword(password)), refusal, JSON.stringify(password.slice(0, 30)))
})

test('lesson 47: what is too long is refused before it is hashed', async () => {
  let work = 0
  const watched = watchedHasher(hasher, () => void work++)
  assert.deepEqual(await preparePassword(watched, 'aB3'.repeat(200), 'whatever'), { refused: 'password_too_long' })
  assert.equal(work, 0)
})

test('a change is compared with the current password, a reset with nothing', async () => {
  const current = (await prepared(PASSWORD)).hash
  assert.deepEqual(await preparePassword(hasher, PASSWORD, current), { refused: 'password_same' })
  assert.ok('prepared' in (await preparePassword(hasher, PASSWORD)))
  assert.ok('prepared' in (await preparePassword(hasher, `${PASSWORD}!`, current)))
  // The same one in another keyboard's spelling is the same.
  const accented = (await prepared('Passphrase caf\u00e9 1')).hash
  assert.deepEqual(await preparePassword(hasher, 'Passphrase cafe\u0301 1', accented), { refused: 'password_same' })
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

test('lesson 49: setting a password ends all that was granted, in the same transaction', async () => {
  const name = 'ended@acme.example'
  const means = meansAt()
  const user = await cast.person(acme, name, { registered: { email: 'ended@mail.example' } })
  const session = await cast.session(means, user)
  const device = await inTenant(store, acme, trx => rememberDevice(trx, means, user))
  const trail = { address: '192.0.2.1' }
  const begun = await startReset(store, means, { username: name, browserToken: 'browser', language: 'en', trail })
  const asker = { browserToken: 'browser', deviceCookie: undefined }
  const open = () => inTenant(store, acme, trx => openJourney(trx, means, acme, begun.id, asker))
  const journey = await open()
  assert.equal(journey?.state, 'verify')
  await inTenant(store, acme, trx =>
    issueChallenge(trx, means, {
      holder: { purpose: 'reset', journeyId: begun.id },
      user,
      kind: 'email',
      channel: 'email',
      method: journey!.methods[0]!,
      language: 'en',
    }),
  )
  for (let n = 0; n < 10; n++) await verify(name, 'wrong password')
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
      journey: (await open())?.state === 'expired',
      blocks: blocks.map(seconds => seconds === 0),
      epoch: current.securityEpoch - user.securityEpoch,
    }
  }
  const nothing = { session: false, device: false, journey: false, blocks: [false, false], epoch: 0 }
  // A change that does not come about ends nothing and sets nothing.
  const halfway = inTenant(store, acme, async trx => {
    await setPassword(trx, means, user, { ...next, mustChange: false })
    throw new Error('something else went wrong')
  })
  await assert.rejects(halfway, /something else/)
  assert.deepEqual(await ended(), nothing)
  assert.equal((await verify(name, PASSWORD, { browser: 'familiar' })).right, true)
  for (let n = 0; n < 10; n++) await verify(name, 'wrong password')

  const epoch = await inTenant(store, acme, trx => setPassword(trx, means, user, { ...next, mustChange: true }))
  assert.deepEqual(await ended(), { session: true, device: true, journey: true, blocks: [true, true], epoch: 1 })
  assert.equal(epoch, user.securityEpoch + 1)
  assert.equal((await verify(name, PASSWORD)).right, false)
  assert.equal((await verify(name, 'Another password 2')).right, true)
  const stored = await inTenant(store, acme, trx => findPassword(trx, user))
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
  for (let n = 0; n < 3; n++) await verify(name, 'wrong password', { hasher: watched })
  assert.deepEqual(failures, [1, 2, 3])
})

test('lesson 21: of fifty wrong passwords at once ten are judged', async () => {
  const name = 'parallel@acme.example'
  await cast.person(acme, name)
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => verify(name, 'wrong password')))
  const judged = verdicts.filter(verdict => !verdict.right && verdict.retryAfter === undefined)
  assert.equal(judged.length, 10)
  for (const verdict of verdicts)
    assert.ok(!verdict.right && (verdict.retryAfter === undefined || verdict.retryAfter === 60))
})

test('a block holds against the right password, not in a familiar browser, and ends with a success', async () => {
  const name = 'blocked@acme.example'
  const user = await cast.person(acme, name)
  for (let n = 0; n < 10; n++) assert.deepEqual(await verify(name, 'wrong password'), { right: false, user })
  assert.deepEqual(await verify(name, PASSWORD), { right: false, retryAfter: 60, user })
  assert.deepEqual(await verify(name, PASSWORD, { browser: 'familiar' }), { right: true, result: user.id })
  assert.deepEqual(
    await verify(name, PASSWORD),
    { right: false, retryAfter: 60, user },
    'the owner’s sign-in gives strangers no new tries',
  )
  assert.deepEqual(await verify(name, PASSWORD, { at: MINUTE }), { right: true, result: user.id })
  for (let n = 0; n < 10; n++)
    assert.equal((await verify(name, 'wrong password', { at: MINUTE })).right, false, 'all ten are there again')
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
      for (let n = 0; n < 3; n++) await verify(name, 'wrong password', { browser: twin })
      for (let n = 0; n < 9; n++) await verify(name, 'wrong password', { browser })
      assert.equal((await verify(name, PASSWORD, { browser })).right, true)
    }
    await verify(name, 'wrong password', { browser: twin })
    const next = await verify(name, PASSWORD, { browser: twin })
    assert.ok(!next.right && next.retryAfter === 60, twin)
    assert.equal((await verify(name, PASSWORD, { browser: twin, at: MINUTE })).right, true)
  }
})

test('a password that nobody had the time to judge is no failure', async () => {
  const name = 'busy@acme.example'
  const user = await cast.person(acme, name)
  const small = await createHasher({ atOnce: 1, waiting: 0 })
  // Somebody else's hash takes the only place just before.
  const busy = watchedHasher(small, () => void small.hash(PASSWORD).catch(() => {}))
  for (let n = 0; n < 20; n++)
    for (const known of [name, 'nobody-at-all@acme.example'])
      await assert.rejects(verify(known, PASSWORD, { hasher: busy }), HashingBusy)
  const counter = { tenantId: acme, kind: 'password', name, browser: 'other' } as const
  assert.equal(await inTenant(store, acme, trx => countFailures(trx, meansAt(), counter)), 0)
  for (let n = 0; n < 10; n++) assert.deepEqual(await verify(name, 'wrong password'), { right: false, user })
  // Nor does it shorten a block that was earned: what was not counted is not given back.
  await assert.rejects(verify(name, PASSWORD, { hasher: busy }), HashingBusy)
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
    ['wrong', 'known@acme.example', 'wrong password'],
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
    for (let n = 0; n < 10; n++) await verify(name, 'wrong password')
    work = []
    const verdict = await verify(name, PASSWORD, { hasher: watched })
    assert.ok(!verdict.right && verdict.retryAfter !== undefined, 'unknown names are blocked alike')
    assert.deepEqual(work, ['verify'], `blocked ${name}`)
  }
})

test('what happens on a right password happens in one transaction with forgetting the failures', async () => {
  const name = 'together@acme.example'
  await cast.person(acme, name)
  for (let n = 0; n < 9; n++) await verify(name, 'wrong password')
  const failing = verifyPassword(
    store,
    meansAt(),
    hasher,
    { tenantId: acme, name, password: PASSWORD, browserOf: async () => 'other' },
    async () => {
      throw new Error('no session today')
    },
  )
  await assert.rejects(failing, /no session/)
  const again = await verify(name, PASSWORD)
  assert.ok(!again.right && again.retryAfter === 60, 'the nine failures and the try that failed are still counted')
})
