import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHasher, keyring, systemRandom } from '../server/src/crypto/index.ts'
import { loginRole, migrate, openStore, startEmbedded } from '../server/src/store/index.ts'
import { measureAdministration } from './administration.ts'
import { measureApplication } from './application.ts'
import { seedApplication } from './applications.ts'
import { AT_ONCE, type Bench, signIns, withSomebody } from './bench.ts'
import { browsersAt } from './browser.ts'
import { solveCaptchas } from './captchas.ts'
import { measureFiles } from './files.ts'
import { type Flooded, openFlood } from './flood.ts'
import { startFloor } from './floor.ts'
import { openGateway } from './gateway.ts'
import { hashless, look, reset, type Step } from './journeys.ts'
import { diskSync, type HashLimit, measureHashing } from './limits.ts'
import { type Act, drive, type Measured, percentile } from './load.ts'
import { openMailbox } from './mailbox.ts'
import { measureMessages } from './messages.ts'
import { openNames } from './names.ts'
import { measurePartners } from './partners.ts'
import { measurePasskeys } from './passkeys.ts'
import { seedPeople } from './people.ts'
import { familyOf, memoryOf, takeSample } from './processes.ts'
import { besideHashTable, processorTime, ranOut, spentTable, table, timesTable } from './report.ts'
import { startServer } from './server.ts'
import { measureSignUp } from './signUp.ts'
import { measureSingleSignOn } from './singleSignOn.ts'
import { measureSizes, sizeNamed } from './sizes.ts'
import { measureSynchronization } from './synchronization.ts'
import { measureWriteback } from './writeback.ts'

const PEOPLE = 600
const SECONDS = 12
const HASHING_SECONDS = 4
const CAPTCHAS = 3_500
const FLOOD = 10 // times what the processors can hash
const DEADLINE = 900_000
/** A million users take longer than the rest. */
const DEADLINE_OF_A_PART = 3_600_000
/** What four waits at random of up to ten milliseconds take together, at the median. */
const WAITS = 20

/** The parts of the benchmark that can be run alone. */
const ALONE = {
  passkeys: measurePasskeys,
  'single-sign-on': measureSingleSignOn,
  administration: measureAdministration,
  'sign-up': measureSignUp,
  synchronization: measureSynchronization,
  writeback: measureWriteback,
  application: measureApplication,
  partners: measurePartners,
  files: measureFiles,
  messages: measureMessages,
  sizes: measureSizes,
}

/** Those of them that begin something with a captcha. */
const WITH_CAPTCHAS = ['passkeys', 'sign-up', 'sizes']

const resets = (bench: Bench, looking: boolean) =>
  withSomebody<Step>(bench, (person, timed) => {
    const newPassword = `Quiet harbour ${randomBytes(6).toString('hex')}`
    return reset(bench, timed, { person, newPassword, looking })
  })

/** Whole resets, timed as one. */
const wholeResets =
  (bench: Bench): Act<Step> =>
  timed =>
    timed('reset', () => resets(bench, false)(timed))

async function measure(bench: Bench, folder: string) {
  const { server } = bench
  const sample = () => takeSample(server.pids)
  const hasher = await createHasher({ atOnce: availableParallelism(), waiting: 0 })
  const before = await measureHashing(hasher, HASHING_SECONDS)
  const idleMemory = await memoryOf([server.pids.server])
  const busy = { arrivals: { atOnce: AT_ONCE }, seconds: SECONDS }
  const whole = await drive(sample, busy, resets(bench, false))
  const signedIn = await drive(sample, busy, signIns(bench))
  const half = { arrivals: { perSecond: whole.perSecond / 2 }, seconds: SECONDS }
  const calm = await drive(sample, half, resets(bench, true))
  const alone = await drive(sample, { arrivals: { atOnce: 1 }, seconds: SECONDS }, wholeResets(bench))
  const memory = {
    server: await memoryOf([server.pids.server]),
    postgres: await memoryOf(await familyOf(server.pids.postmaster)),
  }
  const memoryNow = () => memoryOf([server.pids.server])
  const flooding = openFlood(bench.browsers, before.perSecond * FLOOD)
  const looking = { arrivals: { perSecond: 20 }, seconds: SECONDS }
  const flooded = await drive(sample, looking, timed => look(bench, timed))
  const halfWay = await memoryNow()
  await sleep(SECONDS * 1_000)
  const flood = { memories: [memory.server, halfWay, await memoryNow()], ...(await flooding.stop()) }
  const parts = [
    await measurePasskeys(bench),
    await measureSignUp(bench),
    await measureSingleSignOn(bench),
    await measureApplication(bench),
  ]
  // The last: its passwords are none that the server could open.
  const floor = await measureFloor(bench)
  parts.push(await measureAdministration(bench))
  const after = await measureHashing(hasher, HASHING_SECONDS)
  const start = server.startSeconds
  const disk = await diskSync(folder)
  print({ before, after, whole, signedIn, calm, alone, flooded, flood, floor, idleMemory, memory, start, disk })
  for (const part of parts) process.stdout.write(`\n${part}\n`)
}

