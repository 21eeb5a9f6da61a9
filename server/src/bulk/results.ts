import { sql } from 'kysely'
import { record } from '../audit/index.ts'
import { isUuid } from '../crypto/index.ts'
import { type Db, enqueue, inTenant, type Row, type Trx } from '../store/index.ts'
import { refuse, refuseMissing } from './errors.ts'
import { madeBy } from './jobEntity.ts'
import { demandKind, type Kind, type KindName, kinds, type MakerAct } from './kinds.ts'
import { end, recordEnd } from './running.ts'
import { passwordPlace } from './seals.ts'

/** Results that one statement reads. */
const PAGE = 1_000

/** A job of the actor's own. Throws `not_found`, for everybody else's too. */
export async function getOwnJob(trx: Trx, { actor }: MakerAct, id: string): Promise<Row<'bulk_jobs'>> {
  const job =
    isUuid(id) &&
    (await trx
      .selectFrom('bulk_jobs')
      .selectAll()
      .where('tenant_id', '=', trx.tenantId)
      .where('id', '=', id)
      .where(madeBy(actor))
      .executeTakeFirst())
  if (!job) throw refuseMissing('not_found')
  return job
}

/** Cancels the rows that have not run. A job that has ended stays as it is. */
export async function cancelJob(trx: Trx, act: MakerAct, id: string): Promise<void> {
  const { tenantId } = trx
  const job = await getOwnJob(trx, act, id)
  const ref = { tenantId, jobId: job.id }
  // The row that is at work ends first.
  await sql`select from bulk_jobs where tenant_id = ${tenantId} and id = ${job.id} for update`.execute(trx)
  const counts = await end(trx, act.now, ref, 'canceled')
  if (!counts) return
  await recordEnd(trx, act, ref, { activity: 'bulk.canceled', ...counts })
  // It forgets what is left of the rows.
  await enqueue(trx, 'run-bulk-job', ref, { jobKey: job.id })
}

/** What became of a row. `code`, `target`: as in the details of an error. */
export interface RowResult {
  row: number
  status: number
  id: string | null
  code: string | null
  target: string | null
}

/** The results so far, in the order of the rows. */
export async function* readResults(db: Db, tenantId: string, jobId: string): AsyncGenerator<RowResult[]> {
  for (let last = 0; ; ) {
    const after = last
    const results = await inTenant(db, tenantId, trx =>
      trx
        .selectFrom('bulk_rows')
        .select(['number as row', 'status', 'object_id as id', 'code', 'target'])
        .where('tenant_id', '=', tenantId)
        .where('job_id', '=', jobId)
        .where('number', '>', after)
        .where('status', 'is not', null)
        .orderBy('number')
        .limit(PAGE)
        .execute(),
    )
    if (results.length > 0) yield results as RowResult[]
    if (results.length < PAGE) return
    last = results.at(-1)!.row
  }
}

/** A password that was made for somebody. */
export interface MadePassword {
  row: number
  id: string
  userPrincipalName: string | null
  password: string
}

/** The passwords that a job made, this one time, to its maker. Throws `job_running`, `passwords_taken`. */
export async function takePasswords(trx: Trx, act: MakerAct, id: string): Promise<MadePassword[]> {
  const { tenantId } = trx
  const job = await getOwnJob(trx, act, id)
  // The rights of now: who made the job may have lost them, or asks through another application.
  const kind: Kind | undefined = kinds[job.kind as KindName]
  if (kind) demandKind(act, kind, kind.properties)
  if (!job.ended_at) throw refuse('job_running', { retryAfter: 1 })
  const { numUpdatedRows } = await trx
    .updateTable('bulk_jobs')
    .set({ passwords_taken_at: act.now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', job.id)
    .where('passwords_taken_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (!numUpdatedRows) throw refuse('passwords_taken')
  const { rows } = await sql<{ row: number; id: string; name: string | null; sealed: Buffer }>`
    with made as (select number, object_id, password_sealed from bulk_rows
      where tenant_id = ${tenantId} and job_id = ${job.id} and password_sealed is not null)
    update bulk_rows as r set password_sealed = null from made
    where r.tenant_id = ${tenantId} and r.job_id = ${job.id} and r.number = made.number
    returning made.number as row, made.object_id as id, made.password_sealed as sealed,
      (select user_principal_name from users u where u.tenant_id = ${tenantId} and u.id = made.object_id) as name`.execute(
    trx,
  )
  await record(trx, act, {
    activity: 'bulk.passwords_read',
    result: 'success',
    target: { id: job.id, name: job.kind },
    details: { kind: job.kind, passwords: String(rows.length) },
  })
  return rows
    .toSorted((one, other) => one.row - other.row)
    .map(({ row, id: userId, name, sealed }) => ({
      row,
      id: userId,
      userPrincipalName: name,
      password: act.keys.open(passwordPlace({ tenantId, jobId: job.id, number: row }), sealed),
    }))
}
