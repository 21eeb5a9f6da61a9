import { readFileSync } from 'node:fs'
import type { parseArgs } from 'node:util'
import type { Act, Trail } from '../act.ts'
import { movableClock } from '../clock.ts'
import { ConfigError, readOperatorSecrets, readStorage } from '../config.ts'
import type { User } from '../directory/index.ts'
import { endOnSignal } from '../ending.ts'
import { Refusal } from '../refusals.ts'
import type { Store, Trx } from '../store/index.ts'

/**
 * The modules that operators' commands use. A command loads its own when it runs: all of them take half a second, and
 * a server has PostgreSQL started first and loads meanwhile.
 */
const loaders = {
  access: () => import('../access/index.ts'),
  administration: () => import('../administration/index.ts'),
  api: () => import('../api/index.ts'),
  applications: () => import('../applications/index.ts'),
  audit: () => import('../audit/index.ts'),
  backup: () => import('../runtime/backup.ts'),
  branding: () => import('../branding/index.ts'),
  bulk: () => import('../bulk/index.ts'),
  cases: () => import('../cases/index.ts'),
  crypto: () => import('../crypto/index.ts'),
  demoClock: () => import('../demo/clock.ts'),
  directory: () => import('../directory/index.ts'),
  limits: () => import('../limits/index.ts'),
  looks: () => import('../branding/mailPages.tsx'),
  methods: () => import('../methods/index.ts'),
  notifications: () => import('../notifications/index.ts'),
  odata: () => import('../odata/index.ts'),
  oidc: () => import('../oidc/index.ts'),
  organization: () => import('../organization/index.ts'),
  outside: () => import('../runtime/outside.ts'),
  partners: () => import('../partners/index.ts'),
  passkeys: () => import('../passkeys/index.ts'),
  passwords: () => import('../passwords/index.ts'),
  policies: () => import('../policies/index.ts'),
  registration: () => import('../registration/index.ts'),
  rescues: () => import('../rescues/index.ts'),
  personalData: () => import('../personalData/index.ts'),
  purpose: () => import('../runtime/purpose.ts'),
  receipts: () => import('../receipts/index.ts'),
  reports: () => import('../reports/index.ts'),
  seals: () => import('../runtime/seals.ts'),
  signup: () => import('../signup/index.ts'),
  storage: () => import('../runtime/storage.ts'),
  store: () => import('../store/index.ts'),
  takeovers: () => import('../takeovers/index.ts'),
  verification: () => import('../verification/index.ts'),
  webhooks: () => import('../webhooks/index.ts'),
  support: () => import('../support/index.ts'),
  words: () => import('../words/index.ts'),
  writeback: () => import('../writeback/index.ts'),
}
type ModuleName = keyof typeof loaders
export type Modules<Names extends ModuleName> = { [Name in Names]: Awaited<ReturnType<(typeof loaders)[Name]>> }

export async function modules<Name extends ModuleName>(...names: Name[]): Promise<Modules<Name>> {
  const loaded = names.map(async name => [name, await loaders[name]()] as const)
  return Object.fromEntries(await Promise.all(loaded)) as Modules<Name>
}

/** A mistyped command; the message says why. Ends the program with 2. */
export class UsageError extends Error {}
/** A command that cannot be done now. Ends the program with 1. */
export class CommandError extends Error {}

export type Values = Record<string, string | boolean | string[] | undefined>

export interface Command {
  /** The text after the words of its name. */
  usage: string
  about: string
  options?: NonNullable<Parameters<typeof parseArgs>[0]>['options']
  /** The names of what follows. */
  takes?: readonly string[]
  run(values: Values, ...given: string[]): Promise<void>
}

/** The commands of one kind of thing, by the word after the group's. */
export interface CommandGroup {
  about: string
  commands: Record<string, Command>
  /** Commands as they are typed, each after what it does; at least one of every command. */
  examples: readonly (readonly [does: string, command: string])[]
}

export const text = { type: 'string' } as const
export const several = { type: 'string', multiple: true } as const
export const flag = { type: 'boolean' } as const

/** Opens the database beside a server that may be running, and closes it again. */
export async function withStore<T>(work: (db: Store) => Promise<T>): Promise<T> {
  const storageConfig = readStorage(process.env)
  const { storage: on } = await modules('storage')
  const ending = endOnSignal(1)
  const opening = on.openStorage(storageConfig, 'latchkey command')
  ending.close = () => opening.then(opened => opened.close())
  const storage = await opening
  if (storage.embedded) ending.abandon = storage.embedded.abandon
  try {
    return await work(storage.store)
  } finally {
    await storage.close()
  }
}

/** The same as an operator's act, for commands that write. Throws `ConfigError` where the database has other secrets. */
export async function withAct<T>(work: (db: Store, act: Act) => Promise<T>): Promise<T> {
  const { crypto, demoClock, purpose } = await modules('crypto', 'demoClock', 'purpose')
  const keys = crypto.keyring(await readOperatorSecrets(process.env))
  return withStore(async db => {
    const clock = movableClock()
    // Before the first start there is no database to be of other secrets.
    await purpose
      .checkKeys(db, keys)
      .then(() => demoClock.restoreClock(db, clock))
      .catch(error => {
        if (error.code !== '42P01' && error.code !== '3F000') throw error
      })
    const means = { now: clock.now(), random: crypto.systemRandom, keys }
    return work(db, { ...means, actor: { kind: 'operator' }, trail: newTrail(means) })
  })
}