/** The same acts at the floor, on the same database. */
async function measureFloor(bench: Bench) {
  const floor = await startFloor({ databaseUrl: bench.databaseUrl, smtpUrl: bench.mailbox.url })
  const browsers = browsersAt(floor.origin)
  try {
    const there: Bench = { ...bench, browsers, captchas: { next: () => '' } }
    const sample = () => takeSample({ ...bench.server.pids, server: floor.pid })
    const busy = { arrivals: { atOnce: AT_ONCE }, seconds: SECONDS }
    const whole = await drive(sample, busy, resets(there, false))
    return { whole, signedIn: await drive(sample, busy, signIns(there)) }
  } finally {
    browsers.close()
    await floor.stop()
  }
}

interface Figures {
  before: HashLimit
  after: HashLimit
  whole: Measured<Step>
  signedIn: Measured<Step>
  calm: Measured<Step>
  alone: Measured<Step>
  floor: { whole: Measured<Step>; signedIn: Measured<Step> }
  /** The first page of a reset, loaded during a flood of sign-ins. */
  flooded: Measured<Step>
  /** Its memories: before it, in its middle and at its end. */
  flood: Flooded & { memories: { resident: number; own: number }[] }
  /** Of the server, after its first page. */
  idleMemory: { resident: number; own: number }
  memory: Record<'server' | 'postgres', { resident: number; own: number }>
  start: number
  disk: number
}

function print(figures: Figures) {
  const { before, after, whole, signedIn, calm, alone, flooded, flood, floor, idleMemory, memory, start, disk } =
    figures
  const limit = (before.perSecond + after.perSecond) / 2
  const hash = (before.processorTime + after.processorTime) / 2
  const rate = (what: string, measured: Measured<Step>, reach: string) => [
    what,
    measured.perSecond.toFixed(1),
    (measured.perSecond / limit).toFixed(2),
    (hash / processorTime(measured)).toFixed(2),
    reach,
  ]
  const spread = hashless.map(name => {
    const sorted = calm.times[name] ?? []
    return { name, times: percentile(sorted, 0.99) / percentile(sorted, 0.5) }
  })
  const widest = spread.reduce((most, one) => (one.times > most.times ? one : most))
  const megabytes = ({ resident, own }: { resident: number; own: number }) =>
    `${resident.toFixed(0)} MB resident, ${own.toFixed(0)} MB of its own`
  const lines = [
    `${availableParallelism()} × ${cpus()[0]?.model}, Node ${process.version}; a page is on the disk after ${disk.toFixed(2)} ms`,
    '',
    table([
      ['', 'per second', 'of the hashes', 'by processor time', 'reach'],
      ['argon2id hashes, before', before.perSecond.toFixed(1), '', '', ''],
      ['argon2id hashes, after', after.perSecond.toFixed(1), '', '', ''],
      rate('whole resets', whole, '0.42'),
      rate('password sign-ins', signedIn, '0.72'),
      rate('resets at the floor', floor.whole, ''),
      rate('sign-ins at the floor', floor.signedIn, ''),
    ]),
    '',
    `What ran out while resetting: ${ranOut(whole)}.`,
    `What ran out while signing in: ${ranOut(signedIn)}.`,
    '',
    besideHashTable(
      { reset: whole, 'reset at the floor': floor.whole, 'sign-in': signedIn, 'sign-in at the floor': floor.signedIn },
      { reset: 9, 'sign-in': 2.5 },
    ),
    'Of a reset, PostgreSQL: reach 4.5 ms',
    '',
    spentTable({ resets: whole, 'sign-ins': signedIn, 'resets, half load': calm }),
    '',
    `${AT_ONCE} people at once, all resetting:`,
    timesTable(whole, ['identify', 'challenge', 'code', 'proof', 'password']),
    `${AT_ONCE} people at once, all signing in:`,
    timesTable(signedIn, ['sign-in']),
    `Half load, ${(whole.perSecond / 2).toFixed(1)} resets begun a second:`,
    timesTable(calm, ['identify', 'challenge', 'code', 'journey', 'proof', 'password']),
    'One person alone:',
    timesTable(alone, ['identify', 'challenge', 'code', 'proof', 'password', 'reset']),
    `Without the four waits at random a whole reset takes ${(percentile(alone.times.reset ?? [], 0.5) - WAITS).toFixed(1)} ms at the median; reach 45 ms`,
    `p99 against p50 where nothing is hashed: ${widest.times.toFixed(1)} × at most (${widest.name}); reach 5 ×`,
    '',
    `A flood of ${flood.asked.toFixed(0)} sign-ins a second: ${flood.judged.toFixed(0)} judged, ${flood.turnedAway.toFixed(0)} told to come back. Meanwhile a page that hashes nothing:`,
    timesTable(flooded, ['page']),
    spentTable({ 'pages, flooded': flooded }),
    `p99 of that page; reach 50 ms. Memory of the server before, in the middle and at the end: ${flood.memories.map(({ resident }) => resident.toFixed(0)).join(', ')} MB resident; reach: flat`,
    '',
    `From start to first page: ${start.toFixed(2)} s; reach 0.8 s`,
    `Memory after the first page: server ${megabytes(idleMemory)}; reach 130 MB`,
    `Memory under load: server ${megabytes(memory.server)} (reach 200 MB), PostgreSQL ${megabytes(memory.postgres)}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

type Prepared = Pick<Bench, 'idle' | 'captchas' | 'databaseUrl' | 'ownerUrl' | 'means' | 'application'>

/** Makes the data with no server running, and leaves it as a stopped server would. */
async function prepare(folder: string, secret: string, captchas: number, count: number): Promise<Prepared> {
  const embedded = await startEmbedded(folder)
  try {
    const store = await openStore({ databaseUrl: embedded.url, applicationName: 'latchkey bench' })
    await migrate(store)
    const means = { now: new Date(), random: systemRandom, keys: keyring([secret]) }
    const people = await seedPeople(store, means, await createHasher({ atOnce: 1, waiting: 0 }), count)
    const application = await seedApplication(store, means)
    // As autovacuum would within a minute. Plans of tables that nobody has counted read whole tables.
    await store.pool.query('analyze')
    await store.close()
    const databaseUrl = embedded.url.replace('//latchkey@', `//${loginRole}@`)
    const solved = await solveCaptchas(means, captchas)
    return { idle: people, captchas: solved, databaseUrl, ownerUrl: embedded.url, means, application }
  } finally {
    await embedded.stop()
  }
}

