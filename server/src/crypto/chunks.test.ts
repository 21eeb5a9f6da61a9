import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { ChunkError, openChunks, sealChunks } from './index.ts'

const BLOCK = 64 * 1024
const SEALED = BLOCK + 16
const given = { key: randomBytes(32), bound: Buffer.from('what kind of stream this is') }

async function* inParts(whole: Buffer, size: number) {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size)
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

const seal = (plain: Buffer, size = 10_000) => collect(sealChunks(given, inParts(plain, size)))
const open = (sealed: Buffer, key = given) => collect(openChunks(key, inParts(sealed, 33_333)))

test('a sealed stream opens whole, whatever its length and the parts that it comes in', async () => {
  for (const length of [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK]) {
    const plain = randomBytes(length)
    for (const size of [777, BLOCK, 10 * BLOCK]) {
      const sealed = await seal(plain, size)
      assert.equal(sealed.length, length + 16 * Math.max(1, Math.ceil(length / BLOCK)))
      assert.deepEqual(await open(sealed), plain, `${length} in ${size}`)
    }
  }
})

test('a sealed stream that was altered, cut off, re-ordered or doubled does not open', async () => {
  const sealed = await seal(randomBytes(3 * BLOCK + 5))
  const blocks = [0, 1, 2, 3].map(n => sealed.subarray(n * SEALED, (n + 1) * SEALED))
  const join = (...places: number[]) => Buffer.concat(places.map(place => blocks[place]!))
  const altered = Buffer.from(sealed)
  altered[2 * SEALED + 9]! ^= 1
  const wrong = {
    altered,
    'cut off at a block': join(0, 1, 2),
    'cut off within one': sealed.subarray(0, -1),
    'cut off within a tag': sealed.subarray(0, 3 * SEALED + 8),
    're-ordered': join(1, 0, 2, 3),
    'short of its first': join(1, 2, 3),
    'short of one within': join(0, 2, 3),
    doubled: join(0, 1, 1, 2, 3),
    'followed by more': join(0, 1, 2, 3, 0),
    empty: Buffer.alloc(0),
  }
  for (const [what, stream] of Object.entries(wrong)) await assert.rejects(open(stream), ChunkError, what)
  await assert.rejects(open(sealed, { ...given, bound: Buffer.from('another kind') }), ChunkError)
  await assert.rejects(open(sealed, { ...given, key: randomBytes(32) }), ChunkError)
  assert.equal((await open(join(0, 1, 2, 3))).length, 3 * BLOCK + 5)
})
