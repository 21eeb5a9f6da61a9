import { sql } from 'kysely'
import { DAY, MINUTE, plus } from '../clock.ts'
import type { Means } from '../crypto/index.ts'
import type { Trx } from '../store/index.ts'

/** One synchronization of a tenant, by one agent. */
export interface Run {
  id: string
  agentId: string
}

/** A server that ended in the middle of one lets the next begin after this. */
const UNHEARD_OF = MINUTE

/** Begins a synchronization, where no other is at work: one statement decides. */
export async function claimRun(trx: Trx, { now }: Pick<Means, 'now'>, run: Run): Promise<boolean> {
  const { rows } = await sql`
    insert into synchronizations (tenant_id, run_id, agent_id, heard_at) values (${trx.tenantId}, ${run.id}, ${run.agentId}, ${now})
    on conflict (tenant_id) do update set run_id = excluded.run_id, agent_id = excluded.agent_id, heard_at = excluded.heard_at, ended_at = null
    where synchronizations.ended_at is not null or synchronizations.heard_at < ${plus(now, -UNHEARD_OF)}
    returning 1`.execute(trx)
  return rows.length > 0
}

/**
 * Goes on with a synchronization, in the transaction of what it writes. False where another has begun since, or its
 * agent was removed: then nothing may be written.
 */
export async function holdRun(trx: Trx, { now }: Pick<Means, 'now'>, run: Run): Promise<boolean> {
  const { rows } = await sql`
    update synchronizations set heard_at = ${now} where tenant_id = ${trx.tenantId} and run_id = ${run.id} and ended_at is null
      and exists(select from agents where tenant_id = ${trx.tenantId} and id = ${run.agentId})
    returning 1`.execute(trx)
  return rows.length > 0
}

/** Ends a synchronization, done or given up. */
export async function endRun(trx: Trx, { now }: Pick<Means, 'now'>, run: Run, isDone: boolean): Promise<void> {
  await trx
    .updateTable('synchronizations')
    .set({ ended_at: now, ...(isDone && { done_at: now, stopped: null }) })
    .where('tenant_id', '=', trx.tenantId)
    .where('run_id', '=', run.id)
    .execute()
}

/** Whether a synchronization of the tenant was done before. */
export async function hasRun(trx: Trx): Promise<boolean> {
  const found = await trx
    .selectFrom('synchronizations')
    .select('done_at')
    .where('tenant_id', '=', trx.tenantId)
    .executeTakeFirst()
  return found?.done_at != null
}

/** Notes that the brake has stopped a synchronization. Returns whether that is news: something else, or a day later. */
export async function noteStop(trx: Trx, { now }: Pick<Means, 'now'>, run: Run, stopped: string): Promise<boolean> {
  const { rows } = await sql`
    update synchronizations set ended_at = ${now}, stopped = ${stopped}, stopped_at = ${now}
    where tenant_id = ${trx.tenantId} and run_id = ${run.id}
      and (stopped is distinct from ${stopped} or stopped_at < ${plus(now, -DAY)})
    returning 1`.execute(trx)
  if (rows.length === 0) await endRun(trx, { now }, run, false)
  return rows.length > 0
}

/** How the synchronization of a tenant can stand. `ended`: its last run was given up in the middle. */
export const standings = ['never', 'running', 'done', 'stopped', 'ended'] as const

export interface Standing {
  status: (typeof standings)[number]
  heardAt: Date | null
  doneAt: Date | null
  /** What the brake has stopped, until a run is done: so many of the people who come from the directory would leave. */
  brake: { leaving: number; of: number; groups: { leaving: number; of: number }; since: Date } | null
}

/** How the synchronization of the tenant stands. */
export async function findStanding(trx: Trx, { now }: Pick<Means, 'now'>): Promise<Standing> {
  const row = await trx
    .selectFrom('synchronizations')
    .selectAll()
    .where('tenant_id', '=', trx.tenantId)
    .executeTakeFirst()
  if (!row) return { status: 'never', heardAt: null, doneAt: null, brake: null }
  const { heard_at: heardAt, ended_at: endedAt, done_at: doneAt, stopped, stopped_at: since } = row
  const [leaving = 0, of = 0, emptied = 0, populated = 0] = (stopped ?? '').split('/').map(Number)
  const groups = { leaving: emptied, of: populated }
  const brake = stopped !== null && since !== null ? { leaving, of, groups, since } : null
  const isRunning = endedAt === null && heardAt >= plus(now, -UNHEARD_OF)
  const isDone = doneAt !== null && endedAt?.getTime() === doneAt.getTime()
  const status = brake ? 'stopped' : isRunning ? 'running' : isDone ? 'done' : 'ended'
  return { status, heardAt, doneAt, brake }
}
