import { sql } from 'kysely'
import { CREDENTIALS, countMinute, detailsOf, statusOf } from '../api/index.ts'
import { findCreator } from '../applications/index.ts'
import { record } from '../audit/index.ts'
import { SECOND } from '../clock.ts'
import { HashingBusy, type Keyring, type Random } from '../crypto/index.ts'
import type { PasswordChecks } from '../passwords/index.ts'
import { Refusal } from '../refusals.ts'
import { findActing } from '../relationships/index.ts'
import { askTenant, type Db, inBatches, inTenant, type Row, type Trx } from '../store/index.ts'
import type { Cells } from './headings.ts'
import { type Done, type Kind, type KindName, kinds, type MakerAct } from './kinds.ts'
import { inputPlace, passwordPlace } from './seals.ts'

/** A job by its id. */
export interface JobRef {
  tenantId: string
  jobId: string
}

/** What running rows needs of the program. */
export interface Means {
  db: Db
  clock(): Date
  random: Random
  keys: Keyring
  origin: string
  passwordChecks: PasswordChecks
}

type Job = Row<'bulk_jobs'>

/** How long one job runs rows before others have their turn. */
const TURN = 5 * SECOND

/** Runs of a row that ended in a fault of ours, before the row is given up. */
const FAULTS_AT_MOST = 3

/** `waits`: the next turn had better be later. */
export type Turn = 'goes on' | 'waits' | 'ended'

/**
 * Runs rows of a job for a while, each with the rights of now and in one transaction with its result. So a process that
 * is killed leaves no row half done, and none is done twice.
 */
export async function takeTurn(means: Means, ref: JobRef): Promise<Turn> {
  const { db, clock } = means
  const { tenantId } = ref
  const job = await inTenant(db, tenantId, trx => open(trx, clock(), ref))
  if (!job || job.ended_at) {
    await eraseInputs(db, ref)
    return 'ended'
  }
  for (const end = performance.now() + TURN; performance.now() < end; ) {
    const now = clock()
    const { row, actor } = await findWork(means, now, ref, job)
    if (!actor) {
      await inTenant(db, tenantId, trx => stop(trx, { ...means, now }, ref))
      await eraseInputs(db, ref)
      return 'ended'
    }
    const act = { ...means, now, actor, trail: { correlationId: ref.jobId } }
    if (!row) return (await inTenant(db, tenantId, trx => finish(trx, act, ref))) ? 'ended' : 'waits'
    if (!(await isInPace(db, act, job))) return 'waits'
    const isRun = await runRow(means, act, job, row).catch(error => {
      if (error instanceof HashingBusy) return false
      throw error
    })
    if (!isRun) return 'waits'
  }
  return 'goes on'
}

/** Counts a row that writes credentials; false where the maker's minute is full. A dry run writes none. */
async function isInPace(db: Db, act: MakerAct, { kind, is_dry_run }: Job): Promise<boolean> {
  if (is_dry_run || !(kinds[kind as KindName] as Kind).isCredential) return true
  try {
    await countMinute({ db, act }, 'credentials of files', CREDENTIALS)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.status === 429) return false
    throw error
  }
}

/** The job, which has begun now at the latest. */
async function open(trx: Trx, now: Date, { tenantId, jobId }: JobRef): Promise<Job | undefined> {
  await trx
    .updateTable('bulk_jobs')
    .set(row => ({
      status: 'running',
      started_at: row.fn.coalesce('started_at', row.val(now)),
      progressed_at: now,
    }))
    .where('tenant_id', '=', tenantId)
    .where('id', '=', jobId)
    .where('ended_at', 'is', null)
    .where('total', 'is not', null)
    .execute()
  return trx
    .selectFrom('bulk_jobs')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', jobId)
    .executeTakeFirst()
}

interface Work {
  row: Next | undefined
  actor: MakerAct['actor'] | undefined
}

