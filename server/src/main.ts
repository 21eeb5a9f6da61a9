import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { AppOptions } from './app.ts'
import { openPlaces, type Places, PlacesFileError } from './audit/index.ts'
import { createFloods } from './captcha/index.ts'
import { type Clock, type MovableClock, SECOND, systemClock } from './clock.ts'
import { type Config, ConfigError, type ServerRole } from './config.ts'
import { createHasher, keyring, systemRandom } from './crypto/index.ts'
import { giveInitialDomains } from './directory/index.ts'
import type { Ending } from './ending.ts'
import { type HealthCheck, loadMetrics, loadTraces, type RouteLine, type Services, type Traces } from './http/index.ts'
import { listen as openPort } from './http/listen.ts'
import { createLog } from './http/log.ts'
import type { Metrics } from './http/metrics.ts'
import {
  type Gateway,
  type MailDomains,
  openMailDomains,
  type Senders,
  type Tell,
  telling,
} from './notifications/index.ts'
import { openDns } from './organization/index.ts'
import { createPasswordChecks } from './passwords/index.ts'
import { listenToGateways } from './receipts/index.ts'
import { watchClocks } from './runtime/clock.ts'
import { checksOf } from './runtime/health.ts'
import { type Bounces, startWork } from './runtime/jobs.ts'
import {
  noteOutcomes,
  notingTargets,
  openBreached,
  sendersOf,
  tellingBreached,
  tellOutcomes,
  timingDns,
} from './runtime/outside.ts'
import { prepareDatabase } from './runtime/purpose.ts'
import type { Schedule } from './runtime/schedule.ts'
import { loginOf, openStorage } from './runtime/storage.ts'
import { type EmbeddedServer, findWaitingJobs, logIn, type Store } from './store/index.ts'
import { receiver } from './synchronization/index.ts'
import { openTargets, type Targets } from './targets/index.ts'
import { loadWords } from './words/index.ts'
import { openHomes, openLinks } from './writeback/index.ts'

/** How long a stop waits for requests and jobs that still run. */
const DRAIN = 5 * SECOND

/** What the demonstration adds to a server. */
export interface Demonstration {
  /** Its own DNS, which is its only resolver. */
  zone: AppOptions['zone']
  /** Its clock, which can be set forward. */
  clock: MovableClock
  /** Runs on the open, unmigrated database, before anything else. */
  before(store: Store): Promise<void>
  senders(services: Services): Senders
  seed(services: Services): Promise<void>
  /** Runs once the server answers. Returns what it opened besides, if anything. */
  greet(services: Services, options: ServeOptions): Promise<Pick<Server, 'close'> | undefined>
}

/**
 * Runs a server until SIGTERM or SIGINT; then it drains, closes everything in turn, and ends the process with 0.
 * Throws `ConfigError`, `StoreError` and what PostgreSQL says where it cannot start.
 */
