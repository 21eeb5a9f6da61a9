import assert from 'node:assert/strict'
import { createHash, pbkdf2Sync, scryptSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { hash } from '@node-rs/argon2'
import { hash as hashByBcrypt } from '@node-rs/bcrypt'
import { plus } from '../clock.ts'
import {
  base32,
  checkForeignHash,
  createHasher,
  ForeignHashError,
  foreignHashChecks,
  HashingBusy,
  isForeign,
  keyring,
  type Place,
  type SealPurpose,
  schemeOf,
  systemRandom,
} from './index.ts'

const OLD = 'the first secret of this deployment'
const NEW = 'the second secret of this deployment'
const TENANT = '01900000-0000-7000-8000-00000000000a'
const OTHER_TENANT = '01900000-0000-7000-8000-00000000000b'
const ROW = '01900000-0000-7000-8000-000000000001'
const OTHER_ROW = '01900000-0000-7000-8000-000000000002'

const place: Place = { purpose: 'method', tenantId: TENANT, rowId: ROW }

test('a sealed value opens where it was sealed, and nowhere else', () => {
  const keys = keyring([OLD])
  const sealed = keys.seal(place, '+1 206 555 0110 – 電話')
  assert.equal(keys.open(place, sealed), '+1 206 555 0110 – 電話')
  assert.notDeepEqual(keys.seal(place, '+1 206 555 0110 – 電話'), sealed)
  assert.equal(sealed.includes(Buffer.from('206')), false)

  const purposes: SealPurpose[] = ['challenge', 'code', 'notice', 'outbox', 'typed-name']
  for (const purpose of purposes) assert.throws(() => keys.open({ ...place, purpose }, sealed), purpose)
  assert.throws(() => keys.open({ ...place, tenantId: OTHER_TENANT }, sealed))
  assert.throws(() => keys.open({ ...place, rowId: OTHER_ROW }, sealed))
})

test('a sealed value that was altered anywhere, or cut short, does not open', () => {
  const keys = keyring([OLD])
  const sealed = keys.seal(place, 'value')
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed)
    altered[at]! ^= 1
    assert.throws(() => keys.open(place, altered), `byte ${at}`)
  }
  // The tag of an empty value stands last: cut to four bytes it would be guessed in a day.
  const empty = keys.seal(place, '')
  for (const whole of [sealed, empty])
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => keys.open(place, whole.subarray(0, length)), `${length} bytes`)
})

test('lesson 31: the first secret seals and signs, all of them open, and short ones are refused', () => {
  const before = keyring([OLD])
  const rotated = keyring([NEW, OLD])
  const after = keyring([NEW])
  const old = before.seal(place, 'value')
  assert.equal(rotated.open(place, old), 'value')
  assert.throws(() => after.open(place, old), /LATCHKEY_SECRETS/)
  assert.equal(after.open(place, rotated.seal(place, 'value')), 'value')

  const signed = before.mac('session', 'a')
  assert.ok(rotated.matches(signed, 'session', 'a'))
  assert.equal(after.matches(signed, 'session', 'a'), false)
  assert.deepEqual(rotated.mac('session', 'a'), after.mac('session', 'a'))
  assert.deepEqual(rotated.macs('session', 'a'), [after.mac('session', 'a'), signed])

  assert.throws(() => keyring([]), RangeError)
  assert.throws(() => keyring([NEW, 'x'.repeat(31)]), RangeError)
})

test('lesson 30: a keyed hash holds for one purpose and one way to cut its parts', () => {
  const keys = keyring([OLD])
  const made = keys.mac('code', 'ab', 'c')
  assert.ok(keys.matches(made, 'code', 'ab', 'c'))
  const others: [Parameters<typeof keys.mac>[0], ...string[]][] = [
    ['code', 'a', 'bc'],
    ['code', 'abc'],
    ['code', 'ab', 'c', ''],
    ['code', '', 'ab', 'c'],
    ['code', 'c', 'ab'],
    ['code', 'ab1:c'],
    ['session', 'ab', 'c'],
    ['device', 'ab', 'c'],
    ['browser', 'ab', 'c'],
  ]
  for (const [purpose, ...parts] of others) assert.equal(keys.matches(made, purpose, ...parts), false, `${parts}`)
  // Lengths are counted in bytes, as they are hashed.
  assert.notDeepEqual(keys.mac('name', 'é', 'a'), keys.mac('name', 'é'.normalize('NFD'), 'a'))
  assert.equal(keys.matches(made.subarray(0, 16), 'code', 'ab', 'c'), false)
  assert.equal(keys.matches(Buffer.alloc(0), 'code', 'ab', 'c'), false)
})