export async function tenantOf({ directory }: Modules<'directory'>, db: Store, domain: string): Promise<string> {
  const id = await directory.findTenantId(db, directory.readName(`@${domain}`).domain)
  if (id === directory.NOBODYS_TENANT) throw new CommandError(`No tenant has the domain "${domain}".`)
  return id
}

/** Reads in the tenant of this domain. */
export const readTenantOf = <T>(
  on: Modules<'directory' | 'store'>,
  domain: string,
  work: (trx: Trx) => Promise<T>,
): Promise<T> => withStore(async db => on.store.inTenant(db, await tenantOf(on, db, domain), work))

/** Acts in the tenant of this domain, as the operator. */
export const inTenantOf = <T>(
  on: Modules<'directory' | 'store'>,
  domain: string,
  work: (trx: Trx, act: Act) => Promise<T>,
): Promise<T> =>
  withAct(async (db, act) => on.store.inTenant(db, await tenantOf(on, db, domain), trx => work(trx, act)))

/** Prints a result for programs where `--json` was given, otherwise for people. */
export const show = (json: Values[string], result: unknown, lines: () => string[]) =>
  print(...(json === true ? [JSON.stringify(result, null, 2)] : lines()))

/** The tenant of a sign-in name. Throws `UsageError` where it has no domain. */
export async function tenantOfName(on: Modules<'directory'>, db: Store, name: string): Promise<string> {
  const { domain } = on.directory.readName(name)
  if (domain === '') throw new UsageError(`"${name}" is no sign-in name, such as ada@example.com.`)
  return tenantOf(on, db, domain)
}

/** Acts on the user of this sign-in name, as the operator. */
export const onUser = <T>(
  on: Modules<'directory' | 'store'>,
  named: string,
  work: (trx: Trx, act: Act, user: User) => Promise<T>,
): Promise<T> =>
  withAct(async (db, act) =>
    on.store.inTenant(db, await tenantOfName(on, db, named), async trx =>
      work(trx, act, await getUser(on, trx, named)),
    ),
  )

/** The user of this sign-in name. Throws `CommandError`. */
export async function getUser({ directory }: Modules<'directory'>, trx: Trx, named: string): Promise<User> {
  const user = await directory.findUserByName(trx, trx.tenantId, directory.readName(named).folded)
  if (!user) throw new CommandError(`There is no user ${named}.`)
  return user
}

/** A trail of its own, for an event apart from the command's others. */
export const newTrail = ({ now, random }: Pick<Act, 'now' | 'random'>): Trail => ({ correlationId: random.uuid(now) })

export function needed(value: Values[string], name: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  throw new UsageError(`${name} is missing.`)
}

/** Accepts a name on one line: it stands in text messages, subjects and terminals. */
export function checkName(value: string, name: string): string {
  if (value.trim() !== '' && /^[^\p{Cc}\p{Zl}\p{Zp}]{1,256}$/u.test(value)) return value
  throw new UsageError(`${name} takes 1 to 256 printable characters on one line.`)
}

export function columns(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_cell, place) => Math.max(...rows.map(row => row[place]?.length ?? 0)))
  return rows.map(row =>
    row
      // A name may hold control characters that a terminal obeys.
      .map((cell, place) => cell.replace(/\p{Cc}/gu, '?').padEnd(widths[place] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

export function print(...lines: string[]) {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
}

/** One sentence for an error that an operator can mend; undefined for other errors. */
export function sentence(error: Error & { code?: string; syscall?: string }): string | undefined {
  // By name: their modules may not be loaded.
  const told = [
    ConfigError.name,
    'StoreError',
    'BackupError',
    'DirectoryError',
    'PolicyError',
    'ApplicationError',
    'FreshError',
    'CompanyDirectoryError',
  ]
  if (error instanceof CommandError || told.includes(error.name)) return error.message
  // What an operator can mend is told in the words of the rule itself.
  if (error.cause instanceof Error && told.includes(error.cause.name)) return error.cause.message
  if (error instanceof Refusal) return refusalSentence(error)
  if (error.code === '42P01' || error.code === '3F000')
    return 'The database has no tables of this version yet: run latchkey migrate.'
  const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNRESET', '28P01', '28000', '3D000']
  // A file that is missing has the same code as a socket that is.
  const noSocket = error.code === 'ENOENT' && error.syscall === 'connect'
  if (error.code && (unreachable.includes(error.code) || noSocket))
    return `The database cannot be reached (${error.code}): check DATABASE_URL.`
  return undefined
}

/** What people read of a refusal, in English, where operators are told nothing of their own. */
function wordsOf(code: string): string | undefined {
  const file = new URL('../../../locales/en/problems.json', import.meta.url)
  const { title, detail } = JSON.parse(readFileSync(file, 'utf8'))[code] ?? {}
  const words = `${title}. ${detail}`
  // Some hold what only the page knows.
  return title === undefined || words.includes('{{') ? undefined : words
}

/** What a rule refuses, with the properties that it is about. */
function refusalSentence({ code, toPrograms, retryAfter, field, errors }: Refusal): string | undefined {
  if (code === 'not_found') return 'The tenant has nothing of this name.'
  if (code === 'throttled') return `That was asked too often: wait ${retryAfter ?? 60} seconds.`
  if (!toPrograms) return wordsOf(code)
  const about = errors.length > 0 ? errors.map(one => one.field).join(', ') : (field ?? '')
  return toPrograms.message.includes(about) ? toPrograms.message : `${about}: ${toPrograms.message}`
}
