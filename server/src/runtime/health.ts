import { MINUTE, SECOND } from '../clock.ts'
import type { Config } from '../config.ts'
import type { HealthCheck } from '../http/index.ts'
import { readMailServer, tryMailServer } from '../notifications/index.ts'
import { type Db, findWaitingJobs, inSystem } from '../store/index.ts'

/** The checks of readiness. */
export function checksOf({ smtp }: Pick<Config, 'smtp'>, db: Db): Record<string, HealthCheck> {
  const database = async () => {
    await inSystem(db, trx => trx.selectFrom('facts').select('name').limit(1).execute())
  }
  const mail = async () => {
    if (smtp) await tryMailServer(readMailServer(smtp.url), 3 * SECOND)
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
