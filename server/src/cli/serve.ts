import { join } from 'node:path'
import { type MovableClock, movableClock, systemClock } from '../clock.ts'
import { type Config, readConfig, readDemoConfig, readOperatorSecrets, readStorage } from '../config.ts'
import { systemRandom } from '../crypto/index.ts'
import type { Zone } from '../demo/index.ts'
import { endOnSignal } from '../ending.ts'
import type { Services } from '../http/index.ts'
import type { Demonstration, ServeOptions } from '../main.ts'
import { type Modules, modules, print, type Values, withStore } from './command.ts'

export const start = async () => serve(readConfig(process.env))

export async function demonstrate({ fresh, directory, large }: Values) {
  const config = await readDemoConfig(process.env)
  const demo = await import('../demo/index.ts')
  if (directory) demo.findPrograms()
  const clock = movableClock()
  const zone = demo.createZone({ clock: clock.now, random: systemRandom })
  await demo.serveZone(zone)
  await serve({ ...config, dns: [zone.server] }, async () =>
    demonstration(config, demo, {
      zone,
      clock,
      fresh: fresh === true,
      directory: directory === true,
      large: large === true,
    }),
  )
}

type Demo = typeof import('../demo/index.ts')

function demonstration(
  config: Config,
  demo: Demo,
  {
    zone,
    clock,
    fresh,
    directory,
    large,
  }: { zone: Zone; clock: MovableClock } & Record<'fresh' | 'directory' | 'large', boolean>,
): Demonstration {
  return {
    zone,
    clock,
    before: async store => {
      if (fresh) await demo.startOver(store)
    },
    senders: services => demo.outboxSenders(services.db, services),
    async seed({ db, random, keys, passwordChecks }) {
      await demo.restoreClock(db, clock)
      const means = { now: clock.now(), random, keys }
      await demo.seedDemonstration(db, means, passwordChecks)
      await demo.seedPartners(db, means, passwordChecks)
      if (large) await demo.seedLarge(db, means)
      const trail = { correlationId: random.uuid(means.now) }
      await demo.seedDomains(db, { ...means, actor: { kind: 'operator' }, trail }, zone)
    },
    async greet(services, options) {
      const { db, clock, random, keys, origin } = services
      const secure = await serveSecurely(config, demo, services, options)
      await demo.placePage(db, { now: clock(), random, keys }, [origin, ...(secure ? [secure.origin] : [])])
      const beside = directory
        ? await demo.openCompanyDirectory({ dataFolder: config.dataFolder, fresh }, services, what =>
            options.log.warn(what),
          )
        : undefined
      const width = Math.max(...demo.tenants.map(({ displayName }) => displayName.length)) + 2
      const accounts = demo.tenants.map(({ displayName, domain, accounts }) => {
        const names = accounts.map(({ name }) => name.split('@')[0]).join(', ')
        return `  ${displayName.padEnd(width)}${names}  @${domain}`
      })
      const lines = [
        '',
        `Open ${origin}`,
        '',
        ...accounts,
        `  Password  ${demo.PASSWORD}`,
        '',
        ...(secure
          ? [`Programs reach it at ${secure.origin} with`, `NODE_EXTRA_CA_CERTS=${secure.authorityPath}`, '']
          : []),
        ...(beside?.lines ?? []),
        `Every mail, text message and call arrives at ${origin}/demo/outbox`,
        `The DNS that it asks is edited at ${origin}/demo/dns`,
        'Stop it with Ctrl-C. What you change stays; `latchkey demo --fresh` starts over.',
      ]
      print(...lines)
      return { close: async () => void (await Promise.all([secure?.close(), beside?.close()])) }
    },
  }
}

/** Opens the demonstration by https too, as a second replica with an origin of its own. */
async function serveSecurely(
  { secureListen: listen, dataFolder }: Config,
  demo: Demo,
  services: Services,
  options: ServeOptions,
) {
  if (!listen) return undefined
  const [{ serve }, { authorityPath, ...tls }] = await Promise.all([
    import('../main.ts'),
    demo.localCertificate(join(dataFolder, 'demo-tls'), systemClock()),
  ])
  const replica = { ...services, origin: `https://localhost:${listen.port}` }
  const server = await serve(replica, { ...options, listen, tls, roles: ['web'] })
  return { ...server, origin: replica.origin, authorityPath }
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
  const { crypto, purpose, storage, store } = await modules('crypto', 'purpose', 'storage', 'store')
  if (values['print-roles']) {
    return print(await rolesToPrint({ crypto, storage, store }))
  }
  const secrets = await readOperatorSecrets(process.env).catch(() => undefined)
  await withStore(async db => {
    await store.migrate(db, what => process.stderr.write(`latchkey: ${what}\n`))
    if (secrets === undefined) return
    // The server's own start makes the login too.
    const keys = crypto.keyring(secrets)
    await purpose.checkKeys(db, keys)
    await store.logIn(db, storage.loginOf(readStorage(process.env), db.pool.options.connectionString!, keys))
  })
  print('The database is up to date.')
}

/** Without the secrets, or a password in DATABASE_URL, the login gets none: the administrator gives it one. */
async function rolesToPrint({ crypto, storage, store }: Modules<'crypto' | 'storage' | 'store'>): Promise<string> {
  const config = readStorage(process.env)
  const ownerUrl = config.directUrl ?? config.databaseUrl ?? 'postgres://latchkey@localhost'
  const secrets = await readOperatorSecrets(process.env).catch(() => undefined)
  const login = storage.loginOf(config, ownerUrl, crypto.keyring(secrets ?? ['-'.repeat(32)]))
  const role = store.roleOf(secrets ? login : { ...login, passwords: [] })
  return store.printRoles(decodeURIComponent(new URL(ownerUrl).username) || 'latchkey', role).trimEnd()
}
