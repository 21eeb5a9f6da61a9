import { type Config, readConfig, readDemoConfig, readStorage } from '../config.ts'
import { endOnSignal } from '../ending.ts'
import type { Demonstration } from '../main.ts'
import { modules, print, type Values, withStore } from './command.ts'

export const start = async () => serve(readConfig(process.env))

export async function demonstrate({ fresh }: Values) {
  const config = await readDemoConfig(process.env)
  await serve(config, async () => demonstration(await import('../demo/index.ts'), fresh === true))
}

function demonstration(demo: typeof import('../demo/index.ts'), fresh: boolean): Demonstration {
  return {
    before: async store => {
      if (fresh) await demo.startOver(store)
    },
    senders: around => demo.outboxSenders(around.db, around),
    seed: ({ db, clock, random, keys, passwordChecks }) =>
      demo.seedDemonstration(db, { now: clock(), random, keys }, passwordChecks),
    greet(origin) {
      const accounts = demo.tenants.map(({ displayName, domain, accounts }) => {
        const names = accounts.map(({ name }) => name.split('@')[0]).join(', ')
        return `  ${displayName.padEnd(10)}${names}  @${domain}`
      })
      const lines = [
        '',
        `Open ${origin}`,
        '',
        ...accounts,
        `  Password  ${demo.PASSWORD}`,
        '',
        `Every mail, text message and call arrives at ${origin}/demo/outbox`,
        'End with Ctrl-C. What you change stays; `latchkey demo --fresh` starts over.',
      ]
      print(...lines)
    },
  }
}

async function serve(config: Config, loadDemonstration?: () => Promise<Demonstration>) {
  const ending = endOnSignal(0)
  const { startEmbedded } = await import('../store/embedded.ts')
  const embedded = config.databaseUrl ? undefined : startEmbedded(config.dataFolder)
  ending.close = async () => (await embedded)?.stop()
  embedded?.then(
    ({ abandon }) => {
      ending.abandon = abandon
    },
    () => {}, // told by `run`, which awaits it
  )
  const [{ run }, demonstration] = await Promise.all([import('../main.ts'), loadDemonstration?.()])
  await run(config, { ending, embedded, demonstration })
}

export async function migrateDatabase(values: Values) {
  const { store } = await modules()
  if (values['print-roles']) {
    const { databaseUrl } = readStorage(process.env)
    const name = databaseUrl && decodeURIComponent(new URL(databaseUrl).username)
    return print(store.printRoles(name || 'latchkey').trimEnd())
  }
  await withStore(store.migrate)
  print('The database is up to date.')
}