/** The next row, and who made the job with the rights of now: of a partner's person those that both tenants say. */
async function findWork(means: Means, now: Date, ref: JobRef, job: Job): Promise<Work> {
  const { db, origin } = means
  const { creator_kind: kind, creator_id: id, app_id: appId, scopes, home_tenant_id: homeId } = job
  // A step that was fresh when the job was made is so for all its rows.
  const age = job.created_at.getTime() - (job.auth_time ?? job.created_at).getTime()
  const proof = { acr: job.acr === 'mfa' ? 'mfa' : 'pwd', authTime: new Date(now.getTime() - age) } as const
  const by = { appId, scopes, proof, securityEpoch: job.security_epoch ?? undefined }
  if (kind !== 'partner') {
    const [row, actor] = await inTenant(db, ref.tenantId, trx =>
      trx.last(() => Promise.all([findNext(trx, ref), findCreator(trx, { kind, id, ...by }, origin)])),
    )
    return { row, actor }
  }
  const act = { ...means, now, trail: { correlationId: ref.jobId } }
  const acting = { homeId: homeId!, customerId: ref.tenantId, userId: id, ...by }
  const [row, actor] = await Promise.all([
    inTenant(db, ref.tenantId, trx => findNext(trx, ref)),
    findActing(db, act, acting),
  ])
  return { row, actor }
}

type Next = Pick<Row<'bulk_rows'>, 'number' | 'input_sealed'>

const waiting = ({ tenantId, jobId }: JobRef) => sql`tenant_id = ${tenantId} and job_id = ${jobId} and status is null
  and exists (select from bulk_jobs j where j.tenant_id = ${tenantId} and j.id = ${jobId} and j.ended_at is null)`

async function findNext(trx: Trx, ref: JobRef): Promise<Next | undefined> {
  const { rows } = await sql<Next>`
    select number, input_sealed from bulk_rows where ${waiting(ref)} order by number limit 1`.execute(trx)
  return rows[0]
}

/** Ends a transaction whose work was only to be judged. */
class Judged extends Error {
  done: Done

  constructor(done: Done) {
    super('judged')
    this.done = done
  }
}

/** Runs one row. False where another process has it, or the job was canceled meanwhile. */
async function runRow(means: Means, act: MakerAct, job: Job, row: Next): Promise<boolean> {
  const { db, passwordChecks: checks } = means
  const ref = { tenantId: job.tenant_id, jobId: job.id, number: row.number }
  const kind: Kind = kinds[job.kind as KindName]
  try {
    const cells: Cells = JSON.parse(act.keys.open(inputPlace(ref), row.input_sealed!))
    const change = await kind.prepare({ db, act, checks }, cells)
    return await inTenant(db, ref.tenantId, async trx => {
      // They travel together. By the first a cancel waits for this row, so that its counts and passwords hold it.
      const [, { rows }] = await Promise.all([
        sql`select from bulk_jobs where tenant_id = ${ref.tenantId} and id = ${ref.jobId} for share`.execute(trx),
        sql`select from bulk_rows where ${waiting(ref)} and number = ${ref.number} for update skip locked`.execute(trx),
      ])
      if (rows.length === 0) return false
      const done = await change(trx)
      if (job.is_dry_run) throw new Judged(done)
      await trx.last(() => settle(trx, act, ref, done))
      return true
    })
  } catch (error) {
    const result = resultOf(error)
    await inTenant(db, ref.tenantId, async trx => {
      if (result) await settle(trx, act, ref, result)
      else if (!(error instanceof HashingBusy)) await countFault(trx, ref)
    })
    if (!result) throw error
    return true
  }
}

/** What became of a row. `id`: whom it was about. */
interface Result {
  status: number
  id?: string
  code?: string
  target?: string | undefined
  made?: string | undefined
}

/** What a row is refused with, as its single request would be. Undefined where a later run may do better. */
function resultOf(error: unknown): Result | undefined {
  if (error instanceof Judged) return { status: error.done.status, id: error.done.id }
  if (!(error instanceof Refusal) || error.status >= 500 || error.status === 429) return undefined
  const [detail] = detailsOf(error)
  return { status: statusOf(error), code: detail!.code, target: detail!.target }
}

