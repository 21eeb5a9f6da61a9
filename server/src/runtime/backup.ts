import { randomBytes, scrypt } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createZstdCompress, createZstdDecompress, constants as zlib } from 'node:zlib'
import { ChunkError, type ChunkKey, type Keyring, openChunks, sealChunks } from '../crypto/index.ts'
import { openSnapshot, placeSnapshot, type SnapshotContents, type SnapshotTable, type Store } from '../store/index.ts'
import { refuseOtherKeys } from './purpose.ts'

/** A backup that cannot be restored. The message is one sentence for the operator. */
export class BackupError extends Error {
  override name = 'BackupError'
}

/** What seals a backup: a secret of LATCHKEY_SECRETS, or a passphrase that is kept elsewhere. */
export interface BackupKeys {
  keys: Keyring
  passphrase?: string | undefined
}

/** What was read or written so far; `some`: about how many rows there are. */
export type Report = (rows: number, some: number) => void

// A file begins with a line that says what it is, then what seals it, the secret's id, and the salt of its key.
const MARK = Buffer.from('latchkey backup 1\n')
const BY_SECRET = 1
const BY_PASSPHRASE = 2
const ID = 4
const SALT = 32
const HEADER = MARK.length + 1 + ID + SALT

/** The parts of the sealed stream: what there is, a table, some of its rows, the end of them, the end of all. */
const CONTENTS = 1
const TABLE = 2
const ROWS = 3
const END = 4

/** The longest part that is read: contents and rows are far below it. */
const LONGEST = 64 * 1024 * 1024

/** Writes the database of one moment, sealed. The server goes on meanwhile. Returns how many rows it holds. */
export async function writeBackup(
  store: Store,
  sealing: BackupKeys,
  { to, report }: { to: Writable; report: Report },
): Promise<{ rows: number; tables: number }> {
  const header = Buffer.concat([
    MARK,
    Buffer.of(sealing.passphrase === undefined ? BY_SECRET : BY_PASSPHRASE),
    sealing.passphrase === undefined ? sealing.keys.ids[0]! : Buffer.alloc(ID),
    randomBytes(SALT),
  ])
  const key = await keyOf(sealing, header)
  const snapshot = await openSnapshot(store)
  const { contents } = snapshot
  let rows = 0
  async function* parts() {
    yield part(CONTENTS, asJson(contents))
    for (const [place, table] of contents.tables.entries()) {
      yield part(TABLE, asJson(place))
      for await (const chunk of snapshot.read(table) as AsyncIterable<Buffer>) {
        yield part(ROWS, chunk)
        rows += linesIn(chunk)
        report(rows, Math.max(rows, sumOf(contents)))
      }
    }
    await snapshot.check()
    yield part(END, asJson({ rows }))
  }
  try {
    await pipeline(
      parts,
      createZstdCompress({ params: { [zlib.ZSTD_c_compressionLevel]: 1 } }),
      async function* (source: AsyncIterable<Buffer>) {
        yield header
        yield* sealChunks(key, source)
      },
      to,
      { end: to !== process.stdout },
    )
  } finally {
    await snapshot.close()
  }
  return { rows, tables: contents.tables.length }
}

/**
 * Fills an empty database by a backup: all of it, or nothing where the file was altered or cut off. Returns how many
 * rows it held. Throws `BackupError`, `StoreError`, and `ConfigError` where the database was of other secrets.
 */
