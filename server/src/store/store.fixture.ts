import { startJobs } from './jobs.ts'
import { migrate } from './migrate.ts'
import { openStore } from './open.ts'

// Programs of their own for store.test.ts: one that migrates, and one that dies while its job runs.
const [command, databaseUrl] = process.argv.slice(2)
const store = await openStore({ databaseUrl: databaseUrl!, max: 4 })
if (command === 'migrate') {
  await migrate(store)
  await store.close()
} else {
  const never = () =>
    new Promise<void>(() => {
      process.stdout.write('running\n')
      setInterval(() => {}, 60_000)
    })
  await startJobs({ store, lanes: [{ tasks: { 'store-test': never }, concurrency: 1 }], cron: [] })
}
