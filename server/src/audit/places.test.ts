import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openPlaces } from './index.ts'

const FIXTURE = join(import.meta.dirname, 'GeoLite2-City-Test.mmdb')
const folder = await mkdtemp(join(tmpdir(), 'latchkey-places-'))
after(() => rm(folder, { recursive: true }))

/** The fixture, with each of these bytes put in the place of others of the same length, wherever they stand. */
async function altered(name: string, ...changes: [string, string][]) {
  let text = await readFile(FIXTURE, 'latin1')
  for (const [from, to] of changes) {
    assert.ok(text.includes(from) && from.length === to.length, from)
    text = text.replaceAll(from, to)
  }
  const path = join(folder, name)
  await writeFile(path, text, 'latin1')
  return path
}

test('an address has its city in the reader’s language, else in English, and the country that it is in', async () => {
  const places = await openPlaces(FIXTURE)
  const London = (city: string) => ({ city, country: 'GB' })
  assert.deepEqual(places.find('81.2.69.160', 'en'), London('London'))
  assert.deepEqual(places.find('81.2.69.160', 'fr'), London('Londres'))
  assert.deepEqual(places.find('81.2.69.160', 'ja'), London('ロンドン'))
  assert.deepEqual(places.find('::ffff:81.2.69.160', 'fr'), London('Londres'))
  assert.deepEqual(places.find('::FFFF:81.2.69.160', 'fr'), London('Londres'))
  assert.deepEqual(places.find('2.125.160.216', 'ja'), { city: 'Boxford', country: 'GB' })
  assert.deepEqual(places.find('2001:480:10::1', 'ja'), { city: 'サンディエゴ', country: 'US' })
  assert.deepEqual(places.find('2001:218::1', 'en'), { city: undefined, country: 'JP' })
})

test('what the file does not place has no place, and neither has what is no address', async () => {
  const places = await openPlaces(FIXTURE)
  const unplaced = ['8.8.8.8', '10.0.0.1', '192.168.1.1', '127.0.0.1', '::1', 'fe80::1%eth0', 'fd00::1']
  const malformed = [
    '',
    '81.2.69',
    '81.2.69.160.1',
    '81.2.69.256',
    '81.2.69.160:443',
    '[2001:218::1]',
    'x',
    ':',
    '::ffff:',
  ]
  for (const address of [...unplaced, ...malformed, null, undefined])
    assert.equal(places.find(address, 'en'), undefined, String(address))
})

test('a damaged or senseless record is no place, and never an error', async () => {
  // A pointer (001…) far beyond the file, in the place of a record's text.
  const damaged = await openPlaces(await altered('damaged.mmdb', ['\x46London', '\x3f\xff\xff\xff\xff\x46\x46']))
  assert.equal(damaged.find('81.2.69.160', 'en'), undefined)
  assert.equal(damaged.find('2.125.160.216', 'en')?.city, 'Boxford', 'the others are as before')
  const senseless = await openPlaces(
    await altered('senseless.mmdb', ['\x47Boxford', '\x47Box\nord'], ['\x42JP', '\x42J!'], ['\x42CN', '\x42ZZ']),
  )
  assert.deepEqual(senseless.find('2.125.160.216', 'en'), { city: undefined, country: 'GB' })
  assert.equal(senseless.find('2001:218::1', 'en'), undefined)
  assert.deepEqual(senseless.find('175.16.199.1', 'en'), { city: 'Changchun', country: undefined })
  const [tree] = (await readFile(FIXTURE, 'latin1')).split('\0'.repeat(16))
  assert.ok(tree)
  const lost = await openPlaces(await altered('lost.mmdb', [tree, '\xfe'.repeat(tree.length)]))
  assert.equal(lost.find('81.2.69.160', 'en'), undefined)
})

test('in a file for version 4 an address of version 6 finds nothing, rather than somebody else’s place', async () => {
  const versionFour = await openPlaces(await altered('four.mmdb', ['ip_version\xa1\x06', 'ip_version\xa1\x04']))
  assert.equal(versionFour.find('2001:480:10::1', 'en'), undefined)
  // What begins with the same 32 bits as 2001:218::, as a socket for both versions writes it.
  assert.equal(versionFour.find('::ffff:32.1.2.24', 'en')?.country, 'JP')
})

test('a file that cannot be used is one sentence', async () => {
  const refusal = async (path: string) => {
    const error = await openPlaces(path).then(
      () => assert.fail(`opened ${path}`),
      (error: Error) => error,
    )
    assert.equal(error.name, 'PlacesFileError')
    assert.ok(error.message.startsWith(`The file of places ${path} `) && error.message.endsWith('.'))
    return error.message.slice(`The file of places ${path} `.length, -1)
  }
  assert.equal(await refusal(join(folder, 'missing.mmdb')), 'cannot be read (ENOENT)')
  assert.equal(await refusal(folder), 'cannot be read (EISDIR)')
  const type = await altered('countries.mmdb', ['\x4dGeoLite2-City', '\x4dGeoLite2-Land'])
  assert.equal(await refusal(type), 'is of the type GeoLite2-Land, which has no cities')
  const whole = await readFile(FIXTURE)
  for (const [name, bytes] of [
    ['empty.mmdb', Buffer.alloc(0)],
    ['text.mmdb', Buffer.from('network,city\n81.2.69.160/27,London\n'.repeat(1_000))],
    ['cut.mmdb', whole.subarray(0, 15_000)],
    ['cut at its end.mmdb', whole.subarray(0, -100)],
  ] as const) {
    await writeFile(join(folder, name), bytes)
    assert.equal(await refusal(join(folder, name)), 'is not in the MaxMind format')
  }
})
