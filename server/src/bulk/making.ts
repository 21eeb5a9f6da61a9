import { sql } from 'kysely'
import type { Act } from '../act.ts'
import type { AnnouncementKind } from '../administration/index.ts'
import { record } from '../audit/index.ts'
import { HOUR, plus } from '../clock.ts'
import { readName } from '../directory/index.ts'
import { type Db, enqueue, inTenant, type Trx } from '../store/index.ts'
import { readRecords } from './csv.ts'
import { refuse } from './errors.ts'
import { type Column, isExample, isVersion, readCells, readHeadings } from './headings.ts'
import { demandKind, type Kind, type KindName, kinds, type MakerAct } from './kinds.ts'
import { inputPlace, sealQuery } from './seals.ts'

const ROWS_AT_MOST = 100_000

/** Rows that one statement writes. */
const BATCH = 500

const RUNNING_AT_MOST = 5

/** An upload that a killed process left counts as running for so long. */
const UPLOAD_LASTS = HOUR

/** A job as it is asked for. */
export interface NewJob {
  kind: string
  isDryRun: boolean
  fileName: string | undefined
  /** The application that asks, for itself or for a person. */
  appId: string
  /** Of the person, in their own tenant. */
  securityEpoch: number | undefined
  /** Of a roll-out: which of its mails. */
  announcement?: AnnouncementKind
}

/**
 * Takes a file in as it comes, and has its rows run. Returns the job's id. Nothing is left where the file is refused.
 * Throws `csv_invalid`, `property_…`, `rows_at_most`, `quota_exceeded`, and what `demandKind` throws.
 */
export async function takeFile(
  db: Db,
  act: MakerAct,
  asked: NewJob & { kind: KindName },
  bytes: AsyncIterable<Buffer>,
): Promise<string> {
  const kind: Kind = kinds[asked.kind]
  const records = readRecords(bytes)
  try {
    const columns = readHeadings(await firstRecord(records), kind)
    const properties = columns.map(({ property }) => property)
    demandKind(act, kind, properties)
    return await takeRows(db, act, asked, cellsOf(columns, records))
  } finally {
    await records.return(undefined)
  }
}

/** What each record holds; undefined for one that is too long. */
async function* cellsOf(
  columns: readonly Column[],
  records: AsyncIterable<string[]>,
): AsyncGenerator<Record<string, string> | undefined> {
  for await (const record of records) if (!isExample(record)) yield readCells(columns, record)
}

/** Makes a job of these rows, and has them run. Returns its id. Nothing is left where one cannot be read. */
export async function takeRows(
  db: Db,
  act: MakerAct,
  asked: NewJob,
  rows: AsyncIterable<Record<string, string> | undefined>,
): Promise<string> {
  const { tenantId } = act.actor
  const id = await inTenant(db, tenantId, trx => begin(trx, act, asked))
  try {
    const total = await insertAll(db, act, { id, isRepeated: repeatsIn(asked) }, rows)
    await inTenant(db, tenantId, trx => start(trx, act, id, { ...asked, total }))
  } catch (error) {
    await inTenant(db, tenantId, trx => forget(trx, id))
    throw error
  }
  return id
}

async function firstRecord(records: AsyncGenerator<string[]>): Promise<string[]> {
  for (;;) {
    const { value, done } = await records.next()
    if (done) throw refuse('csv_invalid')
    if (!isVersion(value)) return value
  }
}

/** Makes a job that has no rows: what it lists is read when it is fetched. Returns its id. */
export async function makeExport(
  trx: Trx,
  act: MakerAct,
  asked: NewJob,
  query: [name: string, value: string][],
): Promise<string> {
  const id = await insert(trx, act, asked, { status: 'succeeded', ended_at: act.now })
  await trx
    .updateTable('bulk_jobs')
    .set({ query_sealed: sealQuery(act.keys, trx.tenantId, id, query) })
    .where('tenant_id', '=', trx.tenantId)
    .where('id', '=', id)
    .execute()
  await recordStart(trx, act, id, { kind: asked.kind })
  return id
}

async function begin(trx: Trx, act: MakerAct, asked: NewJob): Promise<string> {
  // Of two at once the second counts the first.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`bulk ${trx.tenantId}`}, 0))`.execute(trx)
  const running = await trx
    .selectFrom('bulk_jobs')
    .select('id')
    .where('tenant_id', '=', trx.tenantId)
    .where('ended_at', 'is', null)
    .where(row => row.or([row('total', 'is not', null), row('progressed_at', '>', plus(act.now, -UPLOAD_LASTS))]))
    .limit(RUNNING_AT_MOST)
    .execute()
  if (running.length >= RUNNING_AT_MOST) throw refuse('quota_exceeded')
  return insert(trx, act, asked)
}

