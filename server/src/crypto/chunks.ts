import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'

// The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) by AES-256-GCM: each block's nonce holds its number,
// and whether it is the last. A block that is altered, missing, doubled or in another place does not open.

const BLOCK = 64 * 1024
const TAG = 16

/** A stream that was altered, cut off, or sealed by another key. */
export class ChunkError extends Error {
  override name = 'ChunkError'
}

/** A key of 32 bytes that seals one stream alone, and what is authenticated with every block. */
export interface ChunkKey {
  key: Buffer
  bound: Buffer
}

/** Seals a stream in blocks. */
export async function* sealChunks(given: ChunkKey, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const key = createSecretKey(given.key)
  let number = 0
  for await (const { block, last } of inBlocks(source, BLOCK)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number++, last)).setAAD(given.bound)
    yield Buffer.concat([cipher.update(block), cipher.final(), cipher.getAuthTag()])
  }
}

/** Opens what `sealChunks` made. Each block that it gives was authenticated; the whole stream is once it ends. Throws `ChunkError`. */
export async function* openChunks(given: ChunkKey, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const key = createSecretKey(given.key)
  let number = 0
  for await (const { block, last } of inBlocks(source, BLOCK + TAG)) {
    if (block.length < TAG) throw new ChunkError(`block ${number} is cut off`)
    const nonce = nonceOf(number, last)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG }).setAAD(given.bound)
    decipher.setAuthTag(block.subarray(block.length - TAG))
    const opened = decipher.update(block.subarray(0, block.length - TAG))
    try {
      decipher.final()
    } catch {
      throw new ChunkError(`block ${number} does not open`)
    }
    number++
    yield opened
  }
}

/** Blocks of this size, and the last one, which may be shorter. */
async function* inBlocks(source: AsyncIterable<Buffer>, size: number) {
  let held: Buffer[] = []
  let length = 0
  for await (const part of source) {
    held.push(part)
    length += part.length
    if (length <= size) continue
    const whole = Buffer.concat(held)
    let from = 0
    // A whole block is held back until something follows, because only then it is known not to be the last.
    for (; whole.length - from > size; from += size) yield { block: whole.subarray(from, from + size), last: false }
    held = [whole.subarray(from)]
    length = whole.length - from
  }
  yield { block: Buffer.concat(held), last: true }
}

function nonceOf(number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(number, 5, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}