/** Writes a result, unless there is one, and forgets what the row held. */
async function settle(
  trx: Trx,
  { keys }: MakerAct,
  ref: JobRef & { number: number },
  { status, id, code, target, made }: Result,
): Promise<void> {
  await trx
    .updateTable('bulk_rows')
    .set({
      status,
      object_id: id ?? null,
      code: code ?? null,
      target: target ?? null,
      input_sealed: null,
      password_sealed: made === undefined ? null : keys.seal(passwordPlace(ref), made),
    })
    .where('tenant_id', '=', ref.tenantId)
    .where('job_id', '=', ref.jobId)
    .where('number', '=', ref.number)
    .where('status', 'is', null)
    .execute()
}

/** Counts a fault of ours, and gives the row up after some. */
const countFault = (trx: Trx, { tenantId, jobId, number }: JobRef & { number: number }) =>
  sql`
    update bulk_rows set faults = faults + 1,
      status = case when faults + 1 >= ${FAULTS_AT_MOST} then 500 end,
      code = case when faults + 1 >= ${FAULTS_AT_MOST} then 'unforeseen' end,
      input_sealed = case when faults + 1 >= ${FAULTS_AT_MOST} then null else input_sealed end
    where tenant_id = ${tenantId} and job_id = ${jobId} and number = ${number} and status is null`.execute(trx)

/** How a job ends. */
type End = 'finished' | 'canceled' | 'stopped'

/** Ends a job whose rows have all run. False where some have not, or it has ended. */
async function finish(trx: Trx, act: MakerAct, ref: JobRef): Promise<boolean> {
  const counts = await end(trx, act.now, ref, 'finished')
  if (!counts) return false
  await recordEnd(trx, act, ref, { activity: 'bulk.finished', ...counts })
  return true
}

/** Ends a job whose maker has no account any more, or whose sessions have ended. */
async function stop(trx: Trx, { now, random, keys }: Means & { now: Date }, ref: JobRef): Promise<void> {
  const counts = await end(trx, now, ref, 'stopped')
  const act = { now, random, keys, actor: { kind: 'system' }, trail: { correlationId: ref.jobId } } as const
  if (counts) await recordEnd(trx, act, ref, { activity: 'bulk.finished', reason: 'maker_gone', ...counts })
}

interface Counts {
  kind: string
  succeeded: number
  failed: number
}

/** Ends a job in one statement, with the counts of its rows. Undefined where it has ended, or is not to end so yet. */
export async function end(trx: Trx, now: Date, { tenantId, jobId }: JobRef, how: End): Promise<Counts | undefined> {
  const { rows } = await sql<Counts>`
    update bulk_jobs set ended_at = ${now}, succeeded = counted.succeeded, failed = counted.failed,
      status = case when ${how} <> 'finished' then ${how}
        when counted.succeeded = 0 and counted.failed > 0 then 'failed' else 'succeeded' end
    from (select count(*) filter (where status < 400)::int as succeeded,
        count(*) filter (where status >= 400)::int as failed, count(*) filter (where status is null) as waiting
      from bulk_rows where tenant_id = ${tenantId} and job_id = ${jobId}) as counted
    where tenant_id = ${tenantId} and id = ${jobId} and ended_at is null
      and (${how} <> 'finished' or (counted.waiting = 0 and total is not null))
    returning kind, bulk_jobs.succeeded, bulk_jobs.failed`.execute(trx)
  return rows[0]
}

/** Writes how a job ended. */
export const recordEnd = (
  trx: Trx,
  act: Parameters<typeof record>[1],
  { jobId }: JobRef,
  {
    activity,
    reason,
    kind,
    succeeded,
    failed,
  }: Counts & { activity: 'bulk.finished' | 'bulk.canceled'; reason?: string },
) =>
  record(trx, act, {
    activity,
    result: reason === undefined ? 'success' : 'failure',
    ...(reason !== undefined && { reason }),
    target: { id: jobId, name: kind },
    details: { kind, succeeded: String(succeeded), failed: String(failed) },
  })

/** Forgets what the rows of an ended job held that have not run. */
const eraseInputs = (db: Db, { tenantId, jobId }: JobRef) =>
  inBatches(() =>
    askTenant(
      db,
      tenantId,
      sql`update bulk_rows set input_sealed = null where tenant_id = ${tenantId} and ctid = any(array(
        select ctid from bulk_rows where tenant_id = ${tenantId} and job_id = ${jobId} and input_sealed is not null limit 1000)) returning 1`,
    ),
  )
