import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

/** Waits until no job waits or runs, for five seconds at most. */
export async function jobsDone(database: pg.Client | pg.Pool): Promise<void> {
  for (let waits = 0; waits < 200; waits++) {
    const { rows } = await database.query<{ waiting: number }>(
      'select count(*)::int as waiting from latchkey_jobs.jobs',
    )
    if (rows[0]?.waiting === 0) return
    await sleep(25)
  }
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
      // The hourly job learns how often a tenant resets passwords, whatever a test does meanwhile.
      `select md5(string_agg(t::text, ',' order by t::text)) as sum
       from (select to_jsonb(r) - '{usual_resets_per_hour,usual_learnt_at}'::text[] as t from latchkey."${name}" r) rows`,
    )
    sums[name] = rows[0].sum
  }
  return sums
}