export async function run(
  config: Config,
  {
    ending,
    embedded,
    demonstration,
  }: { ending: Ending; embedded: Promise<EmbeddedServer> | undefined; demonstration: Demonstration | undefined },
): Promise<void> {
  const log = createLog(config.logLevel)
  ending.log = log
  const opening = openStorage(config, 'latchkey server', embedded)
  ending.close = () => opening.then(opened => opened.close())
  // Pages and jobs are loaded while PostgreSQL starts.
  const [storage] = await Promise.all([opening, import('./app.ts'), import('graphile-worker')])
  const { store } = storage
  storage.embedded?.watch({
    report: what => log.warn(what),
    lost: error => {
      log.fatal(error.message)
      ending.end(1)
    },
  })
  try {
    await demonstration?.before(store)
    // Two parts of the services tell of calls to the outside, and the figures read the others.
    let services: Services
    const metrics =
      config.metricsListen &&
      (await loadMetrics()).createMetrics({
        jobs: () => findWaitingJobs(store),
        hashes: () => services.hasher.waiting(),
        agents: () => services.links.connected(),
        pools: { requests: () => store.requests, owner: () => store.pool },
      })
    const traces = config.traces ? (await loadTraces()).openTraces(process.env, log) : undefined
    const note = noteOutcomes(log, metrics)
    const tell = tellOutcomes(store, note)
    const targets = notingTargets(openTargets(config.privateTargets), note)
    services = await servicesOf(config, store, { targets, tell, clock: demonstration?.clock.now ?? systemClock })
    await prepareDatabase(store, services.keys, config.demo ? 'demonstration' : 'production', what => log.warn(what))
    await logIn(store, loginOf(config, store.pool.options.connectionString!, services.keys))
    await demonstration?.seed(services)
    if (config.tenantSuffix) await giveInitialDomains(store, { now: services.clock() }, config.tenantSuffix)
    const outside = await sendersOf(config)
    const senders = demonstration ? demonstration.senders(services) : telling(outside.senders, tell)
    if (!senders.email) log.warn('LATCHKEY_SMTP_URL is not set: no mail can be sent')
    const figures = metrics && (await openMetrics(metrics, config.metricsListen!))
    const options = {
      ...config,
      senders,
      gateways: outside.gateways,
      bounces: config.bounceMailbox && { mailbox: config.bounceMailbox, tell },
      log,
      checks: checksOf(config, store),
      metrics,
      traces,
      zone: demonstration?.zone,
      movable: demonstration?.clock,
    }
    const serving = serve(services, options)
    let clocks: ReturnType<typeof watchClocks> | undefined
    let beside: Pick<Server, 'close'> | undefined
    // What holds connections ends before the storage does, which waits for them.
    ending.close = async () => {
      clocks?.stop()
      figures?.close()
      const served = serving.then(
        server => server.close(),
        () => {}, // told below
      )
      await Promise.all([served, beside?.close()])
      await traces?.close()
      await storage.close()
    }
    await serving
    if (ending.begun) return
    clocks = watchClocks(store, what => log.warn(what))
    beside = await demonstration?.greet(services, options)
  } catch (error) {
    // Asked to end meanwhile: the start fails because its parts are being closed.
    if (ending.begun) await new Promise(() => {})
    await ending.close()
    throw error
  }
}

/** What every request is served with. */
async function servicesOf(
  config: Config,
  store: Store,
  { targets, tell, clock }: { targets: Targets; tell: Tell; clock: Clock },
): Promise<Services> {
  const keys = keyring(config.secrets)
  // Two seconds of hashing may wait; a later request is better told to come back.
  const hasher = await createHasher({ atOnce: availableParallelism(), waiting: 150 * availableParallelism() })
  const links = openLinks(
    store,
    { clock, random: systemRandom, keys },
    receiver(store, { clock, random: systemRandom, keys }),
  )
  return {
    db: store,
    clock,
    random: systemRandom,
    keys,
    hasher,
    passwordChecks: {
      ...createPasswordChecks(hasher, tellingBreached(await openBreached(config.breachedPasswords), tell)),
      homeOf: openHomes(links),
    },
    words: loadWords(),
    places: await openPlacesFile(config.places),
    links,
    targets,
    dns: timingDns(openDns(config.dns)),
    mailDomains: config.demo ? demoMailDomains(config.dns) : openMailDomains(config.dns),
    tenantSuffix: config.tenantSuffix,
    operatorTenant: config.operatorTenant,
    signup: config.signup,
    origin: config.origin ?? `http://localhost:${config.listen.port}`,
    passkeyRpId: config.passkeyRpId,
    demo: config.demo,
    captcha: config.captcha,
    floods: config.floodLimits ? createFloods(store, keys) : undefined,
    apiLimits: config.apiLimits,
  }
}