test('codes have six digits, zeros in front included, and every digit is as likely in every place', () => {
  const CODES = 120_000
  const counts = Array.from({ length: 6 }, () => new Array<number>(10).fill(0))
  for (let n = 0; n < CODES; n++) {
    const code = systemRandom.code()
    assert.match(code, /^[0-9]{6}$/)
    for (const [at, digit] of [...code].entries()) counts[at]![Number(digit)]!++
  }
  for (const [at, found] of counts.entries()) {
    const expected = CODES / 10
    const chiSquare = found.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // Nine degrees of freedom: chance alone exceeds 60 once in a billion runs.
    assert.ok(chiSquare < 60, `place ${at}: ${found}`)
  }
})

test('ids made later sort later, and are UUIDs of version 7', () => {
  const start = new Date('2026-03-02T09:00:00.000Z')
  const ids = Array.from({ length: 500 }, (_, n) => systemRandom.uuid(plus(start, n)))
  assert.deepEqual([...ids].sort(), ids)
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(Number.parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16), start.getTime())
  assert.equal(new Set(Array.from({ length: 500 }, () => systemRandom.uuid(start))).size, 500)
  assert.match(systemRandom.token(), /^[\w-]{43}$/)
  assert.equal(new Set(Array.from({ length: 500 }, () => systemRandom.token())).size, 500)
})

test('base 32 is Crockford’s, five bits a letter', () => {
  assert.equal(base32(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]), 8), 'ZZZZZZZZ')
  assert.equal(base32(Buffer.from([0, 0, 0, 0, 0]), 8), '00000000')
  // 00001 00010 00011 00100 00101 00110 00111 01000
  assert.equal(base32(Buffer.from([0x08, 0x86, 0x42, 0x98, 0xe8]), 8), '12345678')
  assert.equal(base32(Buffer.from([0x08, 0x86]), 2), '12')
})