export async function readBackup(
  store: Store,
  opening: BackupKeys,
  { from, report }: { from: Readable; report: Report },
): Promise<{ rows: number }> {
  const source = from[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const { header, rest } = await readHeader(source)
  const opened = openChunks(await keyOf(opening, header), rest)
  const plain = createZstdDecompress()
  const pouring = pipeline(opened, plain)
  pouring.catch(() => {}) // told by the reader, whose stream ends with the same error
  const parts = readParts(plain)
  let rows = 0
  try {
    const first = await next(parts)
    if (first.kind !== CONTENTS) throw new BackupError('The backup does not begin with its contents.')
    const contents = JSON.parse(first.body.toString()) as SnapshotContents
    if (contents.keys !== undefined) refuseOtherKeys(opening.keys, contents.keys)
    await placeSnapshot(store, contents, tablesOf(contents))
    return { rows }

    async function* tablesOf({ tables }: SnapshotContents): AsyncGenerator<{
      table: SnapshotTable
      rows: AsyncIterable<Buffer>
    }> {
      let one = await next(parts)
      const rowsOf = async function* () {
        for (one = await next(parts); one.kind === ROWS; one = await next(parts)) {
          rows += linesIn(one.body)
          report(rows, Math.max(rows, sumOf(contents)))
          yield one.body
        }
        if (one.kind === END) await finish(one.body)
      }
      while (one.kind === TABLE) yield { table: tables[JSON.parse(one.body.toString())]!, rows: rowsOf() }
    }
    // Before the last table is done nothing is committed.
    async function finish(body: Buffer) {
      if ((JSON.parse(body.toString()) as { rows: number }).rows !== rows)
        throw new BackupError('The backup lacks rows of its own.')
      if (!(await parts.next()).done) throw new BackupError('Something follows the end of the backup.')
      await pouring
    }
  } catch (error) {
    throw error instanceof ChunkError ? damaged(error, header) : error
  } finally {
    from.destroy()
    plain.destroy()
  }
}

const damaged = (cause: ChunkError, header: Buffer) =>
  new BackupError(
    header[MARK.length] === BY_PASSPHRASE && cause.message.startsWith('block 0 ')
      ? 'The backup does not open: this is not its passphrase, or the file was altered. Nothing was changed.'
      : `The backup was altered or cut off (${cause.message}), and nothing was changed: take another copy of it.`,
    { cause },
  )

/** The rows of PostgreSQL's text format: it escapes line breaks within. */
function linesIn(chunk: Buffer): number {
  let lines = 0
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
  return lines
}

const asJson = (value: unknown) => Buffer.from(JSON.stringify(value))

function part(kind: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head[0] = kind
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

interface Part {
  kind: number
  body: Buffer
}

async function* readParts(source: AsyncIterable<Buffer>): AsyncGenerator<Part, undefined> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    while (held.length >= 5) {
      const length = held.readUInt32BE(1)
      if (length > LONGEST) throw new BackupError('The backup holds a part that is too long.')
      if (held.length < 5 + length) break
      yield { kind: held[0]!, body: held.subarray(5, 5 + length) }
      held = held.subarray(5 + length)
    }
  }
  if (held.length > 0) throw new BackupError('The backup ends within a part.')
}

async function next(parts: AsyncGenerator<Part, undefined>): Promise<Part> {
  const { value } = await parts.next()
  if (value === undefined) throw new BackupError('The backup ends too early.')
  return value
}

async function readHeader(source: AsyncIterator<Buffer>) {
  let held: Buffer = Buffer.alloc(0)
  while (held.length < HEADER) {
    const { value, done } = await source.next()
    if (done) break
    held = Buffer.concat([held, value])
  }
  const header = held.subarray(0, HEADER)
  if (held.length < HEADER || !header.subarray(0, MARK.length).equals(MARK))
    throw new BackupError('This is no backup of Latchkey.')
  const rest = async function* () {
    yield held.subarray(HEADER)
    for (let { value, done } = await source.next(); !done; { value, done } = await source.next()) yield value
  }
  return { header, rest: rest() }
}

/** The key of one file alone: its salt is random. */
async function keyOf({ keys, passphrase }: BackupKeys, header: Buffer): Promise<ChunkKey> {
  const salt = header.subarray(HEADER - SALT)
  if (header[MARK.length] === BY_PASSPHRASE) {
    if (passphrase === undefined)
      throw new BackupError('This backup was sealed by a passphrase: name its file with --passphrase-file.')
    // 128 MB and half a second for each guess.
    const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 1024 * 1024 }
    return { key: await derive(passphrase, salt, 32, cost), bound: header }
  }
  const place = keys.ids.findIndex(id => id.equals(header.subarray(MARK.length + 1, HEADER - SALT)))
  const key = keys.macs('backup', salt.toString('hex'))[place]
  if (!key)
    throw new BackupError(
      'This backup was sealed by a secret that is not among LATCHKEY_SECRETS: add the one of its time at the end.',
    )
  return { key, bound: header }
}

const derive = promisify<string, Buffer, number, Parameters<typeof scrypt>[3], Buffer>(scrypt as never)

const sumOf = ({ tables }: SnapshotContents) => tables.reduce((sum, table) => sum + table.rows, 0)