async function bench() {
  const [part, ...named] = process.argv.slice(2)
  if (part !== undefined && !Object.hasOwn(ALONE, part))
    throw new Error(`The benchmark has no part ${part}, but ${Object.keys(ALONE).join(', ')}.`)
  if (process.platform !== 'linux') throw new Error('The benchmark reads /proc, which only Linux has.')
  const ends: (() => unknown)[] = []
  const stopped = new AbortController()
  const stop = (why: string) => stopped.abort(new Error(why))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(signal))
  const deadline = part === undefined ? DEADLINE : DEADLINE_OF_A_PART
  const late = setTimeout(() => stop(`not done after ${deadline / 1_000} s`), deadline)
  try {
    await Promise.race([
      run(ends, stopped.signal, part === undefined ? undefined : { part: part as keyof typeof ALONE, named }),
      once(stopped.signal, 'abort'),
    ])
    stopped.signal.throwIfAborted()
  } finally {
    clearTimeout(late)
    stop('over')
    for (const end of ends.reverse()) await end()
  }
}

/** A part that is run alone. `named`: what else the command line names. */
interface Alone {
  part: keyof typeof ALONE
  named: readonly string[]
}

/** Runs all phases or one part alone, and adds to `ends` the end of each thing that it starts. Starts nothing more once it is stopped. */
async function run(ends: (() => unknown)[], stopped: AbortSignal, alone: Alone | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  ends.push(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755) // run by root, PostgreSQL is another account and has to get in
  const secret = randomBytes(32).toString('base64url')
  const mailbox = await openMailbox()
  ends.push(() => mailbox.close())
  stopped.throwIfAborted()
  // A start under way is awaited before its end; otherwise PostgreSQL would outlive this process.
  const captchas = alone && !WITH_CAPTCHAS.includes(alone.part) ? 0 : CAPTCHAS
  const count = alone?.part === 'sizes' ? Math.min(sizeNamed(alone.named), PEOPLE) : PEOPLE
  const preparing = prepare(folder, secret, captchas, count)
  ends.push(() => preparing.catch(() => {}))
  const prepared = await preparing
  stopped.throwIfAborted()
  const names = await openNames()
  ends.push(() => names.close())
  const gateway = await openGateway()
  ends.push(() => gateway.close())
  const starting = startServer({
    dataFolder: folder,
    secret,
    smtpUrl: mailbox.url,
    smsUrl: gateway.url,
    dns: names.address,
  })
  ends.push(async () => (await starting.catch(() => undefined))?.stop())
  const server = await starting
  const browsers = browsersAt(server.origin)
  ends.push(() => browsers.close())
  const all = { server, browsers, mailbox, gateway, ...prepared }
  try {
    if (!alone) await measure(all, folder)
    else
      process.stdout.write(`
${await ALONE[alone.part](all, alone.named)}
`)
  } catch (error) {
    if (!stopped.aborted) process.stderr.write(`The server's log ends:\n${await server.complaints()}\n`)
    throw error
  }
}

await bench()