test('lesson 47: as many hashes wait as were allowed, and whoever is beyond is told at once', async () => {
  const hasher = await createHasher({ atOnce: 1, waiting: 2 })
  for (let round = 0; round < 2; round++) {
    const asked = Array.from({ length: 5 }, () => hasher.hash('a secret'))
    const done = await Promise.allSettled(asked)
    assert.deepEqual(
      done.map(one => one.status),
      ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
    )
    for (const one of done) if (one.status === 'rejected') assert.ok(one.reason instanceof HashingBusy)
  }
  // Work that fails gives its place back.
  for (let n = 0; n < 4; n++)
    await assert.rejects(
      hasher.withPlace(() => Promise.reject(new Error('failed'))),
      /failed/,
    )
  // A holder of a place waits for no other place.
  const held = Array.from({ length: 3 }, () => hasher.withPlace(verifier => verifier.verify(undefined, 'a secret')))
  await assert.rejects(
    hasher.withPlace(async () => assert.fail('nothing is begun without a place')),
    HashingBusy,
  )
  assert.deepEqual(await Promise.all(held), [false, false, false])
  assert.match(await hasher.hash('a secret'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('threads that hash yield to the one that answers, however often a hasher is made', {
  skip: process.platform !== 'linux',
}, async () => {
  for (let made = 0; made < 2; made++) await createHasher({ atOnce: 1, waiting: 0 })
  const behind = Math.min(getPriority(process.pid) + 5, 19)
  const threads = readdirSync('/proc/self/task').flatMap(id => {
    try {
      const name = readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim()
      return [{ name, priority: getPriority(Number(id)) }]
    } catch {
      return [] // it has just ended
    }
  })
  assert.ok(threads.some(({ name }) => name === 'libuv-worker'))
  for (const { name, priority } of threads)
    assert.equal(priority, name === 'libuv-worker' ? behind : getPriority(process.pid), name)
})

test('lesson 37: without a hash the same work is done, and the answer is no', async () => {
  const hasher = await createHasher({ atOnce: 1, waiting: 10 })
  const stored = await hasher.hash('right')
  assert.equal(await hasher.verify(stored, 'right'), true)
  assert.equal(await hasher.verify(stored, 'wrong'), false)
  assert.equal(await hasher.verify(undefined, 'a password that nobody has'), false)

  const spent = async (hash: string | undefined) => {
    const begun = process.cpuUsage()
    await hasher.verify(hash, 'wrong')
    const { user, system } = process.cpuUsage(begun)
    return user + system
  }
  const known: number[] = []
  const unknown: number[] = []
  for (let n = 0; n < 9; n++) {
    known.push(await spent(stored))
    unknown.push(await spent(undefined))
  }
  const middle = (times: number[]) => times.sort((a, b) => a - b)[4]!
  const ratio = middle(unknown) / middle(known)
  // By the processor, because other tests share the machine; a decoy of lesser cost would be far outside.
  assert.ok(ratio > 0.5 && ratio < 2, `ratio ${ratio}`)
})

test('lesson 47: hashes from other systems are checked, beside one of ours, and dear ones are not taken', async () => {
  const hasher = await createHasher({ atOnce: 2, waiting: 10 })
  const password = 'imported pässword 1'
  const salt = Buffer.from('a salt of 16 byt')
  const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const pbkdf2 = (digest: 'sha256' | 'sha512', iterations: number) =>
    `$pbkdf2-${digest}$i=${iterations}$${base64(salt)}$${base64(pbkdf2Sync(password, salt, iterations, 32, digest))}`
  const cheap = await hash(password, { algorithm: 2, memoryCost: 8_192, timeCost: 1, parallelism: 1 })
  const older = await hash(password, { algorithm: 1, memoryCost: 4_096, timeCost: 3, parallelism: 1 })
  const scrypted = (ln: number, r: number, p: number) =>
    `$scrypt$ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(scryptSync(password, salt, 32, { N: 2 ** ln, r, p, maxmem: 1e8 }))}`
  const ssha = (name: string, digest: string, grain = salt) =>
    `{${name}}${Buffer.concat([createHash(digest).update(password).update(grain).digest(), grain]).toString('base64')}`
  const scrypts = [scrypted(10, 8, 1), scrypted(11, 4, 2)]
  const salted = [ssha('SSHA', 'sha1'), ssha('SSHA256', 'sha256'), ssha('SSHA384', 'sha384'), ssha('SSHA512', 'sha512')]
  const all = [pbkdf2('sha256', 1_000), pbkdf2('sha512', 2_000), cheap, older, ...scrypts, ...salted]
  assert.deepEqual([...scrypts, ...salted].map(schemeOf), [
    ...['$scrypt$ln=10,r=8,p=1$', '$scrypt$ln=11,r=4,p=2$'],
    ...['{SSHA}', '{SSHA256}', '{SSHA384}', '{SSHA512}'],
  ])
  // The first is a published vector of OpenBSD's; all three forms are one algorithm.
  const bcrypted = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  for (const form of ['$2a$', '$2b$', '$2y$']) {
    await checkForeignHash(bcrypted.replace('$2a$', form))
    assert.equal(await hasher.verify(bcrypted.replace('$2a$', form), 'U*U'), true, form)
  }
  const long = 'é'.repeat(36)
  const ofLong = await hashByBcrypt(long, 4)
  assert.equal(schemeOf(ofLong), '$2b$04$')
  assert.equal(await hasher.verify(ofLong, long), true, '72 bytes are a whole password')
  assert.equal(await hasher.verify(ofLong, `${long}!`), false, 'what bcrypt cuts off is not passed over')
  assert.equal(await hasher.verify(bcrypted, 'U*U\0U*U'), false, 'nor is a password that repeats behind a zero byte')
  all.push(await hashByBcrypt(password, 5))
  for (const foreign of all) {
    await checkForeignHash(foreign)
    assert.ok(isForeign(foreign), foreign)
    assert.equal(await hasher.verify(foreign, password), true, foreign)
    assert.equal(await hasher.verify(foreign, 'imported password 1'), false, foreign)
  }
  await checkForeignHash(scrypted(16, 8, 1)) // the dearest
  const ours = await hasher.hash(password)
  assert.equal(isForeign(ours), false)
  await checkForeignHash(ours)
  for (const alike of all) {
    assert.equal(await hasher.verify(ours, password, alike), true)
    assert.equal(await hasher.verify(ours, 'another', alike), false, 'somebody else’s hash opens nothing')
    assert.equal(await hasher.verify(undefined, password, alike), false, 'nor does it for nobody')
  }
  const wrong = [
    '',
    password,
    '$2b$10$abcdefghijklmnopqrstuv',
    '$argon2id$v=16$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo',
  ]
  for (const foreign of wrong) {
    await assert.rejects(checkForeignHash(foreign), ForeignHashError, foreign)
    assert.equal(await hasher.verify(foreign, password), false, foreign)
  }
  const dear = [
    pbkdf2('sha256', 1_000).replace('i=1000', 'i=600001'),
    cheap.replace('m=8192', 'm=65537'),
    cheap.replace('t=1', 't=5'),
    cheap.replace('p=1', 'p=5'),
    scrypts[0]!.replace('ln=10', 'ln=17'),
    scrypts[0]!.replace('r=8', 'r=9'),
    scrypts[0]!.replace('p=1', 'p=5'),
    bcrypted.replace('$05$', '$13$'),
  ]
  for (const foreign of dear) await assert.rejects(checkForeignHash(foreign), /costs too much/, foreign)
  const broken = [cheap.replace('m=8192', 'm=1'), cheap.replace('t=1', 't=0'), all[0]!.replace('i=1000', 'i=0')]
  broken.push(scrypts[0]!.replace('ln=10', 'ln=0'), ssha('SSHA', 'sha1', Buffer.from('abc')), ssha('SSHA512', 'sha256'))
  broken.push(bcrypted.replace('$05$', '$03$'), bcrypted.replace('$2a$', '$2x$'), bcrypted.slice(0, -1))
  // The last character of each holds spare bits, which are zero in what an encoder writes.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const nextLetter = (letter: string) => letters[letters.indexOf(letter) + 1]!
  const spare = [all[0]!, cheap, scrypts[0]!, salted[2]!, bcrypted].map(foreign =>
    foreign.replace(/[\w+/](?==*$)/, nextLetter),
  )
  spare.push(bcrypted.replace('.E5', '/E5'))
  const check = foreignHashChecks()
  for (const foreign of [...all, bcrypted]) await check(foreign)
  for (const foreign of spare) await assert.rejects(check(foreign), /not canonical Base64/, foreign)
  for (const foreign of broken) {
    await assert.rejects(checkForeignHash(foreign), /cannot be verified|neither/, foreign)
    assert.equal(await hasher.verify(foreign, password), false, 'nobody’s sign-in fails with an error for it')
    assert.equal(await hasher.verify(ours, password, foreign), true, 'nor does a neighbour’s')
  }
})

test('no address takes more than its share of the places, and some are kept for familiar browsers', async () => {
  const hasher = await createHasher({ atOnce: 1, waiting: 99 })
  const done = Promise.withResolvers<void>()
  const held: Promise<void>[] = []
  const hold = (address: string, familiar = false) => {
    const taken = hasher.askedBy({ address, familiar }, () => hasher.withPlace(() => done.promise))
    held.push(taken.catch(() => {}))
    return Promise.race([taken.then(() => true), new Promise(resolve => setImmediate(resolve, true))]).catch(
      error => error instanceof HashingBusy && 'busy',
    )
  }
  const count = async (many: number, address: (n: number) => string, familiar = false) => {
    const all = await Promise.all(Array.from({ length: many }, (_, n) => hold(address(n), familiar)))
    return all.filter(one => one === true).length
  }
  assert.equal(await count(30, () => '192.0.2.1'), 10)
  assert.equal(await count(30, n => `2001:db8:1:2::${n}`), 10, 'a /64 is one address')
  assert.equal(await count(60, n => `2001:db8:1:${n}::1`), 30, 'a /48 has forty')
  assert.equal(await hold('192.0.2.2'), true, 'another address goes on')
  assert.equal(await count(60, n => `198.51.100.${n}`), 39, 'a tenth is kept')
  assert.equal(await hold('203.0.113.1'), 'busy')
  assert.equal(await count(12, () => '203.0.113.2', true), 10, 'familiar browsers have it, up to their share')
  done.resolve()
  await Promise.all(held)
  assert.equal(await hold('192.0.2.1'), true, 'what is done is given back')
})

test('lesson 47: whoever has much to hash in one place keeps nobody waiting for more than one of it', async () => {
  const hasher = await createHasher({ atOnce: 1, waiting: 9 })
  const order: string[] = []
  const note = (who: string) => () => order.push(who)
  const many = hasher.withPlace(verifier =>
    Promise.all(Array.from({ length: 6 }, () => verifier.verify(undefined, 'an answer').then(note('many')))),
  )
  await Promise.all([many, hasher.verify(undefined, 'a password').then(note('one'))])
  assert.ok(order.indexOf('one') <= 2, String(order))
})
