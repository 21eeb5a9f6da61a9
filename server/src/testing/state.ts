import assert from 'node:assert/strict'
import type pg from 'pg'
import { HOUR, MINUTE } from '../clock.ts'
import { until } from './until.ts'

/** Goes on to the next hour where this one is nearly over: what is counted by the hour would be two counts. */
export function startHour(clock: { now(): Date; advance(milliseconds: number): void }): void {
  const left = HOUR - (clock.now().getTime() % HOUR)
  if (left < MINUTE) clock.advance(left)
}

/** Waits until no job waits or runs. */
export const jobsDone = (database: pg.Client | pg.Pool): Promise<boolean> =>
  until(async () => (await database.query('select from latchkey_jobs.jobs limit 1')).rowCount === 0)

/** Columns that change by themselves: a job learns how often a tenant resets, and a session notes its use after minutes. */
const moved: Record<string, string[]> = {
  tenants: ['usual_resets_per_hour', 'usual_learnt_at'],
  sessions: ['last_used_at'],
}

/** A checksum of the rows that journeys write, by table, after all messages were sent. Records of requests are left out. */
export async function readState(database: pg.Client): Promise<Record<string, string>> {
  await jobsDone(database)
  const { rows: tables } = await database.query<{ name: string }>(
    // The report of who can reset is learnt from the other tables by a job, at any moment.
    "select tablename as name from pg_tables where schemaname = 'latchkey' and tablename !~ '^(audit_events|registration)'",
  )
  assert.ok(tables.length > 15)
  const sums: Record<string, string> = {}
  for (const { name } of tables) {
    const { rows } = await database.query(
      `select md5(string_agg(t::text, ',' order by t::text)) as sum
       from (select to_jsonb(r) - $1::text[] as t from latchkey."${name}" r) rows`,
      [moved[name] ?? []],
    )
    sums[name] = rows[0].sum
  }
  return sums
}