/** The demonstration's DNS knows its own names alone, and no message leaves the machine: every other domain takes mail. */
function demoMailDomains(servers: readonly string[]): MailDomains {
  const ask = openMailDomains(servers)
  return async domain => (domain.endsWith('.example') ? ask(domain) : 'found')
}

/** Opens the file of places that the configuration names, if any. Throws `ConfigError`. */
async function openPlacesFile(path: string | undefined): Promise<Places | undefined> {
  if (path === undefined) return undefined
  return openPlaces(path).catch(error => {
    throw error instanceof PlacesFileError ? new ConfigError(`LATCHKEY_PLACES: ${error.message}`) : error
  })
}

export interface ServeOptions {
  listen: Config['listen']
  trustedProxies: string[]
  roles: readonly ServerRole[]
  senders: Senders
  gateways?: readonly Gateway[] | undefined
  /** The mailbox that returned mails are read from, and who is told how each reading ended. */
  bounces?: Bounces | undefined
  log: Logger
  checks: Record<string, HealthCheck>
  metrics?: Metrics | undefined
  traces?: Traces | undefined
  /** The jobs that come by themselves, in place of the server's. */
  schedule?: Schedule
  /** Serves https by this certificate. */
  tls?: { cert: string; key: string } | undefined
  zone?: AppOptions['zone']
  movable?: AppOptions['movable']
}

export interface Server {
  /** The port that it listens on; 0 for a server that only works through jobs. */
  port: number
  /** Every people's route, for tests that walk them all. */
  routes: RouteLine[]
  /** Ends it: no new requests, the running ones and the running jobs get five seconds. */
  close(): Promise<void>
}

/** Opens the port and starts the jobs. In a demonstration on port 0 the origin takes the port that it came to be. Throws `ConfigError` where the port is taken. */
export async function serve(services: Services, options: ServeOptions): Promise<Server> {
  const { listen, roles, senders, bounces, log, tls } = options
  const { createApp } = await import('./app.ts')
  const { app, routes } = await createApp(services, options)
  let port = 0
  if (roles.includes('web')) {
    port = await openPort(app, listen).catch(async error => {
      await app.close()
      throw listenError(error, listen)
    })
    if (listen.port === 0 && services.demo) services.origin = `${tls ? 'https' : 'http'}://localhost:${port}`
  }
  try {
    if (roles.includes('worker'))
      listenToGateways(
        services.db,
        () => ({ now: services.clock(), random: services.random, keys: services.keys }),
        options.gateways ?? [],
      )
    const jobs = roles.includes('worker')
      ? await startWork(services, { senders, bounces }, log, options.schedule)
      : undefined
    return {
      port,
      routes,
      async close() {
        const late = setTimeout(() => app.server.closeAllConnections(), DRAIN).unref()
        // A connection whose last answer goes out after the end began would stay open for its keep-alive time.
        const idle = setInterval(() => app.server.closeIdleConnections(), 25).unref()
        const drained = Promise.all([app.close(), jobs?.stop()])
        await Promise.race([drained, sleep(DRAIN + SECOND, undefined, { ref: false })])
        clearTimeout(late)
        clearInterval(idle)
      },
    }
  } catch (error) {
    await app.close()
    throw error
  }
}

async function openMetrics(metrics: Metrics, listen: Config['listen']) {
  const { listenForMetrics } = await loadMetrics()
  return listenForMetrics(metrics, listen).catch(error => {
    throw listenError(error, listen, 'LATCHKEY_METRICS_LISTEN')
  })
}

function listenError(error: NodeJS.ErrnoException, { host, port }: Config['listen'], name = 'LATCHKEY_LISTEN'): Error {
  if (error.code === 'EADDRINUSE')
    return new ConfigError(
      `Port ${port} of ${host} is taken: end what listens there, or set ${name}, as in ${name}=${host}:${port + 1}.`,
    )
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new ConfigError(`Latchkey cannot listen on ${host}:${port} (${error.code}): set ${name} to another.`)
  return error
}
