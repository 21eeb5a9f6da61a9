import { sql } from 'kysely'
import { MINUTE, SECOND } from '../clock.ts'
import type { Config } from '../config.ts'
import type { HealthCheck } from '../http/index.ts'
import { readMailServer, tryMailServer } from '../notifications/index.ts'
import { type Db, findWaitingJobs, inSystem } from '../store/index.ts'

/** The checks of readiness. */
export function checksOf({ smtp }: Pick<Config, 'smtp'>, db: Db): Record<string, HealthCheck> {
  const database = async () => {
    // A primary that was demoted, and to which connections still lead, reads well and writes nothing.
    const { rows } = await inSystem(db, trx =>
      sql<{ readOnly: boolean }>`
        select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as "readOnly",
          (select name from facts limit 1) as fact`.execute(trx),
    )
    if (rows[0]?.readOnly) throw new Error('the database only reads')
  }
  const mail = async () => {
    if (!smtp) return
    const urls = [smtp.url, ...(smtp.fallbackUrl === undefined ? [] : [smtp.fallbackUrl])]
    await Promise.any(urls.map(url => tryMailServer(readMailServer(url), 3 * SECOND))).catch(error => {
      throw error.errors[0]
    })
  }
  const jobs = async () => {
    for (const { task, waited } of await findWaitingJobs(db))
      if (waited > (task.startsWith('deliver-') ? MINUTE : 15 * MINUTE)) throw new Error(`${task} waits`)
  }
  return {
    database: { run: database, goodFor: SECOND },
    mail: { run: mail, goodFor: MINUTE / 2 },
    jobs: { run: jobs, goodFor: 10 * SECOND },
  }
}