async function insert(
  trx: Trx,
  { actor, now, random }: MakerAct,
  { kind, isDryRun, fileName, appId, securityEpoch }: NewJob,
  ended: { status?: 'succeeded'; ended_at?: Date } = {},
): Promise<string> {
  const id = random.uuid(now)
  const proof = actor.kind === 'application' ? undefined : actor.proof
  await trx
    .insertInto('bulk_jobs')
    .values({
      tenant_id: trx.tenantId,
      id,
      kind,
      is_dry_run: isDryRun,
      file_name: fileName ?? null,
      creator_kind: actor.kind,
      creator_id: actor.id,
      home_tenant_id: actor.kind === 'partner' ? actor.home.tenantId : null,
      app_id: appId,
      scopes: [...actor.scopes],
      acr: proof?.acr ?? null,
      auth_time: proof?.authTime ?? null,
      security_epoch: securityEpoch ?? null,
      created_at: now,
      progressed_at: now,
      ...ended,
    })
    .execute()
  return id
}

/** Takes the rows in, in transactions of their own. Returns how many there are. */
async function insertAll(
  db: Db,
  act: MakerAct,
  { id, isRepeated }: { id: string; isRepeated: ReturnType<typeof repeatsIn> },
  rows: AsyncIterable<Record<string, string> | undefined>,
): Promise<number> {
  const { tenantId } = act.actor
  let total = 0
  let batch: NewRow[] = []
  const flush = async () => {
    if (batch.length > 0) await inTenant(db, tenantId, trx => insertRows(trx, id, batch))
    batch = []
  }
  for await (const cells of rows) {
    total++
    if (total > ROWS_AT_MOST) throw refuse('rows_at_most')
    const row = { jobId: id, number: total }
    batch.push(isRepeated(cells) ? refusedRow(total, 'ObjectConflict', NAME) : rowOf(act, row, cells))
    if (batch.length === BATCH) await flush()
  }
  await flush()
  return total
}

const NAME = 'userPrincipalName'

/**
 * Finds the later rows of one name in a try of new people, of which the file itself takes one: nothing that a try writes
 * stays, so that the judging of a row sees none before it.
 */
function repeatsIn({ kind, isDryRun }: NewJob) {
  const names = new Set<string>()
  return (cells: Record<string, string> | undefined): boolean => {
    const name = cells?.[NAME]
    if (!isDryRun || kind !== ('usersCreate' satisfies KindName) || !name) return false
    return names.size === names.add(readName(name).folded).size
  }
}

interface NewRow {
  number: number
  input: Buffer | null
  status: number | null
  code: string | null
  target: string | null
}

/** A row that is refused before it is run. */
const refusedRow = (number: number, code: string, target: string | null = null): NewRow => ({
  ...{ number, code, target },
  ...{ status: 400, input: null },
})

function rowOf(
  { keys, actor: { tenantId } }: MakerAct,
  row: { jobId: string; number: number },
  cells: Record<string, string> | undefined,
): NewRow {
  const { number } = row
  if (!cells) return refusedRow(number, 'row_too_long')
  const input = keys.seal(inputPlace({ tenantId, ...row }), JSON.stringify(cells))
  return { number, input, status: null, code: null, target: null }
}

const insertRows = (trx: Trx, jobId: string, rows: readonly NewRow[]) =>
  sql`
    insert into bulk_rows (tenant_id, job_id, number, input_sealed, status, code, target)
    select ${trx.tenantId}::uuid, ${jobId}::uuid, * from unnest(
      ${rows.map(({ number }) => number)}::integer[], ${rows.map(({ input }) => input)}::bytea[],
      ${rows.map(({ status }) => status)}::integer[], ${rows.map(({ code }) => code)}::text[],
      ${rows.map(({ target }) => target)}::text[])`.execute(trx)

async function start(trx: Trx, act: MakerAct, id: string, asked: NewJob & { total: number }) {
  const { kind, total, isDryRun, announcement } = asked
  const { tenantId } = trx
  const { numUpdatedRows } = await trx
    .updateTable('bulk_jobs')
    .set({ total, progressed_at: act.now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow()
  // Otherwise it was canceled while its rows came in, and the job only forgets them.
  if (numUpdatedRows)
    await recordStart(trx, act, id, {
      ...{ kind, rows: String(total) },
      ...(isDryRun && { dryRun: 'true' }),
      ...(announcement && { announcement }),
    })
  await enqueue(trx, 'run-bulk-job', { tenantId, jobId: id }, { jobKey: id })
}

const recordStart = (trx: Trx, act: Act, id: string, details: { kind: string } & Record<string, string>) =>
  record(trx, act, { activity: 'bulk.started', result: 'success', target: { id, name: details.kind }, details })

const forget = (trx: Trx, id: string) =>
  trx.deleteFrom('bulk_jobs').where('tenant_id', '=', trx.tenantId).where('id', '=', id).execute()
