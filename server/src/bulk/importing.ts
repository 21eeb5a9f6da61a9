import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { Type } from 'typebox'
import type { Act } from '../act.ts'
import { addNewcomers, type Newcomer, NewUser } from '../administration/index.ts'
import { bodyJudge, detailsOf } from '../api/index.ts'
import { ForeignHashError, foreignHashChecks } from '../crypto/index.ts'
import { Refusal } from '../refusals.ts'
import { type Db, inTenant, sql, type Trx } from '../store/index.ts'
import { readRecords } from './csv.ts'
import { refuse } from './errors.ts'
import { type Cells, type Column, isExample, isVersion, readCells, readHeadings } from './headings.ts'
import { bodyOf, profile } from './kinds.ts'

/** Rows of one transaction, where rows stand alone. */
const BATCH = 500

/** The tables are counted anew once a file has so many times as many rows in them. */
const GROWN = 4

/** Packed bytes of a file that is judged before any row is stored. */
const KEPT_AT_MOST = 256 * 1024 * 1024

/** How people of a file come in. */
export interface Import {
  tenantId: string
  /** Judges all and changes nothing. */
  isDryRun: boolean
  /** Nobody comes in where one row is refused. */
  isWhole: boolean
  /** Hears of each refused row, and after some rows how many have been judged. */
  told: { refused(row: RefusedRow): void; judged(rows: number): void }
}

/** A row by its number in the file, the headings not counted, and why nobody came of it. */
export interface RefusedRow {
  row: number
  code: string
  target?: string | undefined
}

/** What became of a file's rows. `added`: how many have come in, or would have. */
export interface Imported {
  total: number
  added: number
  refused: number
}

const HEADINGS = {
  properties: [...profile, 'passwordHash', 'groups'],
  required: [['userPrincipalName'], ['displayName']],
}

const { passwordProfile: _, ...properties } = NewUser.properties
const judgePerson = bodyJudge({ body: Type.Object(properties, { additionalProperties: false }) })

/**
 * Brings the people of a CSV file in as an operator, with the hashes of their passwords elsewhere. Rows are stored as
 * they are read; for a try or as a whole, all are judged and kept in memory before the one transaction.
 * Throws `csv_invalid`, `csv_too_large`, `property_…` of headings.
 */
export async function importPeople(db: Db, act: Act, asked: Import, bytes: AsyncIterable<Buffer>): Promise<Imported> {
  const { tenantId, isDryRun, isWhole } = asked
  const records = readRecords(bytes)
  const done: Imported = { total: 0, added: 0, refused: 0 }
  try {
    const columns = readHeadings(await firstRecord(records), HEADINGS)
    const batches = inBatches(columns, records)
    let countedAt = BATCH
    const add = async (trx: Trx, batch: Judged[]) => {
      await addBatch(trx, act, { batch, asked, done })
      if (done.total < countedAt) return
      countedAt = done.total * GROWN
      await countPeople(trx)
    }
    if (isDryRun || isWhole) {
      const kept = await keep(batches)
      await inTenant(db, tenantId, async trx => {
        for (const batch of kept) await add(trx, await unpack(batch))
        if (isDryRun || done.refused > 0) throw new Undone()
      }).catch(error => {
        if (!(error instanceof Undone)) throw error
      })
    } else for await (const batch of batches) await inTenant(db, tenantId, trx => add(trx, batch))
    // The people are in: a count that fails must not tell otherwise, and autovacuum counts a minute later.
    if (!isDryRun && done.added >= BATCH) await inTenant(db, tenantId, countPeople).catch(() => {})
    return isWhole && !isDryRun && done.refused > 0 ? { ...done, added: 0 } : done
  } finally {
    await records.return(undefined)
  }
}

/**
 * Has PostgreSQL count the tables of people. By what it knew of them before, a foreign key or a trigger of each row may
 * read all rows before it, and a file of 100,000 take an hour. Autovacuum comes too late, and sees no open transaction.
 */
const countPeople = (trx: Trx) => sql`select count_people()`.execute(trx)

/** Ends a transaction that changes nothing. */
class Undone extends Error {}

/** A row as far as no transaction is needed. */
type Judged = { row: number } & ({ newcomer: Newcomer } | { refused: Omit<RefusedRow, 'row'> })

const pack = promisify(gzip)

/** A whole file, packed. No transaction may hold its locks while a file is typed or piped, and its hashes are tried. */
export async function keep(batches: AsyncIterable<Judged[]>, atMost = KEPT_AT_MOST): Promise<Buffer[]> {
  const kept: Buffer[] = []
  let bytes = 0
  for await (const batch of batches) {
    const packed = await pack(JSON.stringify(batch))
    bytes += packed.length
    if (bytes > atMost) throw refuse('csv_too_large')
    kept.push(packed)
  }
  return kept
}

const unpack = async (batch: Buffer): Promise<Judged[]> => JSON.parse(String(await promisify(gunzip)(batch)))

async function firstRecord(records: AsyncGenerator<string[]>): Promise<string[]> {
  for (;;) {
    const { value, done } = await records.next()
    if (done) throw refuse('csv_invalid')
    if (!isVersion(value)) return value
  }
}

async function* inBatches(columns: readonly Column[], records: AsyncIterable<string[]>): AsyncGenerator<Judged[]> {
  const checkHash = foreignHashChecks()
  let row = 0
  let batch: Judged[] = []
  for await (const record of records) {
    if (isExample(record)) continue
    batch.push({ row: ++row, ...(await judge(readCells(columns, record), checkHash)) })
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function judge(
  cells: Cells | undefined,
  checkHash: (hash: string) => Promise<void>,
): Promise<{ newcomer: Newcomer } | { refused: Omit<RefusedRow, 'row'> }> {
  try {
    if (!cells) throw refuse('row_too_long')
    const { passwordHash: hash, groups = '', ...person } = cells
    const input = judgePerson({ accountEnabled: true, ...bodyOf(person) }) as Newcomer['input']
    if (hash !== undefined) await checkHash(hash)
    const joined = groups.split(';').flatMap(one => (one.trim() === '' ? [] : [one.trim()]))
    return { newcomer: { input, hash, groups: joined } }
  } catch (error) {
    if (error instanceof Refusal) return { refused: detailOf(error) }
    if (error instanceof ForeignHashError)
      return { refused: detailOf(refuse('property_invalid', { field: 'passwordHash' })) }
    throw error
  }
}

const detailOf = (refusal: Refusal) => detailsOf(refusal)[0]!

async function addBatch(
  trx: Trx,
  act: Act,
  { batch, asked: { told }, done }: { batch: readonly Judged[]; asked: Import; done: Imported },
): Promise<void> {
  const fitting = batch.flatMap(one => ('newcomer' in one ? [one.newcomer] : []))
  const results = (await addNewcomers(trx, act, fitting)).values()
  for (const one of batch) {
    done.total++
    const result = 'refused' in one ? one : results.next().value!
    if ('id' in result) done.added++
    else {
      done.refused++
      const { refused } = result
      told.refused({ row: one.row, ...(refused instanceof Refusal ? detailOf(refused) : refused) })
    }
  }
  told.judged(done.total)
}
